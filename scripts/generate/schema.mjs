// Writes docs/gateway.schema.json and the table of keys in docs/configuration.md from the table that the
// board's checker uses. Run it after a change of firmware/gateway/configuration/table.ts; a spec compares.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, root } from "../build.mjs";

await build(["firmware", "scripts"]);
const { schemaText, splice } = await import("../../build/scripts/generate/configuration-schema.js");
const reference = join(root, "docs/configuration.md");
writeFileSync(join(root, "docs/gateway.schema.json"), schemaText());
writeFileSync(reference, splice(readFileSync(reference, "utf8")));
console.log("docs/gateway.schema.json and docs/configuration.md are written");
