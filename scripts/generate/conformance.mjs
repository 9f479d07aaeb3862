// Writes the tables of docs/conformance.md: what each specification asks, where it is met and which specs hold it. From the
// identifiers in comments and in the specs, and from scripts/generate/conformance/. By hand: node scripts/generate/conformance.mjs
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../build.mjs";

const PAGE = join(root, "docs/conformance.md");
/** Above it the page is written by hand. */
export const MARKER = "<!-- scripts/generate/conformance.mjs wrote what follows; above, every deviation by hand -->\n";
const LIST = join(root, "scripts/generate/conformance/open-someip.txt");
const CODE = "firmware/someip/", SPECS = "host-tests/someip/";

// An id, and those that follow it in short: "feat_req_someip_649, _677 and _700", "feat_req_someip_62…_81".
const SOMEIP = /feat_req_(someip[a-z]*)_(\d+)((?:(?:,(?:\s|\*|\/\/)*|\s+and\s+|…)_\d+)*)/g;
const SHORT = /(…)?_(\d+)/g;
// "RFC 9000 §19.3", "MQTT 5.0 §3.3.2.3", and sections that follow in short.
const SECTION = /((?:RFC \d+|MQTT 5\.0|MQTT 3\.1\.1)) §((?:[A-Z]|\d+)(?:\.\d+)*)((?:(?:,|\s+and|…)\s*§?(?:[A-Z]\.)?\d+(?:\.\d+)+)*)/g;

/** Paths of the TypeScript and C files below a folder. */
export function* sources(folder) {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory())
			yield* sources(path);
		else if (/\.(ts|c|h)$/.test(entry.name))
			yield path;
	}
}

const files = tops => tops.flatMap(top => [...sources(join(root, top))]).map(path => ({ name: relative(root, path), text: readFileSync(path, "utf8") }));

function readList() {
	const requirements = new Map();
	let prefix = "", part = { title: "", code: [], specs: [] };
	for (const line of readFileSync(LIST, "utf8").split("\n")) {
		if (line.startsWith("@"))
			prefix = line.slice(2);
		else if (line.startsWith("=")) {
			const [title, code, specs] = line.slice(2).split("|").map(text => text.trim());
			part = { title, code: paths(code, CODE), specs: paths(specs, SPECS) };
		}
		else if (/^\d/.test(line)) {
			const [left, missing] = line.split(" ! "), [number, ...words] = left.split(" | ")[0].split(" "), own = left.split(" | ")[1];
			requirements.set(`${prefix}_${number}`, {
				part, words: words.join(" "), missing, code: own === undefined ? part.code : paths(own.split("|")[0].trim(), CODE),
				specs: left.split(" | ")[2] === undefined ? part.specs : paths(left.split(" | ")[2], SPECS),
			});
		}
	}
	return requirements;
}

const paths = (text, folder) => text === "" ? [] : text.split(",").map(name => folder + name.trim());

/** Id → names of the files that cite it. */
function citations(all, requirements) {
	const found = new Map(), note = (id, name) => found.set(id, (found.get(id) ?? new Set()).add(name));
	for (const { name, text } of all)
		for (const [, kind, first, rest] of text.matchAll(SOMEIP)) {
			note(`feat_req_${kind}_${first}`, name);
			let last = Number(first);
			for (const [, range, number] of rest.matchAll(SHORT)) {
				for (let id = range ? last + 1 : Number(number); id <= Number(number); id++)
					if (requirements.has(`feat_req_${kind}_${id}`) || id === Number(number))
						note(`feat_req_${kind}_${id}`, name);
				last = Number(number);
			}
		}
	return found;
}

