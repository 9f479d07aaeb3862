/** Every recording of another SOME/IP stack, from the board on XS to a subscriber of the broker: `npm start -- --capture`. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, equal, ok, skip } from "#test";
import { ensureCertificates } from "../../scripts/demo/certificates.js";
import { readCapture } from "../../scripts/demo/capture.js";
import { needBoard, together } from "./support/stage.js";

const FOLDER = "../shared/captures";

/** Runs `npm start` with options; resolves with its status, lines and the object of its last one. */
function start(...options: string[]): Promise<{ status: number | null, lines: string[], json: any }> {
	const child = spawn(process.execPath, ["scripts/start.mjs", ...options, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
	let text = "";
	child.stdout.setEncoding("utf8").on("data", chunk => { text += chunk; });
	child.stderr.setEncoding("utf8").on("data", chunk => { text += chunk; });
	return new Promise(resolve => child.on("close", status => {
		const lines = text.trimEnd().split("\n");
		let json: any;
		try {
			json = JSON.parse(lines.at(-1)!);
		}
		catch {
			json = undefined;
		}
		resolve({ status, lines, json });
	}));
}

describe("board: recordings", () => {
	if (!existsSync(FOLDER)) {
		skip("every recording arrives byte for byte", `${FOLDER} is not here`);
		return;
	}
	if (!needBoard())
		return;
	// Runs that begin together must not each make the demo's CA.
	let made: Promise<unknown> | undefined;
	const certificates = () => made ??= ensureCertificates(resolve(".zonal/certificates"), { dns: ["localhost"], ip: ["127.0.0.1"] });
	together(Object.fromEntries(readdirSync(FOLDER).filter(name => name.endsWith(".pcap")).map(name => [
		`delivers every event of ${name} byte for byte, once`, async () => {
			await certificates();
			const recording = await readCapture(join(FOLDER, name));
			const { status, lines, json } = await start("--capture", join(FOLDER, name));
			equal(status, 0, lines.join("\n"));
			ok(recording.events.length > 0, "nothing was recorded");
			const { recording: counted, broker, mqtt, someip } = json;
			equal(JSON.stringify(counted), JSON.stringify({ recorded: recording.events.length, matched: recording.events.length, missing: 0, unexpected: 0 }));
			equal(broker.delivered, recording.events.length);
			equal(someip.received, recording.events.length);
			equal(someip.dropped, 0);
			equal(mqtt.published, mqtt.acknowledged);
			ok(lines.some(line => line.startsWith(`recording ${counted.recorded} events recorded, ${counted.matched} delivered byte for byte`)), "no summary");
		},
	])));
});
