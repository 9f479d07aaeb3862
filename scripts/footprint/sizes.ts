/** What goes to flash: byte code by module, and the natives' machine code. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Folders of hal/ whose C files a board has as well; hal/linux is the PC's. */
const NATIVES = ["net", "crypto", "system", "storage"];

export interface Sizes {
	byteCodeBytes: { total: number, rooms: Record<string, number>, modules: Record<string, number> };
	/** Machine code and constants of the natives; beside them those of the engine and of the PC's host program. */
	nativeTextBytes: number;
	nativeText: Record<string, number>;
	engineTextBytes: number;
	hostTextBytes: number;
}

export async function measureSizes(engine: string): Promise<Sizes> {
	const { stdout } = await run(engine, ["--root", "build", "--entry", "firmware/main.js", "--sizes"]);
	const modules: Record<string, number> = JSON.parse(stdout), rooms: Record<string, number> = {};
	let total = 0;
	for (const [name, bytes] of Object.entries(modules)) {
		const [top, room] = name.split("/"), key = room!.includes(".") ? top! : `${top}/${room}`;
		rooms[key] = (rooms[key] ?? 0) + bytes;
		total += bytes;
	}
	const folder = dirname(engine), objects = readdirSync(folder).filter(name => name.endsWith(".o"));
	const text = await textOf(objects.map(name => join(folder, name)));
	const sum = (matches: (name: string) => boolean) => objects.reduce((bytes, name, i) => bytes + (matches(name) ? text[i]! : 0), 0);
	const nativeText = Object.fromEntries(NATIVES.map(room => [`hal/${room}`, sum(name => name.startsWith(`hal-${room}-`))]));
	return {
		byteCodeBytes: { total, rooms, modules },
		nativeTextBytes: Object.values(nativeText).reduce((a, b) => a + b), nativeText,
		engineTextBytes: sum(name => !name.startsWith("hal-")), hostTextBytes: sum(name => name.startsWith("hal-linux-")),
	};
}

// GNU size's first column: code and constants.
async function textOf(paths: readonly string[]): Promise<number[]> {
	const { stdout } = await run("size", [...paths]);
	return stdout.trim().split("\n").slice(1).map(line => Number(line.trim().split(/\s+/)[0]));
}
