// `npm run provision -- --port P --config gateway.json`: sends a configuration, and the files that it names, to a board
// over its serial console. The board checks them before they replace what it has; nothing of a key is ever shown.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BoardConsole, Silence } from "./board-console.mjs";
import { checkBaud, missingPort } from "./serial.mjs";
import { Stop, run, step } from "./terminal.mjs";

const HELP = `npm run provision -- --port P --config gateway.json [options]
  --port P       the board's serial port, as /dev/ttyUSB0
  --config FILE  the configuration; the CA, certificate, key and password file that it names are sent as well
  --vin VIN      the vehicle's number, in place of the configuration's
  --update-key F the public key (PEM) that updates must be signed with, sent as update.pem
  --mac ADDRESS  the board's MAC address, as 02:5a:4e:00:00:01, in place of the chip's own
  --baud N       the port's rate (default 115200)
  --no-restart   leave the board waiting; it starts its gateway after ten minutes, or with the console's restart`;
/** Keys of "broker" that name files. */
const FILES = ["ca", "certificate", "key", "passwordFile"];
const NAME = /^(?!\.)[A-Za-z0-9._-]{1,24}$/;
/** Bytes per line: 256 characters of base64, which every board's receive buffer holds. */
const CHUNK = 192;
/** ms for a board to start again. */
const RESTART_TIME = 30000;

await run(async () => {
	const options = parse();
	const files = filesOf(options);
	const line = new BoardConsole(options);
	try {
		await step("board", async () => ready(line));
		// What an earlier attempt left is none of this one's.
		await line.ask("file cancel", /^file: cancelled/);
		for (const file of files)
			await step(`${file.name}, ${file.bytes.length} bytes`, async progress => send(line, file, progress));
		await step("checked and taken over by the board", async () => { await line.ask("apply", /^apply: /); });
		if (!options["no-restart"])
			await step("restart", async () => { await line.ask("restart", /^restarting/); });
	}
	finally {
		line.close();
	}
});

function parse() {
	let values;
	try {
		({ values } = parseArgs({ options: {
			port: { type: "string" }, config: { type: "string" }, vin: { type: "string" }, "update-key": { type: "string" }, mac: { type: "string" }, baud: { type: "string", default: "115200" },
			"no-restart": { type: "boolean", default: false }, help: { type: "boolean", default: false },
		} }));
	}
	catch (error) {
		throw new Stop(`${error.message}\n\n${HELP}`, 2);
	}
	if (values.help)
		throw new Stop(HELP, 0);
	if (values.config === undefined)
		throw new Stop(`--config is missing\n\n${HELP}`, 2);
	if (values.port === undefined)
		throw new Stop(`${missingPort()}\n\n${HELP}`, 2);
	return { ...values, baud: checkBaud(values.baud) };
}

/** The configuration last, its paths as they are on the board: names without a folder. */
function filesOf({ config, vin, "update-key": updateKey, mac }) {
	const configuration = readJson(config), files = updateKey === undefined ? [] : [{ name: "update.pem", bytes: publicKey(updateKey) }];
	if (mac !== undefined) {
		if (!/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(mac))
			throw new Stop(`--mac ${mac}: six pairs of hex digits with colons, of one station: 02:5a:4e:00:00:01`, 2);
		files.push({ name: "mac.txt", bytes: Buffer.from(`${mac}\n`) });
	}
	if (vin !== undefined)
		configuration.vin = vin;
	const broker = configuration.broker ?? {};
	for (const key of FILES.filter(key => typeof broker[key] === "string")) {
		const path = resolve(dirname(config), broker[key]), name = basename(path);
		if (!NAME.test(name) || name === "gateway.json")
			throw new Stop(`broker.${key}: a board's files have names of 1 to 24 letters, digits, . - or _; ${name} is none`, 2);
		const bytes = read(path, `broker.${key}`), same = files.find(file => file.name === name);
		if (same !== undefined && !same.bytes.equals(bytes))
			throw new Stop(`broker.${key}: two files are called ${name}; a board has one folder`, 2);
		if (same === undefined)
			files.push({ name, bytes });
		broker[key] = name;
	}
	return [...files, { name: "gateway.json", bytes: Buffer.from(`${JSON.stringify(configuration, undefined, "\t")}\n`) }];
}

/** Never a private one: that stays with whoever signs. */
function publicKey(path) {
	const bytes = read(path, "--update-key");
	if (!bytes.includes("-----BEGIN PUBLIC KEY-----") || bytes.includes("PRIVATE KEY"))
		throw new Stop(`--update-key: ${path} is no public key in PEM`, 2);
	return bytes;
}

function readJson(path) {
	try {
		const value = JSON.parse(read(path, "--config").toString("utf8"));
		if (typeof value !== "object" || value === null || Array.isArray(value))
			throw new Error("it is no object");
		return value;
	}
	catch (error) {
		throw error instanceof Stop ? error : new Stop(`${path} is no configuration: ${error.message}`, 2);
	}
}

function read(path, what) {
	const bytes = existsSync(path) ? readFileSync(path) : undefined;
	if (bytes === undefined || bytes.length === 0)
		throw new Stop(`${what}: ${bytes === undefined ? "there is no" : "nothing is in"} ${path}`, 2);
	return bytes;
}

/** A gateway at work is told to start anew and wait. */
async function ready(line) {
	const mode = async () => (await line.ask("status", /^status \{/)).includes("\"mode\":\"provisioning\"");
	// What was typed before is no part of the first line.
	line.write("");
	if (await mode())
		return "waits for files";
	const answer = await line.ask("provision", /^provision: /);
	if (!answer.includes("restarting"))
		throw new Stop(`The board cannot be provisioned: ${answer}`);
	for (const until = Date.now() + RESTART_TIME; Date.now() < until;)
		try {
			if (await mode())
				return "restarted, waits for files";
		}
		catch (error) {
			if (!(error instanceof Silence))
				throw error;
		}
	throw new Stop("The board does not come back to wait for files; see npm run monitor.");
}

async function send(line, { name, bytes }, progress) {
	await line.ask(`file put ${name} ${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`, /^file: ready/);
	for (let at = 0; at < bytes.length; at += CHUNK) {
		await line.ask(`file data ${bytes.subarray(at, at + CHUNK).toString("base64")}`, /^file: \d+$/);
		progress(`${Math.min(at + CHUNK, bytes.length)}`);
	}
	await line.ask("file end", /^file: received /);
}
