/** `npm run provision` against the board on the XS engine, over a pseudo-terminal. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, deepEqual, describe, equal, it, ok, skip } from "#test";
import { issue, makeCa } from "../../scripts/demo/certificates.js";
import { build } from "../xs/support/run.js";
import { ownNetwork } from "./support/network.js";
import { Pty, Talk, havePty } from "./support/pty.js";

/** What npm run board does: a board that wants to start again is started again. */
const AGAIN = "exec 3<&0; trap 'kill $!; exit' TERM; while :; do \"$@\" <&3 & wait $!; [ $? = 85 ] || exit; done";
const VIN = "ZNLTST00000000042";

describe("provision: the board on XS", () => {
	if (!havePty())
		return skip("everything", "there is no gcc");
	const folder = mkdtempSync(join(tmpdir(), "zonal-provision-")), host = join(folder, "host");
	let engine = "", network = "", count = 0;
	const ptys: Pty[] = [];
	before(async function (this: any) {
		[engine, network] = [await build(this, { bits: 64 }), await ownNetwork()];
		const ca = await makeCa({ name: "Zonal test CA", days: 2 });
		const board = await issue(ca, { name: "board", dns: ["board.example"], ip: [], days: 1 });
		mkdirSync(join(host, "certificates"), { recursive: true });
		writeFileSync(join(host, "certificates/ca.pem"), ca.pem);
		writeFileSync(join(host, "certificates/board.pem"), board.pem);
		writeFileSync(join(host, "certificates/board.key"), board.keyPem);
		configure(() => undefined);
	} as () => Promise<void>);
	after(async () => {
		await Promise.all(ptys.map(pty => pty.close()));
		rmSync(folder, { recursive: true, force: true });
	});

	/** The configuration on this side, with its files in another folder. */
	function configure(change: (file: any) => void): void {
		const file = {
			name: "zonal-test", vin: "ZNLTST00000000001", network: { address: `127.${network}.${10 + count}`, sd: { topologyCheck: false } },
			broker: { url: `mqtt-quic://127.${network}.2`, ca: "certificates/ca.pem", certificate: "certificates/board.pem", key: "certificates/board.key" },
			routes: [{ service: "0x1234", instance: "0x0001", eventgroup: "0x0001", event: "0x8001" }],
		};
		change(file);
		writeFileSync(join(host, "gateway.json"), JSON.stringify(file));
	}

	/** Each with an address of its own: boards of other tests go on. */
	async function board(): Promise<{ pty: Pty, data: string }> {
		const data = join(folder, `data-${++count}`);
		configure(() => undefined);
		mkdirSync(data);
		const pty = await new Pty("sh", "-c", AGAIN, "sh", engine, "--root", resolve("build"), "--entry", "firmware/main.js", "--", "--data", data).ready();
		ptys.push(pty);
		return { pty, data };
	}

	async function provision(pty: Pty, ...args: string[]): Promise<{ status: number, text: string }> {
		const talk = new Talk(process.execPath, ["scripts/provision.mjs", "--port", pty.path, "--config", join(host, "gateway.json"), ...args]);
		return { status: await talk.end(), text: talk.text };
	}

	/** What the board says on a line that a program reads. */
	async function listen(pty: Pty, line: string, what: RegExp): Promise<string> {
		const talk = new Talk(process.execPath, ["scripts/monitor.mjs", "--port", pty.path]);
		try {
			await talk.until(what, line);
			return talk.text;
		}
		finally {
			talk.child.kill();
			await talk.end();
		}
	}

	it("sends configuration, certificates and VIN to a board that has none, which then starts its gateway", async () => {
		const { pty, data } = await board();
		writeFileSync(join(host, "update.pub"), generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }));
		const { status, text } = await provision(pty, "--vin", VIN, "--update-key", join(host, "update.pub"));
		equal(status, 0, text);
		deepEqual(readdirSync(data).sort(), ["board.key", "board.pem", "ca.pem", "gateway.json", "update.pem"]);
		for (const name of ["ca.pem", "board.pem", "board.key"])
			ok(readFileSync(join(data, name)).equals(readFileSync(join(host, "certificates", name))), name);
		const { vin, broker } = JSON.parse(readFileSync(join(data, "gateway.json"), "utf8"));
		deepEqual([vin, broker.ca, broker.certificate, broker.key], [VIN, "ca.pem", "board.pem", "board.key"]);
		await listen(pty, "status", /^status \{(?!"mode")/m);
	});

	it("never says anything of the key", async () => {
		const { pty } = await board();
		const { status, text } = await provision(pty);
		equal(status, 0, text);
		const key = readFileSync(join(host, "certificates/board.key"));
		const said = text + pty.talk.text;
		for (const secret of [key.toString("base64"), key.toString("utf8").split("\n")[1]!])
			for (let at = 0; at + 24 <= secret.length; at += 24)
				ok(!said.includes(secret.slice(at, at + 24)), "a part of the key was said");
	});

	it("shows why the board refused, which goes on with what it has", async () => {
		const { pty, data } = await board();
		equal((await provision(pty)).status, 0);
		await listen(pty, "status", /^status \{(?!"mode")/m);
		const old = readFileSync(join(data, "gateway.json"));
		configure(file => { file.routes[0].qos = 7; delete file.broker.key; });
		const { status, text } = await provision(pty, "--vin", "SHORT");
		configure(() => undefined);
		equal(status, 1, text);
		for (const line of [/gateway\.json: vin: /, /gateway\.json: routes\[0\]\.qos: 7 is not a QoS; use 0 or 1/])
			ok(line.test(text), text);
		ok(readFileSync(join(data, "gateway.json")).equals(old), "the old configuration stays");
		await listen(pty, "restart", /restarting/);
		deepEqual(readdirSync(data).sort(), ["board.key", "board.pem", "ca.pem", "gateway.json"]);
		await listen(pty, "status", /^status \{(?!"mode")/m);
	});

	it("refuses a file that came damaged, and takes it when it comes again", async () => {
		const { pty, data } = await board(), content = Buffer.from("not what was announced");
		const digest = createHash("sha256").update("something else").digest("hex");
		await listen(pty, "status", /"mode":"provisioning"/);
		const talk = new Talk(process.execPath, ["scripts/monitor.mjs", "--port", pty.path]);
		talk.write(`file put x.pem ${content.length} ${digest}\nfile data ${content.toString("base64")}\nfile end\n`);
		await talk.until(/refused: x\.pem: what came has another SHA-256/);
		talk.child.kill();
		deepEqual(readdirSync(data), []);
		const { status, text } = await provision(pty);
		equal(status, 0, text);
	});

	it("ends with words where there is no board at the port, and with 2 where an option is wrong", async () => {
		const pty = await new Pty().ready();
		ptys.push(pty);
		const silent = await provision(pty);
		equal(silent.status, 1, silent.text);
		ok(/The board does not answer/.test(silent.text), silent.text);
		for (const [args, line] of [
			[["--port", pty.path], /--config is missing/], [["--config", join(host, "gateway.json")], /--port is missing/],
			[["--port", pty.path, "--config", join(host, "none.json")], /there is no .*none\.json/], [["--port", pty.path, "--config", join(host, "certificates/ca.pem")], /ca\.pem is no configuration/],
			[["--port", pty.path, "--config", join(host, "gateway.json"), "--update-key", join(host, "certificates/board.key")], /board\.key is no public key/],
		] as const) {
			const talk = new Talk(process.execPath, ["scripts/provision.mjs", ...args]);
			equal(await talk.end(), 2, talk.text);
			ok(line.test(talk.text), talk.text);
		}
		ok(existsSync(pty.path), "the port is still there");
	});
});
