// Compiles the XS engine (C sources of npm's @agoric/xsnap, in node_modules), the natives and the host program to
// build/xs/<variant>/zonal-xs. Incremental. By hand: node scripts/xs.mjs [--bits 32|64] [--sanitize]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root, out } from "./build.mjs";
import { Stop } from "./terminal.mjs";

const JOBS = 2;
const ENGINE = join(root, "node_modules/@agoric/xsnap/moddable/xs");
// xsnap's own snapshots; profiling, whose calls hal/linux/memory.c uses to measure.
const ENGINE_LEFT_OUT = ["xsSnapshot.c", "xsProfile.c"];
// Measures strings a word at a time, past their end: aligned, so harmless, but not to the address sanitizer.
const ENGINE_UNCHECKED = ["xsCommon.c"];
const NATIVE_FOLDERS = ["hal/net", "hal/crypto", "hal/system", "hal/storage", "hal/linux"];
const DEFINES = [
	"INCLUDE_XSPLATFORM", 'XSPLATFORM="xs-platform.h"', "mxParse=1", "mxRun=1", "mxBoundsCheck=1", "mxLockdown=1",
	"mxStringNormalize=1", "mxRegExp=1", "mxRegExpUnicodePropertyEscapes=1", "mxMinusZero=1", "mxMetering=1",
	"mxProfile=1", "mxNoConsole=1", "_GNU_SOURCE",
];

/** Something that the machine has to have first; the message says what and how. */
export class MissingError extends Stop {
	name = "MissingError";
}

/** Bits (64 or 32) and sanitizers choose the variant; `progress(done, total, name)` is called per file.
 *  Returns the program's path. Throws a MissingError, or an Error with what does not compile. */
export async function buildEngine({ bits = 64, sanitize = false, progress = () => {} } = {}) {
	const variant = `${bits}${sanitize ? "-sanitize" : ""}`;
	const folder = join(out, "xs", variant);
	const program = join(folder, "zonal-xs");
	mkdirSync(folder, { recursive: true });
	if (!existsSync(join(ENGINE, "sources")))
		throw new MissingError("the XS sources are missing: npm install");
	const crypto = cryptoLibrary(bits);
	const table = writeNativesTable(folder);
	const flags = compilerFlags(bits, sanitize, folder, crypto);
	const units = [...engineUnits(folder, flags), ...hostUnits(folder, flags)];
	const headers = newest([...headersOf(join(ENGINE, "sources")), ...headersOf(join(ENGINE, "includes")), ...headersOf(join(ENGINE, "platforms")),
		join(root, "hal/linux/xs-platform.h")]);
	const ownHeaders = Math.max(headers, newest([table, ...NATIVE_FOLDERS.flatMap(folder => headersOf(join(root, folder)))]));
	const stampFile = join(folder, "flags");
	if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== flags.stamp) {
		for (const unit of units)
			rmSync(unit.object, { force: true });
		writeFileSync(stampFile, flags.stamp);
	}
	const stale = units.filter(unit => modified(unit.object) < Math.max(modified(unit.source), unit.own ? ownHeaders : headers));
	if (stale.length > 0 || modified(program) < newest(units.map(unit => unit.object)))
		await makeProgram(stale, units, program, flags, progress);
	return program;
}

async function makeProgram(stale, units, program, flags, progress) {
	checkCompiler(flags);
	// Big files first: the last ones to finish are then small.
	stale.sort((a, b) => statSync(b.source).size - statSync(a.source).size);
	let done = 0;
	const total = stale.length + 1;
	const compileNext = async () => {
		for (let unit = stale.shift(); unit; unit = stale.shift()) {
			await compile([...unit.flags, "-c", unit.source], unit.object);
			progress(++done, total, basename(unit.source));
		}
	};
	await Promise.all(Array.from({ length: JOBS }, compileNext));
	await compile([...flags.link, ...units.map(unit => unit.object), ...flags.libraries], program);
	progress(++done, total, basename(program));
}

