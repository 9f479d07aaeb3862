// What a board's firmware takes of flash and RAM, part by part, from what the SDK's tools made.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { listedNatives } from "./manifests.mjs";

const SLOT_BYTES = 16;
// One pointer for each preloaded object that code could still change.
const ALIAS_BYTES = 4;
const ATOM_HEADER = 8;

/** Lines of the report. `folder`: where mcconfig works; `creation`: of the board's manifest. */
export function report(folder, creation) {
	const { code, slots, aliases, modules } = linked(join(folder, "mc.xs.c"));
	const natives = nativeSizes(folder);
	const rows = [
		["byte code", code, 0, [...byRoom(join(folder, "modules"), modules)].sort((a, b) => b[1] - a[1]).map(([room, bytes]) => `${room} ${bytes}`).join(", ")],
		["preloaded machine", slots * SLOT_BYTES, 0, `${slots} slots of ${SLOT_BYTES} bytes, the language's and the SDK's with them`],
		["aliases", 0, aliases * ALIAS_BYTES, `${aliases} preloaded objects that could still be changed`],
		["arena", 0, arenaBytes(creation), arenaText(creation)],
		natives === undefined ? ["natives", undefined, undefined, "not compiled: that takes ESP-IDF"] : ["natives", natives.flash, natives.ram, `${natives.count} files of hal/`],
	];
	const cell = (value, width) => (value === undefined ? "?" : value === 0 ? "-" : String(value)).padStart(width);
	return [`${"".padEnd(18)} ${"flash".padStart(8)} ${"RAM".padStart(8)}`, ...rows.map(([part, flash, ram, text]) => `${part.padEnd(18)} ${cell(flash, 8)} ${cell(ram, 8)}  ${text}`)];
}

/** What xsl wrote as C: byte code as string literals (or arrays, where a module is not preloaded), and slots. */
function linked(path) {
	const text = readFileSync(path, "utf8");
	let code = 0;
	for (const [, bytes] of text.matchAll(/^static const txU1 gxCode\d+\[(\d+)\];/gm))
		code += Number(bytes);
	for (const [, literal] of text.matchAll(/\.code = \{ \(txByte\*\)"((?:[^"\\]|\\.)*)"/g))
		code += literal.replace(/\\(?:x[0-9a-f]{2}|[0-7]{1,3}|.)/g, "-").length;
	const modules = [...text.matchAll(/^\t\{ NULL, NULL, 0, .*, 0, "([^"]+)", \{ XS_MAJOR_VERSION/gm)].map(([, name]) => name);
	return { code, modules, slots: Number(/^#define mxHeapCount (\d+)/m.exec(text)[1]), aliases: Number(/^#define mxAliasCount (\d+)/m.exec(text)[1]) };
}

/** Bytes of byte code as xsc made it, by room; xsl leaves some of it out. */
function byRoom(folder, modules) {
	const rooms = new Map();
	for (const module of modules) {
		const [top, room, rest] = module.split("/"), path = join(folder, `${module}.xsb`);
		const name = top === "hal" ? "hal" : top !== "firmware" ? "SDK" : rest === undefined ? "entry" : room;
		rooms.set(name, (rooms.get(name) ?? 0) + (existsSync(path) ? codeBytes(readFileSync(path)) : 0));
	}
	return rooms;
}

// An archive of atoms: length, four letters, content.
function codeBytes(archive) {
	for (let at = ATOM_HEADER; at + ATOM_HEADER <= archive.length; at += archive.readUInt32BE(at)) {
		const length = archive.readUInt32BE(at);
		if (archive.toString("latin1", at + 4, at + 8) === "CODE")
			return length - ATOM_HEADER;
		if (length < ATOM_HEADER)
			break;
	}
	return 0;
}

const arenaBytes = ({ static: block, chunk, heap, stack }) => (block > 0 ? block : chunk.initial + heap.initial * SLOT_BYTES) + (block > 0 ? 0 : stack * SLOT_BYTES);

const arenaText = ({ static: block, chunk, heap, stack }) => block > 0
	? `one block for chunks, slots and ${stack} slots of stack`
	: `${chunk.initial} of chunks, ${heap.initial} slots, ${stack} slots of stack`;

/** Sums of our objects, where mcconfig compiled them; undefined where it did not, or where nothing reads them. */
function nativeSizes(folder) {
	const objects = listedNatives().filter(path => path.endsWith(".c")).map(path => join(folder, `${basename(path)}.o`)).filter(existsSync);
	if (objects.length === 0)
		return undefined;
	const { stdout, status } = spawnSync(sizeTool(folder), ["-t", ...objects], { encoding: "utf8" });
	const totals = /^\s*(\d+)\s+(\d+)\s+(\d+).*\(TOTALS\)$/m.exec(stdout ?? "");
	if (status !== 0 || !totals)
		return undefined;
	const [text, data, bss] = totals.slice(1).map(Number);
	return { flash: text + data, ram: data + bss, count: objects.length };
}

function sizeTool(folder) {
	const chip = /^ESP32_SUBCLASS = (.*)$/m.exec(readFileSync(join(folder, "makefile"), "utf8"))?.[1] ?? "esp32";
	return `${/^esp32(s\d)?$/.test(chip) ? `xtensa-${chip}` : "riscv32-esp"}-elf-size`;
}

/** Bytes of a file; -1 where there is none. */
export const fileBytes = path => existsSync(path) ? statSync(path).size : -1;
