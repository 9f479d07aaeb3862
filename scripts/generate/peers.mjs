// Writes docs/peers.md, what our client does with other implementations, from build/peers.json, which
// `npm test -- --only interop/peers --node` writes. Run: node scripts/generate/peers.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "../build.mjs";

await build(["host-tests/interop/peers"]);
const { FEATURES } = await import("../../build/host-tests/interop/peers/peer.js");
const seen = JSON.parse(readFileSync(join(root, "build/peers.json"), "utf8")), names = Object.keys(seen);
const notes = [];

function cell(text) {
	if (text === "yes")
		return "yes";
	const note = text.startsWith("yes: ") ? text.slice(5) : text;
	if (!notes.includes(note))
		notes.push(note);
	return `${text.startsWith("yes") ? "yes" : "–"} [${notes.indexOf(note) + 1}]`;
}

const line = cells => `| ${cells.join(" | ")} |`;
const rows = Object.entries(FEATURES).map(([key, title]) => line([title, ...names.map(name => cell(seen[name].features[key]))]));
writeFileSync(join(root, "docs/peers.md"), `<!-- scripts/generate/peers.mjs, from build/peers.json -->
# Other implementations

Our client against each of these servers on loopback, as \`host-tests/interop/peers.test.ts\` saw it: "yes" is a test that passed,
"–" is something that the peer cannot do, for the reason given below. QUIC v2 goes with aioquic (\`quic-v2.test.ts\`), where Python has that package,
and ECN with ngtcp2 on the XS engine (\`http3-ngtcp2.test.ts\`): Node's sockets have none.

${line(["", ...names])}
${line(names.map(() => "---").concat("---"))}
${line(["version", ...names.map(name => seen[name].version)])}
${rows.join("\n")}

${notes.map((note, i) => `${i + 1}. ${note}`).join("\n")}
`);