function compilerFlags(bits, sanitize, folder, crypto) {
	const common = ["-O2", "-g", "-fno-common", "-std=gnu11", ...(bits === 32 ? ["-m32"] : [])];
	const defines = [...DEFINES, ...(bits === 64 ? ["mx32bitID=1"] : []), ...(sanitize ? ["mxStress=1", "mxPoisonSlots=1"] : [])].map(name => `-D${name}`);
	if (sanitize)
		common.push("-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined");
	const engineIncludes = ["sources", "includes", "platforms"].map(name => join(ENGINE, name));
	const linux = join(root, "hal/linux");
	return {
		engine: [...common, ...defines, "-w", ...engineIncludes.flatMap(name => ["-I", name]), "-I", linux,
			// The engine relies on much that is undefined on paper; its memory is watched.
			...(sanitize ? ["-fno-sanitize=undefined"] : [])],
		own: [...common, ...defines, "-Wall", "-Wextra", "-Werror", ...engineIncludes.flatMap(name => ["-isystem", name]), "-I", linux, "-I", join(root, "hal/system"), "-I", folder,
			...crypto.includes.flatMap(name => ["-isystem", name]), ...(sanitize ? ["-fno-sanitize=alignment"] : [])],
		link: [...common, "-rdynamic", "-Wl,--wrap=fxReport",
			// hal/crypto/library-heap.c counts what the crypto library allocates: it must be the static one.
			"-Wl,--wrap=calloc", "-Wl,--wrap=free"],
		libraries: [...crypto.libraries, "-lm", "-lpthread"],
		bits,
		get stamp() { return createHash("sha256").update(JSON.stringify([this.engine, ENGINE_UNCHECKED, this.own, this.link, this.libraries])).digest("hex"); },
	};
}

const engineUnits = (folder, flags) => readdirSync(join(ENGINE, "sources"))
	.filter(name => name.endsWith(".c") && !ENGINE_LEFT_OUT.includes(name))
	.map(name => ({ source: join(ENGINE, "sources", name), object: join(folder, name.replace(/\.c$/, ".o")), own: false,
		flags: ENGINE_UNCHECKED.includes(name) ? [...flags.engine, "-fno-sanitize=all"] : flags.engine }));

const hostUnits = (folder, flags) => hostSources()
	.map(source => ({ source, object: join(folder, relative(root, source).replaceAll("/", "-").replace(/\.c$/, ".o")), flags: flags.own, own: true }));

const hostSources = () => NATIVE_FOLDERS.flatMap(folder => listFolder(join(root, folder)).filter(name => name.endsWith(".c")).sort().map(name => join(root, folder, name)));
const headersOf = folder => listFolder(folder).filter(name => name.endsWith(".h")).map(name => join(folder, name));
const listFolder = folder => existsSync(folder) ? readdirSync(folder) : [];
const modified = path => existsSync(path) ? statSync(path).mtimeMs : 0;
const newest = paths => paths.reduce((latest, path) => Math.max(latest, modified(path)), 0);

