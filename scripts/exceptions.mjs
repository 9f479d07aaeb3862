// Every `Exception: RULE: …` in the code has its row in docs/conformance.md, and every row its mark.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { MARKER, sources } from "./generate/conformance.mjs";

const MARK = /Exception: (feat_req_\w+|RFC \d+ §\d+(?:\.\d+)*|MQTT [\d.]+ §\d+(?:\.\d+)*)/g;

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
