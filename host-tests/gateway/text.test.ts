import { deepEqual, describe, it } from "#test";
import { encodeText, hex4, idPair } from "../../firmware/gateway/text.js";

describe("text", () => {
	it("writes ids as four lower-case hex digits", () => {
		deepEqual([hex4(0), hex4(0xabc), hex4(0xffff), idPair(0x1234, 1), idPair(1, 0xffff)], ["0000", "0abc", "ffff", "1234.0001", "0001.any"]);
	});

	it("encodes UTF-8", () => {
		deepEqual(Array.from(encodeText("aé€😀")), [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]);
	});
});
