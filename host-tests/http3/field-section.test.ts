import { deepEqual, describe, equal, it, ok, throws, unhex } from "#test";
import { HTTP3_FIELD_SECTION_MAX } from "../../firmware/config.js";
import { Http3Error, QPACK_DECOMPRESSION_FAILED } from "../../firmware/http3/error-code.js";
import { FieldSectionReader, writeFieldSection } from "../../firmware/http3/field-section.js";
import { HuffmanDecoder } from "../../firmware/http3/huffman.js";
import { STATIC_TABLE } from "../../firmware/http3/static-table.js";

const reader = () => new FieldSectionReader(new HuffmanDecoder());
const read = (bytes: Uint8Array) => reader().read(bytes, 0, bytes.length);

const FIELDS = [":method", "GET", ":scheme", "https", ":authority", "broker.example:4433", ":path", "/firmware/1.bin", "accept", "*/*",
	"authorization", "Bearer abc", "x-vin", "ZNLDEM00000000001", "x-a-rather-long-name-that-needs-two-bytes-of-length", "v".repeat(300)];

describe("http3: field sections", () => {
	it("writes static entries as indices and reads back what it wrote", () => {
		const into = new Uint8Array(2000), end = writeFieldSection(into, 0, FIELDS);
		deepEqual([...into.subarray(0, 5)], [0, 0, 0xd1, 0xd7, 0x50], "GET, https and the name :authority");
		deepEqual(read(into.slice(0, end)), FIELDS);
		equal(writeFieldSection(new Uint8Array(40), 0, FIELDS), -1, "no room");
	});

	it("marks secrets as never to be indexed", () => {
		const into = new Uint8Array(100);
		writeFieldSection(into, 0, ["authorization", "x"]);
		equal(into[2]! & 0xf0, 0x70);
	});

	it("has the static table of RFC 9204", () => {
		equal(STATIC_TABLE.length, 99 * 2);
		for (const [index, name, value] of [[0, ":authority", ""], [17, ":method", "GET"], [25, ":status", "200"], [31, "accept-encoding", "gzip, deflate, br"],
			[46, "content-type", "application/json"], [63, ":status", "100"], [83, "alt-svc", "clear"], [98, "x-frame-options", "sameorigin"]] as const)
			deepEqual([STATIC_TABLE[index * 2], STATIC_TABLE[index * 2 + 1]], [name, value], `entry ${index}`);
	});

	it("reads every form that a server may use", () => {
		// RFC 9204, Appendix B.1: a literal field with a name of the static table.
		deepEqual(read(unhex("0000510b2f696e6465782e68746d6c")), [":path", "/index.html"]);
		deepEqual(read(unhex("0000d9")), [":status", "200"]);
		deepEqual(read(unhex("00002f0125a849e95ba97d7f8925a849e95bb8e8b4bf")), ["custom-key", "custom-value"], "Huffman's code in both");
		deepEqual(read(unhex("00002361626300")), ["abc", ""], "literal name of three letters, empty value");
	});

	it("refuses what needs a dynamic table, is cut or too large", () => {
		for (const [what, bytes] of [["insert count", "0100"], ["post-base index", "000010"], ["post-base name", "00000061"], ["dynamic index", "000080"], ["dynamic name", "00004061"],
			["static index 99", "0000ff24"], ["cut prefix", "00"], ["nothing", ""], ["cut name", "000027"], ["name beyond the end", "00002361"], ["no value", "000051"], ["value beyond the end", "0000510b2f"],
			["endless integer", "0000ffffffffffffffffffff7f"], ["wrong Huffman code", "0000518100"]] as const) {
			const error = throws(() => read(unhex(bytes)), "field section") as Http3Error;
			equal(error.code, QPACK_DECOMPRESSION_FAILED, what);
		}
	});

	it("gives up on fields that are larger than it announced", () => {
		const into = new Uint8Array(2 * HTTP3_FIELD_SECTION_MAX), many = [];
		for (let i = 0; i < HTTP3_FIELD_SECTION_MAX / 32; i++)
			many.push("a", "");
		equal(read(into.slice(0, writeFieldSection(into, 0, many))), undefined);
		equal(read(into.slice(0, writeFieldSection(into, 0, ["a", "b".repeat(HTTP3_FIELD_SECTION_MAX)]))), undefined);
	});

	it("throws nothing but its own error at every truncation", () => {
		const into = new Uint8Array(2000), end = writeFieldSection(into, 0, FIELDS);
		for (let cut = 0; cut < end; cut++) {
			try {
				ok(read(into.slice(0, cut))!.length < FIELDS.length, `cut at ${cut}`);
			}
			catch (error) {
				ok(error instanceof Http3Error, `cut at ${cut}: ${error}`);
			}
		}
	});
});
