/** The commands of package.json on machines that lack something, and with options that are wrong. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, equal, it, ok, skip } from "#test";
import { until } from "../support/patience.js";
import { needBoard } from "./support/stage.js";

interface Outcome {
	status: number | null;
	text: string;
}

const isRoot = process.getuid?.() === 0;
const NODE = process.execPath;
/** ms for a run of the demo, which prepares first. */
const LIMIT = 90_000;

function run(command: string, args: string[], options: { cwd?: string, path?: string, input?: string } = {}): Outcome {
	const { status, stdout, stderr, error } = spawnSync(command, args, {
		cwd: options.cwd ?? resolve("."), input: options.input ?? "", encoding: "utf8", timeout: 120_000,
		env: options.path === undefined ? process.env : { ...process.env, PATH: options.path },
	});
	if (error)
		throw error;
	return { status, text: stdout + stderr };
}

/** Ends so, with lines like these, and without a stack. */
function says({ status, text }: Outcome, expected: number, ...lines: RegExp[]): void {
	equal(status, expected, text);
	for (const line of lines)
		ok(line.test(text), `nothing like ${line} in:\n${text}`);
	ok(!/^ +at .*[:(]/m.test(text), `a stack is no message:\n${text}`);
}

describe("scripts: options", () => {
	const script = (name: string, ...args: string[]) => run(NODE, [`scripts/${name}.mjs`, ...args]);

	it("board: shows its options where the configuration is missing, and where one is wrong", () => {
		says(script("board"), 2, /--config FILE/, /--arena KiB/, /--keylog FILE/);
		says(script("board", "--help"), 0, /--config FILE/);
		says(script("board", "--konfig", "a.json"), 2, /Unknown option '--konfig'/, /--config FILE/);
		says(script("board", "--config"), 2, /--config.*argument missing/, /--config FILE/);
		says(script("board", "--config", "a.json", "--arena", "many"), 2, /--arena many: give KiB, at least 16/);
		says(script("board", "--config", "a.json", "--bits", "16"), 2, /--bits 16: 64 or 32/);
		says(script("board", "a.json"), 2, /Unexpected argument 'a\.json'/, /--config FILE/);
	});
	it("start: shows its options where one is wrong", () => {
		says(script("start", "--seconds", "soon"), 2, /--seconds soon: give a number of seconds above 0/, /--capture FILE/);
		says(script("start", "--seconds", "0"), 2, /--seconds 0: give/);
		says(script("start", "--speed", "3"), 2, /Unknown option '--speed'/);
		says(script("start", "--help"), 0, /--seconds N/);
	});
	it("build, sign-update: show their options", () => {
		says(script("build", "--help"), 0, /--board NAME/);
		says(script("sign-update", "--help"), 0, /--key FILE/);
		says(script("sign-update", "--kee", "a"), 2, /Unknown option '--kee'/, /--key FILE/);
	});
	it("says on other platforms and with an old Node what does work", () => {
		const pretend = (code: string) => run(NODE, ["--import", `data:text/javascript,${encodeURIComponent(code)}`, "scripts/start.mjs"]);
		says(pretend(`Object.defineProperty(process, "platform", { value: "darwin" })`), 1, /need Linux x86-64; this is darwin/, /What works here: /);
		says(pretend(`Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.2.0" } })`), 1, /Node 18\.2\.0 is too old: Zonal needs 20\.19 or newer/);
	});
});

describe("scripts: runs", () => {
	if (!needBoard())
		return;

	it("start: says that a recording is not there, or is none", () => {
		says(run(NODE, ["scripts/start.mjs", "--capture", "/nowhere/a.pcap"]), 1, /\/nowhere\/a\.pcap/);
		says(run(NODE, ["scripts/start.mjs", "--capture", "/etc/passwd"]), 1, /passwd is not a pcap file/);
	});
	it("board: passes the board's message and status on", () => {
		says(run(NODE, ["scripts/board.mjs", "--config", "/nowhere/gateway.json"]), 2, /cannot read \/nowhere\/gateway\.json/);
	});
	it("board: runs a request and an example in the gateway's place", () => {
		says(run(NODE, ["scripts/board.mjs", "--get", "https://localhost:1/"]), 2, /--ca is missing/);
		says(run(NODE, ["scripts/board.mjs", "--get", "https://localhost:1/", "--ca", "/nowhere/ca.pem", "--wall-clock", "unset"]), 2, /cannot read \/nowhere\/ca\.pem/);
		says(run(NODE, ["scripts/board.mjs", "--example"]), 0, /thermometer/);
	});
	it("start: ends at Ctrl-C with a summary and status 0, and leaves nothing running", async function (this: any) {
		this.timeout(300_000);
		const child = spawn(NODE, ["scripts/start.mjs"], { stdio: ["ignore", "pipe", "pipe"] });
		let text = "";
		child.stdout.on("data", chunk => { text += chunk; });
		child.stderr.on("data", chunk => { text += chunk; });
		const ended = new Promise<number | null>(resolve => { child.on("close", resolve); });
		await until(() => `events in:\n${text}`, () => /\d+ events\/s.*published [1-9]/.test(text) || child.exitCode !== null, LIMIT);
		child.kill("SIGINT");
		equal(await ended, 0, text);
		ok(/^broker +[1-9]\d* events delivered$/m.test(text), text);
		const left = readdirSync("/proc").filter(name => /^\d+$/.test(name)).map(pid => commandOf(pid)).filter(command => command.includes(`run-${child.pid}/`));
		equal(left.join("\n"), "");
		ok(!existsSync(`.zonal/run-${child.pid}`), "its files are still there");
	} as () => Promise<void>);
});

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
	}
	catch {
		return "";
	}
}

