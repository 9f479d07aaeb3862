/** What the board says of a broker whose certificate, name or protocol is wrong, and that it goes on meanwhile. */
import { readFileSync } from "node:fs";
import { describe, equal, ok } from "#test";
import { issue, makeCa, type IssueOptions } from "../../scripts/demo/certificates.js";
import { Stage, goodCertificates, needBoard, together, write, type BoardChanges } from "./support/stage.js";

/** Certificates of a CA of their own: one good for the broker's address but for `options`. */
async function certificatesOf(name: string, options: IssueOptions) {
	const ca = await makeCa({ name: `CA of ${name}` });
	const server = await issue(ca, { ip: ["127.0.0.1"], ...options });
	return { ca: write(`${name}-ca.pem`, ca.pem), chain: write(`${name}.pem`, server.chain), key: write(`${name}.key`, server.keyPem) };
}

/** A server's chain with so many CAs between it and the root, of which each has another kind of key. */
async function longChain(name: string, length: number) {
	const root = await makeCa({ name: `${name} root`, key: "rsa", pathLength: length });
	let ca = root;
	for (let i = length; i > 0; i--)
		ca = await makeCa({ name: `${name} ${i}`, key: (["p384", "p256", "rsa"] as const)[i % 3]!, pathLength: i - 1, issuer: ca });
	const server = await issue(ca, { ip: ["127.0.0.1"], key: length < 3 ? "rsa" : "p256" });
	return { ca: write(`${name}-ca.pem`, root.pem), chain: write(`${name}.pem`, server.chain), key: write(`${name}.key`, server.keyPem) };
}

/** A handshake is what fills the engine's stack most: some of it must be left, whatever the server sent. */
async function hasStack(stage: Stage): Promise<void> {
	const { stackPeakBytes, stackBytes } = (await stage.board!.cost())!;
	ok(stackPeakBytes < stackBytes * 0.95, `${stackPeakBytes} of ${stackBytes} bytes of stack were used`);
}

/** The board says `line` as a warning with the time of the next try; it has not told the broker anything, hears the
 *  vehicle, keeps its events, and ends cleanly. */
async function isRefused(stage: Stage, line: RegExp, changes: BoardChanges, also: (stage: Stage) => Promise<void> = async () => {}): Promise<void> {
	await stage.startVehicle();
	await stage.startBoard(changes);
	const text = await stage.line(line);
	ok(/^W \(\d+\) uplink: no connection to 127\.0\.0\.1:\d+: .*; next try in \d+ s$/.test(text), text);
	const { mqtt, lastError } = await stage.status("events kept for the broker", ({ mqtt, someip }) => mqtt.queued > 0 && someip.received > 10);
	equal(mqtt.connected, false);
	equal(mqtt.published, 0);
	ok(line.test(lastError), lastError);
	equal(stage.brokerLines.filter(line => line.includes("New client connected")).length, 0);
	await also(stage);
	await stage.quit();
}

describe("board: certificates", () => {
	if (!needBoard())
		return;
	const wrong = (name: string, options: IssueOptions, line: RegExp, changes: BoardChanges = {}) => () => Stage.run(async stage => {
		const certificates = await certificatesOf(name, options);
		await stage.startBroker({ certificates });
		await isRefused(stage, line, { change: file => { file.broker.ca = certificates.ca; }, ...changes });
	});

	together({
		"refuses a broker of another CA": () => Stage.run(async stage => {
			await stage.startBroker({ certificates: await certificatesOf("stranger", {}) });
			await isRefused(stage, /unknown_ca: .*not signed by the configured CA/, {});
		}),
		"refuses a certificate for another name": wrong("other", { ip: [], dns: ["other.example"] }, /certificate is for other\.example, not for 127\.0\.0\.1/),
		"refuses a certificate with no name but its subject's": wrong("nameless", { name: "127.0.0.1", noSan: true }, /certificate names no host \(it has no subjectAltName\), so it is not for 127\.0\.0\.1/),
		"refuses an expired certificate": wrong("expired", { expired: true }, /certificate expired on \d{4}-\d\d-\d\d/),
		"refuses a certificate that is not valid yet": wrong("early", { notYetValid: true }, /certificate is not valid before \d{4}-\d\d-\d\d/),
		"refuses every certificate while the clock is not set": wrong("unset", {}, /the clock is not set/, { args: ["--wall-clock", "unset"] }),
		"tells a clock of long ago from an expired certificate": wrong("past", {}, /the clock is not set/, { args: ["--wall-clock", "86400"] }),
		"goes by its own clock": wrong("future", {}, /certificate expired on \d{4}-\d\d-\d\d/, { args: ["--wall-clock", "2500000000"] }),
		"says that the broker speaks something else": () => Stage.run(async stage => {
			await stage.startBroker({ alpn: "h3" });
			await isRefused(stage, /CRYPTO_ERROR 0x178 no_application_protocol: the server does not speak ALPN "mqtt"/, {});
		}),
		"takes the name that the configuration asks for": () => Stage.run(async stage => {
			const certificates = await certificatesOf("named", { ip: [], dns: ["broker.example"] });
			await stage.startBroker({ certificates });
			await stage.startBoard({ change: file => { Object.assign(file.broker, { ca: certificates.ca, serverName: "broker.example" }); } });
			await stage.untilRunning();
			await hasStack(stage);
			await stage.quit();
		}),
		"takes a long chain of large keys": () => Stage.run(async stage => {
			const { ca, ...certificates } = await longChain("long", 2);
			await stage.startBroker({ certificates });
			await stage.startBoard({ change: file => { file.broker.ca = ca; } });
			await stage.untilRunning();
			await hasStack(stage);
			await stage.quit();
		}),
		"refuses the longest chain of a stranger, which is as long as the server likes": () => Stage.run(async stage => {
			const { ca: _, ...certificates } = await longChain("longest", 5);
			await stage.startBroker({ certificates });
			await isRefused(stage, /unknown_ca: .*not signed by the configured CA: it was issued by/, {}, hasStack);
		}),
		"refuses a chain that is too long": () => Stage.run(async stage => {
			const { ca, ...certificates } = await longChain("endless", 6);
			await stage.startBroker({ certificates });
			await isRefused(stage, /bad_certificate: the server's (chain has more than \d+ certificates|certificates are longer than \d+ bytes together)/, { change: file => { file.broker.ca = ca; } }, hasStack);
		}),
		"takes one CA of several in its file": () => Stage.run(async stage => {
			const { ca } = await goodCertificates(), other = await makeCa({ name: "Other CA", key: "rsa" });
			await stage.startBroker();
			await stage.startBoard({ change: file => { file.broker.ca = write("both.pem", other.pem + readFileSync(ca, "utf8")); } });
			await stage.untilRunning();
			await stage.quit();
		}),
	});
});
