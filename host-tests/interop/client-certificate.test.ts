/** A broker that asks for a client certificate: quiche with BoringSSL, which verifies it; on the ports of Node, and the
 *  board on the XS engine. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { crypto, random } from "#hal";
import { before, describe, equal, it, ok } from "#test";
import { PUBLISHED, QUEUED } from "../../firmware/uplink/uplink.js";
import { clientCertificate } from "../../firmware/uplink/client-certificate.js";
import { quicTransport } from "../../firmware/uplink/quic-transport.js";
import { NodeCalendar } from "../../hal/node/calendar.js";
import { startBroker } from "../../scripts/demo/broker.js";
import { issue, makeCa, type Authority, type Issued, type KeyKind } from "../../scripts/demo/certificates.js";
import { goodCertificates, needBoard, Stage, together, write } from "./support/stage.js";
import { UplinkDriver } from "./support/uplink-driver.js";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

interface Files {
	certificate: string;
	key: string;
}

let written = 0;
const filesOf = ({ chain, keyPem }: Issued): Files => {
	const part = ++written;
	return { certificate: write(`client-${part}.pem`, chain), key: write(`client-${part}.key`, keyPem) };
};
const client = (ca: Authority, key: KeyKind = "p256", more: object = {}): Promise<Issued> => issue(ca, { name: "board", key, extendedKeyUsage: [CLIENT_AUTH], ...more });

describe("client certificates", () => {
	if (!needBoard())
		return;
	let ca: Authority, clientCa = "";
	before(async () => {
		ca = await makeCa({ name: "Fleet CA", pathLength: 1 });
		clientCa = write("fleet-ca.pem", ca.pem);
	});

	/** Publishes through an uplink with that certificate; returns what it says against it, "" where nothing. */
	async function publish(files: Files | undefined, options: object = { clientCa }): Promise<string> {
		const server = await goodCertificates(), broker = await startBroker({ certificates: server, host: "127.0.0.1", ...options });
		const key = files === undefined ? undefined : crypto.signingKey(files.key);
		const chain = files === undefined ? [] : readFileSync(files.certificate, "utf8").split(/(?<=-----END CERTIFICATE-----\n)/).map(pem => new Uint8Array(new X509Certificate(pem).raw));
		let topic = 0;
		const driver = new UplinkDriver({
			port: broker.port, backoffMinimum: 50, backoffMaximum: 500, clientId: "zonal-mutual",
			transport: quicTransport({
				crypto, random, calendar: new NodeCalendar(), serverName: "127.0.0.1", roots: [new Uint8Array(new X509Certificate(readFileSync(server.ca)).raw)],
				certificate: key === undefined ? undefined : clientCertificate(chain, key),
			}),
			prepare: uplink => { topic = uplink.addTopic("test/mutual"); },
		});
		try {
			driver.start();
			const result = driver.publish(topic, 1, "hello");
			ok(result === PUBLISHED || result === QUEUED);
			await driver.until(() => driver.errors.length > 0 || driver.uplink.statistics.acknowledged > 0, "answer");
			return driver.errors[0] ?? "";
		}
		finally {
			await driver.stop();
			key?.close();
			await broker.stop();
		}
	}

	for (const key of ["p256", "rsa"] as const)
		it(`are taken with a ${key} key, and with an intermediate CA`, async () => {
			equal(await publish(filesOf(await client(ca, key))), "");
			const between = await makeCa({ name: "Plant CA", issuer: ca, key });
			equal(await publish(filesOf(await client(between, key))), "");
		});

	it("are read in the form that OpenSSL's older commands write", async () => {
		const { chain, keyPem } = await client(ca);
		const sec1 = createPrivateKey(keyPem).export({ format: "pem", type: "sec1" }) as string;
		equal(await publish({ certificate: write("sec1.pem", chain), key: write("sec1.key", sec1) }), "");
	});

	it("are not needed where the broker does not ask", async () => {
		equal(await publish(filesOf(await client(ca)), {}), "");
	});

	it("are asked for in words where there is none", async () => {
		const error = await publish(undefined);
		ok(/CRYPTO_ERROR 0x174 certificate_required: the server wants a client certificate, and got none/.test(error), error);
	});

	it("are refused in words where another CA has signed them, or they are out of date", async () => {
		let error = await publish(filesOf(await client(await makeCa({ name: "Other CA" }))));
		ok(/CRYPTO_ERROR 0x130 unknown_ca: the server refuses the client certificate: it does not trust its CA/.test(error), error);
		error = await publish(filesOf(await client(ca, "p256", { expired: true })));
		ok(/CRYPTO_ERROR 0x12d certificate_expired: the server refuses the client certificate: it has expired/.test(error), error);
	});

	const set = (files: Files) => ({ change: (file: any) => { Object.assign(file.broker, files); } });
	together({
		"bring the board up": () => Stage.run(async stage => {
			await stage.startBroker({ clientCa });
			await stage.startVehicle();
			await stage.subscribe();
			await stage.startBoard(set(filesOf(await client(ca, "rsa"))));
			await stage.untilRunning();
			await stage.untilMore();
			const { stackPeakBytes, stackBytes } = (await stage.board!.cost())!;
			ok(stackPeakBytes < stackBytes * 0.8, `${stackPeakBytes} of ${stackBytes} bytes of stack were used`);
			await stage.quit();
		}),
		"are missed on the board, which goes on": () => Stage.run(async stage => {
			await stage.startBroker({ clientCa });
			await stage.startBoard();
			const line = await stage.line(/certificate_required: the server wants a client certificate, and got none/);
			ok(/^W \(\d+\) uplink: .*; next try in \d+ s$/.test(line), line);
			await stage.quit();
		}),
		"of another key end the board before it starts": () => Stage.run(async stage => {
			const { certificate } = filesOf(await client(ca)), { key } = filesOf(await client(ca));
			const board = await stage.startBoard(set({ certificate, key }));
			await stage.until("its end", () => board.exitStatus !== undefined);
			equal(board.exitStatus, 2);
			ok(stage.lines.some(line => line.includes(`broker.certificate: ${certificate} begins with a certificate that is not for this key`)), stage.lines.join("\n"));
		}),
	});
});
