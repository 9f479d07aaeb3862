import { deepEqual, describe, it } from "#test";
import { hex4, idPair } from "../../firmware/gateway/text.js";

describe("text", () => {
	it("writes ids as four lower-case hex digits", () => {
		deepEqual([hex4(0), hex4(0xabc), hex4(0xffff), idPair(0x1234, 1), idPair(1, 0xffff)], ["0000", "0abc", "ffff", "1234.0001", "0001.any"]);
	});
});