const short = name => name.replace(/^firmware\//, "").replace(/^host-tests\//, "").replace(/\.test\.ts$|\.ts$/, "");
const list = names => [...names].sort().map(name => `\`${short(name)}\``).join(", ");

function someipTable(code, specs) {
	const requirements = readList(), inCode = citations(code, requirements), inSpecs = citations(specs, requirements);
	const deviations = new Set(code.flatMap(({ text }) => [...text.matchAll(/Exception: (feat_req_\w+_\d+)/g)].map(([, id]) => id)));
	const lines = [], counts = { met: 0, deviating: 0, not: 0 };
	let part;
	for (const [id, requirement] of requirements) {
		if (requirement.part !== part) {
			part = requirement.part;
			lines.push(`| **${part.title}** | | | |`);
		}
		const where = inCode.get(id), by = inSpecs.get(id);
		if (deviations.has(id)) {
			counts.deviating++;
			lines.push(`| ${id} | ${requirement.words} | deviates, see above: ${list(where)} | ${by ? list(by) : ""} |`);
		}
		else if (requirement.missing !== undefined) {
			counts.not++;
			lines.push(`| ${id} | ${requirement.words} | not covered: ${requirement.missing} | |`);
		}
		else {
			counts.met++;
			lines.push(`| ${id} | ${requirement.words} | ${where ? list(where) : `(${list(requirement.code)})`} | ${by ? list(by) : `(${list(requirement.specs)})`} |`);
		}
	}
	return { lines, counts, unknown: [...inCode.keys(), ...inSpecs.keys()].filter(id => !requirements.has(id)) };
}

/** The sections of RFCs and of MQTT that comments and specs name. */
function sectionTable(code, specs) {
	const rows = new Map();
	for (const [side, all] of [["code", code], ["specs", specs]])
		for (const { name, text } of all)
			for (const [, document, first, rest] of text.matchAll(SECTION))
				for (const section of [first, ...rest.match(/(?:[A-Z]\.)?\d+(?:\.\d+)+/g) ?? []]) {
					const key = `${document} §${section}`;
					if (!rows.has(key))
						rows.set(key, { code: new Set(), specs: new Set() });
					rows.get(key)[side].add(name);
				}
	const order = key => key.replace(/\d+/g, digits => digits.padStart(6, "0"));
	return [...rows].sort(([a], [b]) => order(a) < order(b) ? -1 : 1).map(([key, row]) => `| ${key} | ${list(row.code)} | ${list(row.specs)} |`);
}

/** The page as it is to be, and what is wrong with the list. */
export function conformancePage() {
	const code = files(["firmware", "hal"]), specs = files(["host-tests"]);
	const before = readFileSync(PAGE, "utf8"), end = before.indexOf(MARKER), hand = end < 0 ? `${before.trimEnd()}\n\n` : before.slice(0, end);
	const { lines, counts } = someipTable(code, specs);
	const faults = [...readList().values()].flatMap(({ code, specs }) => [...code, ...specs]).filter((name, i, all) => all.indexOf(name) === i && !existsSync(join(root, name)))
		.map(name => `scripts/generate/conformance/open-someip.txt: there is no ${name}`);
	return { faults, text: `${hand}${MARKER}
# Open SOME/IP Specification

Its ${counts.met + counts.deviating + counts.not} requirements in a few words of ours: ${counts.met} are met, ${counts.deviating} deviated from, ${counts.not} not covered. Where
comments and specs name a requirement, those files stand here; in parentheses, where they do not, those of its part of the specification.
Paths of code are seen from \`firmware/\`, those of specs from \`host-tests/\`.

| requirement | what it is about | code | specs |
|---|---|---|---|
${lines.join("\n")}

# RFCs and MQTT

The sections that comments and specs name.

| section | code | specs |
|---|---|---|
${sectionTable(code, specs).join("\n")}
` };
}

/** Returns a line where the page is not what the sources say. */
export function checkConformance() {
	const { faults, text } = conformancePage();
	return [...faults, ...text === readFileSync(PAGE, "utf8") ? [] : ["docs/conformance.md is not what the sources say: node scripts/generate/conformance.mjs"]];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { faults, text } = conformancePage();
	writeFileSync(PAGE, text);
	if (faults.length > 0)
		console.log(faults.join("\n"));
	process.exitCode = faults.length > 0 ? 1 : 0;
}
