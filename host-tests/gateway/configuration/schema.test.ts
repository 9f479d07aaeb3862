import { deepEqual, describe, ENGINE, equal, it, ok, readText } from "#test";
import { readConfiguration } from "../../../firmware/gateway/configuration/configuration.js";
import { CONFIGURATION, type Key } from "../../../firmware/gateway/configuration/table.js";
import { readValue } from "../../../firmware/gateway/configuration/values.js";
import { encodeUtf8 } from "../../../firmware/wire/utf8.js";
import { schemaText, splice } from "../../../scripts/generate/configuration-schema.js";

function forEachKey(keys: readonly Key[], visit: (key: Key) => void): void {
	for (const key of keys) {
		visit(key);
		forEachKey(key.keys ?? [], visit);
	}
}

describe("configuration schema", () => {
	it("is what docs/gateway.schema.json says (else run scripts/generate/schema.mjs)", () => {
		const written = readText("docs/gateway.schema.json")!;
		deepEqual(JSON.parse(written), JSON.parse(schemaText()));
		// XS lays an empty list out in another way; the generator runs on Node.
		ok(ENGINE !== "node" || written === schemaText());
	});

	it("is what the table in docs/configuration.md says", () => {
		const page = readText("docs/configuration.md")!;
		ok(page === splice(page));
	});

	it("has examples and defaults that the checker takes", () => {
		forEachKey(CONFIGURATION, key => {
			if (key.kind === "object" || key.kind === "list")
				return;
			readValue(key, JSON.parse(key.example));
			if (key.default !== undefined)
				readValue(key, key.default);
		});
	});

	it("has patterns that take the examples and the defaults", () => {
		const visit = (schema: any): void => {
			for (const name of Object.keys(schema.properties ?? {})) {
				const member = schema.properties[name];
				for (const value of [...member.examples ?? [], ...member.default === undefined ? [] : [member.default]])
					if (member.pattern !== undefined)
						ok(new RegExp(member.pattern).test(value), `${name}: ${value} against ${member.pattern}`);
				visit(member);
				visit(member.items ?? {});
			}
		};
		visit(JSON.parse(schemaText()));
	});

	it("stands beside an example in docs/configuration.md that the checker takes", () => {
		const page = readText("docs/configuration.md")!;
		const from = page.indexOf("```json\n") + 8;
		const example = readConfiguration(encodeUtf8(page.slice(from, page.indexOf("```", from))));
		equal(example.routes.length, 3);
		equal(example.routes[0]!.topic, "vehicle/ZNLDEM00000000001/someip/1234/0001/event/8001");
	});
});
