import { crypto } from "#hal";
import { deepEqual, describe, ENGINE, equal, it, ok, throws, unhex } from "#test";
import { AlertError } from "../../firmware/tls/alert.js";
import { CertificateMessage } from "../../firmware/tls/certificate-message.js";
import { checkCertificateVerify } from "../../firmware/tls/certificate-verify.js";
import { Reader } from "../../firmware/tls/reader.js";
import { parseServerHello } from "../../firmware/tls/server-hello.js";
import { parseCertificateRequest, parseEncryptedExtensions } from "../../firmware/tls/server-messages.js";
import { cipherSuite } from "../../firmware/tls/cipher-suite.js";
import type { Offered } from "../../firmware/tls/extension.js";
import { readSession } from "../../firmware/tls/session.js";
import { parseCertificate } from "../../firmware/tls/x509/certificate.js";
import { HANDSHAKE } from "./fixtures/handshake.js";
import { Prng } from "../support/prng.js";
import { certificates } from "./support/certificates.js";
import { concat } from "./support/der-writer.js";
import { extension, vector16, vector8 } from "./support/test-server.js";

/** Bodies of the recorded handshake's messages by type. */
function bodies(): Map<number, Uint8Array> {
	const bytes = concat(unhex(HANDSHAKE.serverHello), unhex(HANDSHAKE.flight)), found = new Map<number, Uint8Array>();
	for (let at = 0; at < bytes.length;) {
		const length = bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
		found.set(bytes[at]!, bytes.slice(at + 4, at + 4 + length));
		at += 4 + length;
	}
	return found;
}

const BODIES = bodies();
const KEY = parseCertificate(certificates("leafBelow")[0]!).publicKey;
const TICKET = concat(new Uint8Array(8), vector8(new Uint8Array(8)), vector16(new Uint8Array(32)), vector16(extension(42, new Uint8Array(4))));

const OFFERED: Offered = { host: { dns: "broker.example", address: undefined }, isQuic: true, wantsTickets: true, wantsStatus: true, session: undefined, isEarly: false, sessionId: new Uint8Array(0) };
const SUITE = cipherSuite(0x1301)!;

interface Parser {
	readonly name: string;
	readonly body: Uint8Array;
	parse(body: Uint8Array): unknown;
}

const PARSERS: readonly Parser[] = [
	{ name: "ServerHello", body: BODIES.get(2)!, parse: body => parseServerHello(new Reader(body, 0, body.length), OFFERED) },
	{ name: "EncryptedExtensions", body: BODIES.get(8)!, parse: body => parseEncryptedExtensions(new Reader(body, 0, body.length), "mqtt", OFFERED) },
	{ name: "CertificateRequest", body: BODIES.get(13)!, parse: body => parseCertificateRequest(new Reader(body, 0, body.length)) },
	{ name: "Certificate", body: BODIES.get(11)!, parse: body => new CertificateMessage(body.length, OFFERED).push(body, 0, body.length) },
	{ name: "NewSessionTicket", body: TICKET, parse: body => readSession(new Reader(body, 0, body.length), { crypto, suite: SUITE, secret: new Uint8Array(32), until: 0 }, 0) },
];

describe("tls messages", () => {
	for (const { name, body, parse } of PARSERS) {
		it(`${name}: passes whole, and at no shorter or longer length`, () => {
			parse(body);
			for (let length = 0; length < body.length; length++)
				ok(throws(() => parse(body.slice(0, length))) instanceof AlertError, `${length} bytes`);
			ok(throws(() => parse(concat(body, new Uint8Array(1)))) instanceof AlertError, "one byte more");
		});

		it(`${name}: throws nothing but AlertError at changed bytes`, () => {
			for (let seed = 1; seed <= (ENGINE === "xs" ? 300 : 3000); seed++) {
				const random = new Prng(seed), changed = body.slice();
				for (let count = 1 + random.below(4); count > 0; count--)
					changed[random.below(changed.length)] = random.below(256);
				try {
					parse(changed);
				}
				catch (error) {
					ok(error instanceof AlertError, `seed ${seed}: ${(error as Error).stack}`);
				}
			}
		});
	}

	it("CertificateVerify: verifies over its own transcript only", () => {
		const body = BODIES.get(15)!;
		for (let length = 0; length < body.length; length += 5)
			ok(throws(() => checkCertificateVerify(new Reader(body, 0, length), crypto, KEY, new Uint8Array(32))) instanceof AlertError, `${length} bytes`);
		throws(() => checkCertificateVerify(new Reader(body, 0, body.length), crypto, KEY, new Uint8Array(32)), "CertificateVerify is wrong: the server does not hold its certificate's key");
	});

	it("Certificate: gives the same chain however it is cut", () => {
		const body = BODIES.get(11)!;
		for (const size of [1, 2, 3, 7, 64, 500]) {
			const message = new CertificateMessage(body.length, OFFERED);
			for (let at = 0; at < body.length; at += size)
				message.push(body, at, Math.min(at + size, body.length));
			equal(message.left, 0);
			deepEqual(message.chain, certificates("leafBelow intermediate"), `pieces of ${size}`);
		}
	});
});
