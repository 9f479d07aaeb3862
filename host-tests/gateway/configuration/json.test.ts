import { deepEqual, describe, equal, it, throws, unhex } from "#test";
import { JsonError, parseJson } from "../../../firmware/gateway/configuration/json.js";
import { encodeUtf8 } from "../../../firmware/wire/utf8.js";

const parse = (text: string) => parseJson(encodeUtf8(text));
const plain = (text: string) => JSON.parse(JSON.stringify(parse(text)));

const GOOD = [
	"{}", "[]", " [ ] ", "null", "true", "false", "0", "-0.5e+3", "12", "\"\"", "\"a\"", "[1,2,[3]]",
	"{\"a\":1,\"b\":[true,null],\"c\":{\"d\":\"e\"}}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"", "\"é€😀\"",
	"{\r\n\t\"a\" : 1 ,\n\"b\" : 2 }",
];

const BAD: readonly (readonly [text: string, message: string])[] = [
	["", "line 1, column 1: the file ends where a value should be"],
	["{\n\t\"a\": 1,\n}", "line 3, column 1: a comma before } is one too many"],
	["[1, 2,]", "line 1, column 7: a comma before ] is one too many"],
	["{\"a\": 1 \"b\": 2}", "line 1, column 9: \" where , or } should be"],
	["{\"a\" 1}", "line 1, column 6: 1 where : after \"a\" should be"],
	["{a: 1}", "line 1, column 2: a where a key in double quotes should be"],
	["{\"a\": 1, \"a\": 2}", "line 1, column 10: the key \"a\" is there twice; remove one"],
	["{ // no\n}", "line 1, column 3: JSON has no comments; remove it"],
	["[1", "line 1, column 3: the file ends where , or ] should be"],
	["\"é\\x\"", "line 1, column 3: an unknown escape; write \\\\ for a backslash"],
	["\"a\nb\"", "line 1, column 1: the text that begins here has no closing quote"],
	["\"a", "line 1, column 1: the text that begins here has no closing quote"],
	["\"\\u12g4\"", "line 1, column 2: \\u wants four hex digits"],
	["\"\\ud83d\"", "line 1, column 2: half of a surrogate pair"],
	["01", "line 1, column 1: 01 is not a number"],
	["1.", "line 1, column 1: 1. is not a number"],
	["1e999", "line 1, column 1: 1e999 is not a number"],
	["0x10", "line 1, column 1: JSON has no hex numbers; write it as text: \"0x…\""],
	["tru", "line 1, column 1: t where a value should be"],
	["{} x", "line 1, column 4: text after the end of the configuration"],
	["[[[[[1]]]]]", "line 1, column 5: nested deeper than 4"],
];

describe("json", () => {
	for (const text of GOOD)
		it(`reads ${JSON.stringify(text)} as JSON.parse does`, () => deepEqual(plain(text), JSON.parse(text)));

	for (const [text, message] of BAD)
		it(`refuses ${JSON.stringify(text)} and says where`, () => {
			const error = throws(() => parse(text));
			equal(error.message, message);
			equal(error instanceof JsonError, true);
		});

	it("passes a byte order mark over", () => equal(parseJson(unhex("efbbbf 31")), 1));

	it("refuses bytes that are not UTF-8", () => {
		for (const bytes of ["22ff22", "22c022", "22c08022", "22e0808022", "22eda08022", "22f490808022", "22e28222", "22c3"])
			throws(() => parseJson(unhex(bytes)), "not UTF-8");
	});

	it("takes __proto__ for a key like any other", () => {
		deepEqual(Object.keys(parse("{\"__proto__\": {\"a\": 1}}") as object), ["__proto__"]);
	});

	it("refuses every truncation of a configuration", () => {
		const bytes = encodeUtf8("{\"a\":[1,{\"b\":\"é\\u00e9\"},true],\"c\":null}");
		for (let length = 0; length < bytes.length; length++)
			equal(throws(() => parseJson(bytes.slice(0, length))) instanceof JsonError, true);
	});
});
