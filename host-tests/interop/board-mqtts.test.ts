/** The board on the XS engine over TLS 1.3 by TCP: Debian's mosquitto with OpenSSL, alone and as the fallback of QUIC. */
import { rmSync } from "node:fs";
import { describe, equal } from "#test";
import { issue, makeCa } from "../../scripts/demo/certificates.js";
import { Mosquitto, type MosquittoOptions } from "../../scripts/demo/mosquitto.js";
import { BROKER_ADDRESS, goodCertificates, needBoard, Stage, together, write, type GatewayFile } from "./support/stage.js";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** A mosquitto with TLS; what it says is in the stage's lines of the broker. */
async function startMosquitto(stage: Stage, more: Partial<NonNullable<MosquittoOptions["tls"]>> = {}): Promise<Mosquitto> {
	const { chain, key } = await goodCertificates();
	const broker = new Mosquitto({ tls: { certificate: chain, key, ...more }, log: line => { stage.brokerLines.push(line); } });
	await broker.start();
	stage.also(() => broker.close());
	return broker;
}

const url = (broker: Mosquitto): string => `mqtts://${BROKER_ADDRESS}:${broker.port}`;
const acknowledged = (stage: Stage, limit?: number) => stage.status("a message that was acknowledged", ({ mqtt }) => mqtt.connected && mqtt.acknowledged > 0, limit);

describe("board: TLS by TCP", () => {
	if (!needBoard())
		return;

	const runs = (body: (stage: Stage) => Promise<void>) => () => Stage.run(body);

	together({
		"publishes, and says goodbye": runs(async stage => {
			const broker = await startMosquitto(stage);
			await stage.startBoard({ change: file => { file.broker.url = url(broker); } });
			await acknowledged(stage);
			await stage.line(/uplink: connecting to 127\.0\.0\.1:\d+ over TLS, by TCP$/);
			await stage.line(/uplink: up: CONNACK from 127\.0\.0\.1:\d+ over TLS 1\.3, TLS_[A-Z0-9_]+$/);
			await stage.quit();
			await stage.until("the client's DISCONNECT", () => stage.brokerLines.some(line => /disconnected\.$/.test(line)));
		}),
		"carries the vehicle's events": runs(async stage => {
			const broker = await startMosquitto(stage);
			await stage.startVehicle();
			await stage.startBoard({ change: file => { file.broker.url = url(broker); } });
			await stage.untilRunning();
			const { mqtt } = await stage.status("events", status => status.mqtt.published > 50);
			equal(mqtt.overflowed, 0);
			await stage.quit();
		}),
		"comes back when the broker was away": runs(async stage => {
			const broker = await startMosquitto(stage);
			await stage.startBoard({ change: file => { file.broker.url = url(broker); } });
			await acknowledged(stage);
			await broker.stop("SIGKILL");
			await stage.line(/lost the connection to 127\.0\.0\.1:\d+: .*TCP/);
			await broker.start();
			await stage.status("connected again", ({ mqtt }) => mqtt.reconnects === 1);
			await stage.quit();
		}),
		"says why a connection fails": runs(async stage => {
			const other = write("other-ca.pem", (await makeCa({ name: "Other CA" })).pem), broker = await startMosquitto(stage);
			await stage.startBoard({ change: file => { Object.assign(file.broker, { url: url(broker), ca: other }); } });
			await stage.line(/no connection to 127\.0\.0\.1:\d+: certificate is not signed by the configured CA/);
			await stage.quit();
		}),
		"says that nobody listens": runs(async stage => {
			await stage.startBoard({ change: file => { file.broker.url = `mqtts://${BROKER_ADDRESS}:1`; } });
			await stage.line(/no connection to 127\.0\.0\.1:1: TCP: refused/);
			await stage.quit();
		}),
		"shows its certificate": runs(async stage => {
			const ca = await makeCa({ name: "Fleet CA" }), client = await issue(ca, { name: "board", extendedKeyUsage: [CLIENT_AUTH] });
			const broker = await startMosquitto(stage, { clientCa: write("mqtts-fleet.pem", ca.pem) });
			const own = { certificate: write("mqtts-board.pem", client.chain), key: write("mqtts-board.key", client.keyPem) };
			await stage.startBoard({ change: file => { Object.assign(file.broker, { url: url(broker), ...own }); } });
			await acknowledged(stage);
			await stage.quit();
		}),
		"says that the broker wants a certificate": runs(async stage => {
			const broker = await startMosquitto(stage, { clientCa: write("mqtts-fleet-2.pem", (await makeCa({ name: "Fleet CA" })).pem) });
			await stage.startBoard({ change: file => { file.broker.url = url(broker); } });
			await stage.line(/the server wants a client certificate, and got none/);
			await stage.quit();
		}),
		"resumes the session of the connection before, over a restart": runs(async stage => {
			const broker = await startMosquitto(stage), args = ["--storage", write(`mqtts-storage-${stage.part}`, "")];
			rmSync(args[1]!);
			for (const how of ["the certificate of 127\\.0\\.0\\.1 is good", "a session goes on"]) {
				stage.lines.length = 0;
				await stage.startBoard({ change: file => { file.broker.url = url(broker); }, args });
				await acknowledged(stage);
				await stage.line(new RegExp(`uplink: TLS 1\\.3 done, ${how}; CONNECT$`));
				await stage.quit();
			}
		}),
		"takes the place of QUIC where no UDP passes": runs(async stage => {
			const broker = await startMosquitto(stage);
			await stage.startBoard({ change: (file: GatewayFile) => { file.broker.fallback = url(broker); }, brokerPort: 9 });
			await acknowledged(stage, 40_000);
			const over = stage.lines.filter(line => line.includes("uplink: connecting")).map(line => line.includes("QUIC") ? "QUIC" : "TLS");
			equal(over.join(" "), "QUIC QUIC TLS");
			await stage.quit();
		}),
	}, true);
});