// Lists the functions that native() and Native() may name: see hal/system/zonal-port.h for the form.
function writeNativesTable(folder) {
	const names = new Map();
	for (const source of hostSources()) {
		for (const [, name, parameter] of readFileSync(source, "utf8").matchAll(/^void (xs_[a-z0-9_]+)\((xsMachine ?\* ?the|txMachine ?\* ?the|void ?\* ?\w+)\)\s*\{/gm)) {
			if (names.has(name))
				throw new Error(`${relative(root, source)} defines ${name} a second time`);
			names.set(name, parameter.startsWith("void") ? "ZONAL_DESTRUCTOR" : "ZONAL_NATIVE");
		}
	}
	const lines = [...names].sort(([a], [b]) => a < b ? -1 : 1).map(([name, macro]) => `${macro}(${name})`);
	const text = `/* scripts/xs.mjs wrote this from the C files of ${NATIVE_FOLDERS.join(", ")}. */\n${lines.join("\n")}\n`;
	const path = join(folder, "natives-table.h");
	if (!existsSync(path) || readFileSync(path, "utf8") !== text)
		writeFileSync(path, text);
	return path;
}

/* The compiler and libraries */

function checkCompiler({ bits, own }) {
	if (spawnSync("cc", ["--version"]).error)
		throw new MissingError("no C compiler (cc). On Debian: apt-get install gcc libc6-dev libmbedtls-dev");
	const includes = bits === 32 ? "#include <stdio.h>\n" : "#include <stdio.h>\n#include <psa/crypto.h>\n";
	const trial = spawnSync("cc", [...own, "-Wno-error", "-x", "c", "-", "-o", "/dev/null"], { input: `${includes}int main(void) { return 0; }\n`, encoding: "utf8" });
	if (trial.status === 0)
		return;
	if (trial.stderr.includes("psa/crypto.h"))
		throw new MissingError("the Mbed TLS library is missing. On Debian: apt-get install libmbedtls-dev");
	throw new MissingError(bits === 32
		? `cc cannot make 32-bit programs. On Debian: apt-get install gcc-multilib\n${trial.stderr}`
		: `cc does not work. On Debian: apt-get install gcc libc6-dev\n${trial.stderr}`);
}

function cryptoLibrary(bits) {
	if (bits === 64)
		return { includes: [], libraries: ["-l:libmbedcrypto.a"] };
	const folder = join(root, ".zonal/i386");
	let library = findFile(folder, "libmbedcrypto.a");
	if (!library) {
		fetchI386(folder);
		library = findFile(folder, "libmbedcrypto.a");
		if (!library)
			throw new MissingError(`libmbedtls-dev:i386 holds no libmbedcrypto.a (looked in ${folder})`);
	}
	return { includes: [join(folder, "usr/include")], libraries: [library] };
}

// A private copy of Debian's 32-bit library: no foreign architecture is added to the machine.
function fetchI386(folder) {
	const apt = join(folder, "apt");
	for (const name of ["lists/partial", "cache/archives/partial", "state"])
		mkdirSync(join(apt, name), { recursive: true });
	writeFileSync(join(apt, "status"), "");
	const options = ["APT::Architecture=i386", "APT::Architectures=i386", `Dir::State=${apt}/state`, `Dir::State::lists=${apt}/lists`, `Dir::State::status=${apt}/status`,
		`Dir::Cache=${apt}/cache`, "APT::Sandbox::User=", "Acquire::Languages=none"].flatMap(option => ["-o", option]);
	const attempt = (command, parameters) => {
		const { status, stdout, stderr, error } = spawnSync(command, parameters, { cwd: folder, encoding: "utf8" });
		return error ? error.message : status === 0 ? "" : `${parameters.at(-2)} ${parameters.at(-1)}: ${stderr}${stdout}`;
	};
	// One index of several may be out of step; whether that matters shows when the package is fetched.
	const updated = attempt("apt-get", [...options, "-q", "update"]);
	const fetched = attempt("apt-get", [...options, "-q", "download", "libmbedtls-dev"]);
	if (fetched)
		throw new MissingError(`the 32-bit Mbed TLS library cannot be fetched with apt-get: ${[fetched, updated].filter(Boolean).join("\n")}`);
	for (const name of readdirSync(folder).filter(name => name.endsWith(".deb")))
		if (attempt("dpkg", ["-x", name, "."]))
			throw new Error(`dpkg cannot unpack ${join(folder, name)}`);
	rmSync(apt, { recursive: true, force: true });
}

function findFile(folder, name) {
	for (const entry of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []) {
		const path = join(folder, entry.name);
		const found = entry.isDirectory() ? findFile(path, name) : entry.name === name ? path : undefined;
		if (found)
			return found;
	}
	return undefined;
}

// Under another name first: the file may be in use, or another build may be under way.
async function compile(parameters, target) {
	const temporary = `${target}.${process.pid}`;
	try {
		await run([...parameters, "-o", temporary]);
		renameSync(temporary, target);
	}
	finally {
		rmSync(temporary, { force: true });
	}
}

function run(parameters) {
	return new Promise((resolve, reject) => {
		let text = "";
		const child = spawn("cc", parameters, { stdio: ["ignore", "pipe", "pipe"] });
		child.stdout.on("data", data => { text += data; });
		child.stderr.on("data", data => { text += data; });
		child.on("error", error => reject(new MissingError(`cc: ${error.message}`)));
		child.on("close", status => status === 0 ? resolve() : reject(new Error(`${basename(parameters.find(name => name.endsWith(".c")) ?? "link")} does not compile:\n${text}`)));
	});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const at = process.argv.indexOf("--bits");
	const started = Date.now();
	try {
		const path = await buildEngine({
			bits: at > 0 ? Number(process.argv[at + 1]) : 64,
			sanitize: process.argv.includes("--sanitize"),
			progress: (done, total, name) => process.stdout.write(process.stdout.isTTY ? `\r\x1b[Kxs: ${done}/${total} ${name}` : ""),
		});
		console.log(`${process.stdout.isTTY ? "\r\x1b[K" : ""}xs: ${relative(root, path)} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
	}
	catch (error) {
		console.error(`xs: ${error.message}`);
		process.exitCode = 1;
	}
}
