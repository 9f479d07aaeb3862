import { deepEqual, describe, equal, it } from "#test";
import { addressText, endpointText, isHostAddress, isMulticast, isNetmask, parseAddress } from "../../firmware/wire/ipv4-address.js";

describe("IPv4 address", () => {
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

	it("knows netmasks", () => {
		deepEqual([0xffffff00, 0xffffffff, 0x80000000, 0xfffffffe, 0, 0xff00ff00, 0x00ffffff].map(isNetmask), [true, true, true, true, false, false, false]);
	});

	it("knows groups, and what no host can have", () => {
		const addresses = ["0.0.0.1", "10.0.0.1", "127.0.0.1", "223.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.1", "255.255.255.255"].map(parseAddress);
		deepEqual(addresses.map(isMulticast), [false, false, false, false, true, true, false, false]);
		deepEqual(addresses.map(isHostAddress), [false, true, true, true, false, false, false, false]);
		equal(endpointText(0xc0a80001, 65535), "192.168.0.1:65535");
	});
});
