import { deepEqual, describe, equal, it } from "#test";
import { addressText, encodeText, hex4, idPair, isNetmask, parseAddress, parseDecimal } from "../../firmware/gateway/text.js";

describe("text", () => {
	it("writes ids as four lower-case hex digits", () => {
		deepEqual([hex4(0), hex4(0xabc), hex4(0xffff), idPair(0x1234, 1), idPair(1, 0xffff)], ["0000", "0abc", "ffff", "1234.0001", "0001.any"]);
	});

	it("reads and writes addresses both ways", () => {
		for (const [text, address] of [["0.0.0.0", 0], ["10.0.0.1", 0x0a000001], ["127.0.0.2", 0x7f000002], ["255.255.255.255", 0xffffffff]] as const) {
			equal(parseAddress(text), address);
			equal(addressText(address), text);
		}
	});

	it("refuses what is no address", () => {
		for (const text of ["", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "-1.2.3.4", "1.2.3.4e0", "0x1.2.3.4", "a.b.c.d"])
			equal(parseAddress(text), -1, text);
	});

	it("reads decimals up to a bound", () => {
		deepEqual(["0", "65535", "65536", "", "00", "1a", "99999999999"].map(text => parseDecimal(text, 65535)), [0, 65535, -1, -1, -1, -1, -1]);
	});

	it("knows netmasks", () => {
		deepEqual([0xffffff00, 0xffffffff, 0x80000000, 0xfffffffe, 0, 0xff00ff00, 0x00ffffff].map(isNetmask), [true, true, true, true, false, false, false]);
	});

	it("encodes UTF-8", () => {
		deepEqual(Array.from(encodeText("aé€😀")), [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]);
	});
});
