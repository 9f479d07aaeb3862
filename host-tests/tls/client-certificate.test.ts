import { crypto, random } from "#hal";
import { deepEqual, describe, equal, hex, it, ok, throws } from "#test";
import { TLS_CLIENT_CHAIN_BYTES_MAX } from "../../firmware/config.js";
import { clientCertificate, type ClientCertificate } from "../../firmware/tls/client-certificate.js";
import { ClientHandshake, HANDSHAKE_NONE, LEVEL_APPLICATION, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../firmware/tls/client-handshake.js";
import type { Session } from "../../firmware/tls/session.js";
import { CALENDAR, certificates } from "./support/certificates.js";
import { certificateFor, openKey } from "./support/client-key.js";
import { concat } from "./support/der-writer.js";
import { P256Key } from "./support/p256.js";
import { extension, message, type ServerOptions, TestServer, u16, vector16, vector8 } from "./support/test-server.js";

const serverKey = new P256Key(crypto, "leaf");

function withCertificate(name: string, body: (certificate: ClientCertificate, der: Uint8Array) => void, ...more: Uint8Array[]): void {
	const key = openKey(name);
	try {
		const der = certificateFor(key);
		body(clientCertificate([der, ...more], key), der);
	}
	finally {
		key.close();
	}
}

/** Runs a handshake up to its end; returns the client's last flight, taken in small pieces, and what a ticket after it gives. */
function run(certificate: ClientCertificate | undefined, options: Partial<ServerOptions>, ticket?: Uint8Array): { server: TestServer; flight: Uint8Array; session: Session | undefined } {
	const client = new ClientHandshake({ crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root"),
		transportParameters: new Uint8Array(2), certificate, wantsTickets: ticket !== undefined });
	const server = new TestServer({ crypto, chain: certificates("leaf"), sign: content => serverKey.sign(content), requests: true, ...options });
	const into = new Uint8Array(4096), pieces: Uint8Array[] = [];
	client.start();
	const hello = server.serverHello(into.slice(0, client.pollTransmit(LEVEL_INITIAL, into, 0, into.length)));
	client.receive(LEVEL_INITIAL, hello, 0, hello.length);
	for (const each of server.flight())
		client.receive(LEVEL_HANDSHAKE, each, 0, each.length);
	while (client.pollEvent() !== HANDSHAKE_NONE);
	for (let count = client.pollTransmit(LEVEL_HANDSHAKE, into, 0, 100); count > 0; count = client.pollTransmit(LEVEL_HANDSHAKE, into, 0, 100))
		pieces.push(into.slice(0, count));
	if (ticket !== undefined)
		client.receive(LEVEL_APPLICATION, ticket, 0, ticket.length);
	const session = client.takeSession();
	client.close();
	return { server, flight: concat(...pieces), session };
}

describe("client certificate", () => {
	it("is shown with a signature of P-256, in its order before Finished", () => {
		withCertificate("p256", (certificate, der) => {
			const { server, flight } = run(certificate, {});
			deepEqual(server.takeClientFlight(flight, certificate.key.publicKey), [der]);
		});
	});

	it("counts in the secret of a session that comes after it", () => {
		const nonce = new Uint8Array([7, 7]), ticket = message(4, concat(u16(0), u16(3600), u16(0), u16(1), vector8(nonce), vector16(new Uint8Array(40)), vector16()));
		withCertificate("p256", certificate => {
			const { server, flight, session } = run(certificate, {}, ticket);
			server.takeClientFlight(flight, certificate.key.publicKey);
			deepEqual(session!.secret, server.sessionSecret(nonce));
		});
		const { server, session } = run(undefined, {}, ticket);
		server.expectedClientFlight();
		deepEqual(session!.secret, server.sessionSecret(nonce));
	});

	it("is shown with RSA-PSS, and with the CAs that follow it", () => {
		const intermediate = certificates("intermediate")[0]!;
		withCertificate("rsa2048", (certificate, der) => {
			const { server, flight } = run(certificate, { requestSchemes: [0x0403, 0x0805, 0x0804] });
			deepEqual(server.takeClientFlight(flight, certificate.key.publicKey), [der, intermediate]);
		}, intermediate);
	});

	it("is signed with the hash that the server takes", () => {
		withCertificate("rsa2048", certificate => {
			for (const scheme of [0x0804, 0x0805, 0x0806]) {
				const { server, flight } = run(certificate, { requestSchemes: [scheme] });
				server.takeClientFlight(flight, certificate.key.publicKey);
				ok(hex(flight).includes(hex(concat(message(15, new Uint8Array(260)).slice(0, 4), u16(scheme)))), `scheme ${scheme}`);
			}
		});
	});

	it("stays at home where the server takes no signature of its kind", () => {
		withCertificate("p256", certificate => {
			for (const requestSchemes of [[0x0804, 0x0503], [0x0303], [0x0807, 0xfafa]]) {
				const { server, flight } = run(certificate, { requestSchemes });
				equal(hex(flight), hex(server.expectedClientFlight()));
			}
		});
	});

	it("is not sent to a server that does not ask", () => {
		withCertificate("p256", certificate => {
			const { server, flight } = run(certificate, { requests: false });
			equal(hex(flight), hex(server.expectedClientFlight()));
		});
	});

	it("is shown where the request is too long to be kept", () => {
		const authorities = extension(47, vector16(...new Array(40).fill(vector16(new Uint8Array(100)))));
		withCertificate("p256", certificate => {
			const { server, flight } = run(certificate, {
				change: (type, bytes) => type === 13 ? message(13, concat(vector8(), vector16(authorities, extension(13, vector16(u16(0x0403)))))) : bytes,
			});
			server.takeClientFlight(flight, certificate.key.publicKey);
		});
	});

	it("refuses a request with a context, without schemes, or with half a one", () => {
		const changed = (body: Uint8Array) => () => run(undefined, { change: (type, bytes) => type === 13 ? message(13, body) : bytes });
		const schemes = extension(13, vector16(u16(0x0403)));
		throws(changed(concat(vector8(new Uint8Array(1)), vector16(schemes))), "has a context");
		throws(changed(concat(vector8(), vector16())), "CertificateRequest without signature schemes");
		throws(changed(concat(vector8(), vector16(extension(13, vector16())))), "a damaged list");
		throws(changed(concat(vector8(), vector16(extension(13, vector16(new Uint8Array(3)))))), "a damaged list");
		throws(changed(concat(vector8(), vector16(schemes, schemes))), "extension 13 twice");
	});

	it("must belong to its key, be one, and be short enough", () => {
		withCertificate("p256", ({ key }, der) => {
			throws(() => clientCertificate(certificates("leaf"), key), "begins with a certificate that is not for this key");
			throws(() => clientCertificate([new Uint8Array(10)], key), "certificate is damaged");
			for (let length = 0; length < der.length; length += 7)
				throws(() => clientCertificate([der.slice(0, length)], key), "certificate is damaged");
			throws(() => clientCertificate([der, new Uint8Array(TLS_CLIENT_CHAIN_BYTES_MAX)], key), "leave out those");
			const rsa = openKey("rsa2048");
			throws(() => clientCertificate([der], rsa), "not for this key");
			rsa.close();
		});
	});
});
