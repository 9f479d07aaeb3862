// Installs what is missing: npm packages from the lockfile, Debian packages when it may. Quick when all is there.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { Stop, ask, step } from "./terminal.mjs";

const NODE_AT_LEAST = [20, 19];

/** What each Debian package is needed for, by the command that needs it. */
export const DEBIAN = {
	engine: { "gcc": "compiles the XS engine", "libc6-dev": "C library headers", "libmbedtls-dev": "PSA Crypto" },
	broker: { "mosquitto": "the MQTT broker" },
	bench: { "util-linux": "pins processes to a core", "python3-scapy": "decodes SOME/IP in the same run" },
	engine32: { "gcc-multilib": "compiles the 32-bit engine", "libc6-dev-i386": "32-bit C library" },
	peers: { "tshark": "judges what is sent", "python3-scapy": "judges SOME/IP", "ngtcp2-server": "a QUIC peer", "ngtcp2-client": "measured beside ours", "iproute2": "network namespaces",
		"golang-go": "compiles a QUIC peer", "golang-github-lucas-clemente-quic-go-dev": "a QUIC peer" },
};

export function checkNode() {
	const [major, minor] = process.versions.node.split(".").map(Number);
	if (major < NODE_AT_LEAST[0] || (major === NODE_AT_LEAST[0] && minor < NODE_AT_LEAST[1]))
		throw new Stop(`Node ${process.versions.node} is too old: Zonal needs ${NODE_AT_LEAST.join(".")} or newer.`);
}

/** The XS engine, its natives and the demo's broker are built for one platform. */
export function checkPlatform() {
	if (process.platform !== "linux" || process.arch !== "x64")
		throw new Stop(`The board on a PC, the demo and the tests need Linux x86-64; this is ${process.platform} ${process.arch}.\n`
			+ "What works here: reading and editing the TypeScript, and `npm run check` (types and imports). On Windows use WSL 2 with Debian.");
}

export const installPackages = () => installLocked("npm packages", root, false);

/** A QUIC peer of the tests that is an npm package, by itself as it is large. Where it cannot be had its tests are skipped. */
export const installPeerPackages = () => installLocked("npm packages of the tests' peers", join(root, "host-tests/interop/peers/quinn"), true);

async function installLocked(what, folder, optional) {
	const lock = createHash("sha256").update(readFileSync(join(folder, "package-lock.json"))).digest("hex");
	const stamp = join(folder, "node_modules", ".zonal-lock");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock)
		return;
	await step(what, async progress => {
		const status = await stream("npm", ["ci", "--no-audit", "--no-fund", ...optional ? ["--ignore-scripts"] : []], progress, process.env, folder);
		if (status === 0)
			writeFileSync(stamp, lock);
		else if (!optional)
			throw new Stop("npm ci failed: see its output above; the network is needed for the first start.");
		return status === 0 ? "installed from package-lock.json" : "cannot be had: their tests are skipped";
	});
}

/** `groups`: keys of DEBIAN. With `optional` a missing package is reported and false returned instead of a Stop. */
export async function installDebian(groups, { yes = false, optional = false } = {}) {
	const wanted = Object.assign({}, ...groups.map(group => DEBIAN[group]));
	const missing = Object.keys(wanted).filter(name => !isInstalled(name));
	if (missing.length === 0)
		return true;
	const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`;
	const why = missing.map(name => `  ${name}: ${wanted[name]}`).join("\n");
	const asRoot = process.getuid?.() === 0;
	const mayAsk = process.stdin.isTTY && process.stdout.isTTY;
	if (existsSync("/usr/bin/apt-get") && asRoot && (yes || !mayAsk || await ask(`Debian packages are missing:\n${why}\nInstall them now?`)))
		return await aptInstall(missing, optional);
	const text = existsSync("/usr/bin/apt-get")
		? `Debian packages are missing:\n${why}\nInstall them with this one command, then start again:\n\n  ${asRoot ? command : `sudo sh -c '${command}'`}\n`
		: `Programs are missing, and this is not a Debian system. Install what matches these Debian packages:\n${why}\n`;
	if (!optional)
		throw new Stop(text);
	console.log(text);
	return false;
}

async function aptInstall(names, optional) {
	try {
		await step(`Debian packages (${names.join(", ")})`, async progress => {
			const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
			if (await stream("apt-get", ["update"], progress, environment) !== 0)
				throw new Stop("apt-get update failed: is the network there?");
			await withoutServices(async () => {
				if (await stream("apt-get", ["install", "-y", "--no-install-recommends", ...names], progress, environment) !== 0)
					throw new Stop(`apt-get install failed for ${names.join(" ")}.`);
			});
			if (names.includes("mosquitto"))
				disableService("mosquitto");
			return "installed";
		});
		return true;
	}
	catch (error) {
		if (!optional)
			throw error;
		console.log(error.message);
		return false;
	}
}

// Debian starts a service on installing it; policy-rc.d is the packages' own way to forbid that.
async function withoutServices(work) {
	const policy = "/usr/sbin/policy-rc.d";
	if (existsSync(policy))
		return await work();
	const { rmSync } = await import("node:fs");
	writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
	try {
		await work();
	}
	finally {
		rmSync(policy, { force: true });
	}
}

function disableService(name) {
	if (existsSync("/usr/bin/systemctl") || existsSync("/bin/systemctl"))
		spawnSync("systemctl", ["disable", "--now", name], { stdio: "ignore" });
	if (existsSync("/usr/sbin/update-rc.d"))
		spawnSync("update-rc.d", [name, "disable"], { stdio: "ignore" });
}

export function isInstalled(name) {
	const { stdout, status } = spawnSync("dpkg-query", ["-W", "-f=${Status}", name], { encoding: "utf8" });
	return status === 0 && stdout.includes("install ok installed");
}

/** Runs a program, hands its last output line to `progress`; on failure prints its first and last lines. Returns its status. */
function stream(command, args, progress, env = process.env, cwd = root) {
	return new Promise(resolve => {
		const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
		const lines = [];
		const from = Date.now();
		const take = chunk => {
			lines.push(...chunk.toString().split(/[\r\n]+/).filter(line => line.trim()));
			lines.splice(20, Math.max(0, lines.length - 40));
		};
		const ticking = setInterval(() => progress(`${Math.round((Date.now() - from) / 1000)} s ${(lines.at(-1) ?? "").slice(0, 60)}`), 500);
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		child.on("error", error => { lines.push(String(error)); end(127); });
		child.on("close", end);
		function end(status) {
			clearInterval(ticking);
			if (status !== 0)
				console.error(`\n${lines.join("\n")}`);
			resolve(status);
		}
	});
}

/** The project's folder for what it makes and keeps beside the build: certificates, caches, run files. */
export function workFolder(...names) {
	const folder = join(root, ".zonal", ...names);
	mkdirSync(folder, { recursive: true });
	return folder;
}