describe("scripts: what is missing", () => {
	let folder = "";
	/** A fresh clone whose packages of npm are there or not. */
	const clone = (name: string, withPackages = true) => {
		const path = join(folder, name);
		for (const part of ["scripts", "firmware", "hal", "package.json", "package-lock.json", "tsconfig.json"])
			cpSync(part, join(path, part), { recursive: true });
		if (withPackages)
			symlinkSync(resolve("node_modules"), join(path, "node_modules"));
		return path;
	};
	/** A PATH with Node and these programs: a link to one of the machine, or a script. */
	const pathWith = (name: string, programs: Record<string, string>) => {
		const path = join(folder, `bin-${name}`);
		mkdirSync(path);
		symlinkSync(NODE, join(path, "node"));
		symlinkSync("/bin/sh", join(path, "sh"));
		for (const [program, content] of Object.entries({ npm: "#!/bin/sh\necho no network >&2\nexit 1\n", ...programs })) {
			if (content.startsWith("#!"))
				writeFileSync(join(path, program), content, { mode: 0o755 });
			else
				symlinkSync(content, join(path, program));
		}
		return path;
	};
	// Knows every package but mosquitto and the crypto library.
	const DPKG = "#!/bin/sh\nfor name; do :; done\ncase $name in mosquitto|libmbedtls-dev) exit 1;; *) printf 'install ok installed';; esac\n";
	const ALL = "#!/bin/sh\nprintf 'install ok installed'\n";
	const APT = "#!/bin/sh\necho \"apt-get $*\"\nexit 100\n";
	const COMMAND = "apt-get update && apt-get install -y --no-install-recommends libmbedtls-dev mosquitto";

	before(() => {
		folder = mkdtempSync(join(tmpdir(), "zonal-clone-"));
		chmodSync(folder, 0o755);
	});
	after(() => { rmSync(folder, { recursive: true, force: true }); });

	it("says that there is no compiler, and what to install", () => {
		const path = pathWith("no-cc", { "dpkg-query": ALL });
		says(run("node", ["scripts/start.mjs"], { cwd: clone("no-cc"), path }), 1, /no C compiler \(cc\)\. On Debian: apt-get install gcc libc6-dev libmbedtls-dev/);
	});
	it("says that the compiler does not find the crypto library", () => {
		const cc = "#!/bin/sh\ncase \"$*\" in --version) exit 0;; esac\necho '<stdin>:2:10: fatal error: psa/crypto.h: No such file or directory' >&2\nexit 1\n";
		says(run("node", ["scripts/start.mjs"], { cwd: clone("no-psa"), path: pathWith("no-psa", { "dpkg-query": ALL, cc }) }), 1,
			/the Mbed TLS library is missing\. On Debian: apt-get install libmbedtls-dev/);
	});
	it("says that packages of npm cannot be installed", () => {
		says(run("node", ["scripts/start.mjs"], { cwd: clone("no-npm", false), path: pathWith("no-npm", { "dpkg-query": ALL }) }), 1,
			/no network/, /npm ci failed: .*the network is needed for the first start/);
	});

	if (!existsSync("/usr/bin/apt-get") || !isRoot) {
		skip("Debian packages that are missing", "not root on Debian");
		return;
	}
	it("prints the one command to somebody who is not root", () => {
		const args = ["--reuid=nobody", "--regid=nogroup", "--clear-groups", "node", "scripts/start.mjs", "--yes"];
		// The project may lie where nobody may look: what it takes to get as far as Debian's packages is copied.
		const cwd = clone("nobody", false);
		mkdirSync(join(cwd, "node_modules"));
		cpSync("node_modules/.zonal-lock", join(cwd, "node_modules/.zonal-lock"));
		says(run("/usr/bin/setpriv", args, { cwd, path: pathWith("nobody", { "dpkg-query": DPKG, "apt-get": APT }) }), 1,
			/Debian packages are missing:\n {2}libmbedtls-dev: PSA Crypto\n {2}mosquitto: the MQTT broker\n/, new RegExp(`\n {2}sudo sh -c '${COMMAND}'\n`));
	});
	it("asks whoever is at the terminal, and prints the command after a no", () => {
		const path = pathWith("terminal", { "dpkg-query": DPKG, "apt-get": APT });
		const outcome = run("/usr/bin/script", ["-qec", "node scripts/start.mjs", "/dev/null"], { cwd: clone("terminal"), path, input: "n\n" });
		says({ ...outcome, text: outcome.text.replaceAll("\r", "") }, 1, /Install them now\? \[y\/N\]/, new RegExp(`\n {2}${COMMAND}\n`));
		ok(!outcome.text.includes("apt-get update\n"), "it was run");
	});
	it("installs after a yes, and says what failed", () => {
		const path = pathWith("yes", { "dpkg-query": DPKG, "apt-get": APT });
		const outcome = run("/usr/bin/script", ["-qec", "node scripts/start.mjs", "/dev/null"], { cwd: clone("yes"), path, input: "y\n" });
		says({ ...outcome, text: outcome.text.replaceAll("\r", "") }, 1, /apt-get update\n/, /apt-get update failed: is the network there\?/);
	});
	it("installs without asking where nobody is at the terminal", () => {
		says(run("node", ["scripts/start.mjs"], { cwd: clone("alone"), path: pathWith("alone", { "dpkg-query": DPKG, "apt-get": APT }) }), 1,
			/apt-get update\n/, /apt-get update failed: is the network there\?/);
	});
});

describe("scripts: under npm", () => {
	if (!needBoard())
		return;

	it("end where npm is told to end, cleanly and with all that they started", async function (this: any) {
		this.timeout(300_000);
		const npm = spawn("npm", ["start"], { stdio: ["ignore", "pipe", "pipe"], detached: true });
		let text = "";
		npm.stdout.on("data", chunk => { text += chunk; });
		await until(() => `events in:\n${text}`, () => /published [1-9]/.test(text), LIMIT);
		npm.kill("SIGTERM");
		await until(() => `a summary in:\n${text}`, () => /^broker +[1-9]\d* events delivered$/m.test(text), LIMIT);
	} as () => Promise<void>);
});
