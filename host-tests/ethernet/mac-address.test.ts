import { describe, equal, hex, it, throws } from "#test";
import { macAddressText, parseMacAddress } from "../../hal/ethernet/mac-address.js";

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
