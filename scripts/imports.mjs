// Checks that imports point down through the rooms (docs/architecture.md) and that firmware/ knows no platform.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./build.mjs";

/** Room → rooms it may import, beside itself. Everybody may read firmware/config.ts. */
const MAY = {
	ports: [],
	wire: ["ports"],
	someip: ["wire", "ports"],
	tls: ["wire", "ports"],
	quic: ["tls", "wire", "ports"],
	http3: ["quic", "wire", "ports"],
	mqtt: ["wire", "ports"],
	uplink: ["mqtt", "quic", "tls", "wire", "ports"],
	sntp: ["wire", "ports"],
	update: ["wire", "ports"],
	console: ["wire", "ports"],
	gateway: ["console", "http3", "sntp", "someip", "update", "uplink", "wire", "ports"],
	examples: ["gateway", "someip", "wire", "ports"],
};
const IMPORT = /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

function* files(folder) {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory())
			yield* files(path);
		else if (entry.name.endsWith(".ts"))
			yield path;
	}
}

/** Why `file` may not import `specifier`, or undefined. Paths from the project's folder, with slashes. */
export function objection(file, specifier) {
	const [top, room, ...rest] = file.split("/");
	const isMain = file === "firmware/main.ts" || file === "firmware/main-esp32.ts" || file === "firmware/main-example.ts" || file === "firmware/main-get.ts";
	if (!specifier.startsWith(".")) {
		if (top === "firmware")
			return "firmware/ knows no package and no platform module";
		return file.startsWith("hal/node/") && specifier.startsWith("node:") || specifier.startsWith("embedded:")
			? undefined : "hal/ imports only firmware/ports, firmware/wire and its platform";
	}
	const target = relative(root, resolve(root, dirname(file), specifier)).split("\\").join("/");
	const [targetTop, targetRoom] = target.split("/");
	if (top === "hal")
		return targetTop === "hal" || /^firmware\/(ports|wire)\//.test(target) || target === "firmware/config.js"
			? undefined : "hal/ imports only firmware/ports, firmware/wire and its platform";
	if (isMain || target === "firmware/config.js")
		return undefined;
	if (targetTop !== "firmware")
		return "only firmware/main*.ts import the hal";
	if (rest.length === 0)
		return undefined;
	if (!(room in MAY))
		return `room ${room} is not in the table of scripts/imports.mjs`;
	return targetRoom === room || MAY[room].includes(targetRoom) ? undefined : `${room}/ may import only ${MAY[room].join(", ") || "itself"}`;
}

/** Returns a line for each import that points the wrong way. */
export function checkImports() {
	const lines = [];
	for (const top of ["firmware", "hal"])
		for (const path of files(join(root, top))) {
			const file = relative(root, path).split("\\").join("/");
			for (const [, from, bare, dynamic] of readFileSync(path, "utf8").matchAll(IMPORT)) {
				const specifier = from ?? bare ?? dynamic;
				const why = objection(file, specifier);
				if (why)
					lines.push(`${file} imports "${specifier}": ${why}`);
			}
		}
	return lines;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const lines = checkImports();
	console.log(lines.length ? lines.join("\n") : "imports: all point down");
	process.exitCode = lines.length ? 1 : 0;
}
