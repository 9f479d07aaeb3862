// Every `Exception: RULE: …` in the code has its row in docs/conformance.md, and every row its mark.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { MARKER } from "./generate/conformance.mjs";

const MARK = /Exception: (feat_req_\w+|RFC \d+ §\d+(?:\.\d+)*|MQTT [\d.]+ §\d+(?:\.\d+)*)/g;

function* sources(folder) {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory())
			yield* sources(path);
		else if (/\.(ts|c|h)$/.test(entry.name))
			yield path;
	}
}

/** Returns a line for each mark without a row and each row without a mark. */
export function checkExceptions() {
	const marks = new Set(["firmware", "hal", "scripts"].flatMap(top => [...sources(join(root, top))])
		.flatMap(path => [...readFileSync(path, "utf8").matchAll(MARK)].map(([, rule]) => rule)));
	const rows = new Set([...readFileSync(join(root, "docs/conformance.md"), "utf8").split(MARKER)[0].matchAll(/^\| ((?:feat_req|RFC|MQTT)[^|]*?) \|/gm)].map(([, rule]) => rule));
	return [
		...[...marks].filter(rule => !rows.has(rule)).map(rule => `${rule}: marked in the code, not in docs/conformance.md`),
		...[...rows].filter(rule => !marks.has(rule)).map(rule => `${rule}: in docs/conformance.md, marked nowhere`),
	];
}
