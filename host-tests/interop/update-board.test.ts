/** An update file from scripts/sign-update.mjs, over the console of the board on the XS engine. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, deepEqual, equal, it, ok } from "#test";
import { makeCa } from "../../scripts/demo/certificates.js";
import { build } from "../xs/support/run.js";
import { ownNetwork } from "./support/network.js";
import { Talk } from "./support/pty.js";
// @ts-expect-error: a plain script without types
import { signUpdate } from "../../../scripts/sign-update.mjs";

const LINE_BYTES = 700;

describe("update: the board on XS", () => {
	const folder = mkdtempSync(join(tmpdir(), "zonal-update-"));
	const signer = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const key = signer.privateKey.export({ type: "pkcs8", format: "pem" });
	const image = Buffer.alloc(20_000, "image ");
	const talks: Talk[] = [];
	let engine = "";

	before(async function (this: any) {
		engine = await build(this, { bits: 64 });
		const network = await ownNetwork(), ca = await makeCa({ name: "Zonal test CA", days: 2 });
		writeFileSync(join(folder, "ca.pem"), ca.pem);
		writeFileSync(join(folder, "update.pem"), signer.publicKey.export({ type: "spki", format: "pem" }));
		writeFileSync(join(folder, "gateway.json"), JSON.stringify({
			name: "zonal-test", vin: "ZNLTST00000000001", network: { address: `127.${network}.10`, sd: { topologyCheck: false } },
			broker: { url: `mqtt-quic://127.${network}.2`, ca: "ca.pem" },
			routes: [{ service: "0x1234", instance: "0x0001", eventgroup: "0x0001", event: "0x8001" }],
		}));
	} as () => Promise<void>);
	after(() => {
		for (const { child } of talks)
			child.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	function start(): Talk {
		const talk = new Talk(engine, ["--root", "build", "--entry", "firmware/main.js", "--", "--data", folder]);
		talks.push(talk);
		return talk;
	}

	/** The file's lines; the answer to the last one. */
	async function send(talk: Talk, file: Buffer): Promise<void> {
		const before = talk.text.length;
		talk.write("update begin\n");
		for (let at = 0; at < file.length; at += LINE_BYTES)
			talk.write(`update data ${file.subarray(at, at + LINE_BYTES).toString("base64")}\n`);
		talk.write("update end\n");
		await talk.until(/update: (version \d+ is in place|refused: (no update came|what came))/, undefined, before);
	}

	it("takes a signed file, whose image is on trial at the next start, and goes back where it is not found good", async () => {
		const first = start();
		await first.until(/looking for services/);
		await send(first, await signUpdate(image, { key, version: 3, target: "pc" }));
		ok(/update: version 3 is in place; restart starts it/.test(first.text), first.text);
		ok(readFileSync(join(folder, "slot-1")).equals(image));
		first.write("restart\n");
		equal(await first.end(), 85);
		const second = start();
		await second.until(/I \(\d+\) update: this image is on trial/);
		second.child.kill("SIGKILL");
		await second.end();
		const third = start();
		await third.until(/W \(\d+\) update: the last image was not found good/);
		third.child.kill("SIGKILL");
		await third.end();
	});

	it("refuses what another key signed, and what was changed on the way", async () => {
		const talk = start(), other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
		await talk.until(/looking for services/);
		await send(talk, await signUpdate(image, { key: other, version: 9, target: "pc" }));
		ok(/update: refused: the signature is not by the key that is configured/.test(talk.text), talk.text);
		const file: Buffer = await signUpdate(image, { key, version: 9, target: "pc" });
		file[5000]! ^= 4;
		await send(talk, file);
		talk.write("update end\n");
		await talk.until(/update: refused: what came has another SHA-256 than was signed/);
		talk.child.kill("SIGKILL");
		await talk.end();
	});

	it("has a tool that says what is wrong with its arguments", async () => {
		const wrong = async (options: object): Promise<string> => {
			try {
				await signUpdate(image, { key, version: 1, target: "pc", ...options });
				return "";
			}
			catch (error) {
				return (error as Error).message;
			}
		};
		const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
		deepEqual([await wrong({ key: rsa }), await wrong({ version: 0 }), await wrong({ version: 1.5 }), await wrong({ target: "" })], [
			"the key is none of ECDSA on P-256", "the version is a whole number from 1 to 4294967295", "the version is a whole number from 1 to 4294967295",
			"target \"\": 1 to 32 characters",
		]);
		equal(await wrong({}), "");
	});
});
