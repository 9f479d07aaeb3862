import { describe, equal, hex, it, throws } from "#test";
import { macAddressOf, macAddressText, parseMacAddress } from "../../hal/ethernet/mac-address.js";

describe("mac-address", () => {
	it("goes both ways", () => {
		for (const text of ["02:5a:4e:00:00:01", "fc:ff:ff:ff:ff:ff", "00:00:00:00:00:01"])
			equal(macAddressText(parseMacAddress(text)), text);
		equal(hex(parseMacAddress("AC:DE:48:00:11:22")), "acde48001122");
	});

	it("refuses what is none", () => {
		for (const text of ["", "02:5a:4e:00:00", "02:5a:4e:00:00:01:02", "2:5a:4e:00:00:01", "02-5a-4e-00-00-01", "0g:5a:4e:00:00:01", "02:5a:4e:00:00: 1", "@2:5a:4e:00:00:01"])
			throws(() => parseMacAddress(text), `MAC address "${text}": six pairs of hex digits with colons, as 02:5a:4e:00:00:01`);
	});

	it("refuses a group's address and none at all", () => {
		throws(() => parseMacAddress("01:00:5e:00:00:01"), "MAC address \"01:00:5e:00:00:01\" is a group's, not a station's");
		throws(() => parseMacAddress("ff:ff:ff:ff:ff:ff"), "is a group's");
		throws(() => parseMacAddress("00:00:00:00:00:00"), "is a group's");
	});
});

describe("MAC address in a file", () => {
	it("is text with or without an end of line; without a file there is none", () => {
		const file = (text: string) => Uint8Array.from([...text].map(character => character.charCodeAt(0)));
		equal(macAddressText(macAddressOf(file("02:5a:4e:00:00:01\n"))), "02:5a:4e:00:00:01");
		equal(macAddressText(macAddressOf(file(" 02:5A:4E:00:00:0f"))), "02:5a:4e:00:00:0f");
		equal(macAddressOf(undefined).length, 0);
		throws(() => macAddressOf(file("")), "MAC address \"\"");
		throws(() => macAddressOf(file("01:00:5e:00:00:01")), "a group's");
	});
});
