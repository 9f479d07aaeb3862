// `node scripts/generate/running.mjs`: runs the demo for some seconds and draws what it printed: docs/running.svg.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../build.mjs";

const WIDTH = 132, LINE = 17, CHARACTER = 7.8, MARGIN = 16;
const COLOURS = [[/^✔/, "#7ec699"], [/^board +W/, "#f0c674"], [/^board +E/, "#f08080"], [/^board/, "#d0d0d0"], [/^vehicle/, "#8ab4f8"],
	[/^(ca|broker) /, "#c3a6ff"], [/^ +link/, "#7ec699"]];

const { stdout, status } = spawnSync("node", ["scripts/start.mjs", "--seconds", "12"], { cwd: root, encoding: "utf8" });
if (status !== 0)
	throw new Error(`the demo ended with status ${status}:\n${stdout}`);
const lines = ["$ npm start -- --seconds 12", ...stdout.trimEnd().split("\n").filter(line => !/npm warn/.test(line))]
	.flatMap(line => line.match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [""]);
const escaped = text => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const colour = line => COLOURS.find(([pattern]) => pattern.test(line))?.[1] ?? "#ffffff";
const rows = lines.map((line, i) => `<text x="${MARGIN}" y="${MARGIN + 12 + i * LINE}" fill="${colour(line)}">${escaped(line)}</text>`);
const width = Math.ceil(WIDTH * CHARACTER + 2 * MARGIN), height = lines.length * LINE + 2 * MARGIN;
writeFileSync(join(root, "docs/running.svg"), `<!-- scripts/generate/running.mjs, from a run of npm start -->
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="#1e1e1e"/>
<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" xml:space="preserve">
${rows.join("\n")}
</g>
</svg>
`);
console.log(`docs/running.svg: ${lines.length} lines`);
