import { describe, equal, hex, it, unhex } from "#test";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { addressOfText, ipv6Text, parseIpv6, textOfAddress } from "../../firmware/wire/ipv6-address.js";
import { Prng } from "../support/prng.js";

/** Bytes, the text of RFC 5952, and other texts of the same address. */
const ADDRESSES: readonly (readonly [bytes: string, text: string, ...others: string[]])[] = [
	["00000000000000000000000000000000", "::", "0:0:0:0:0:0:0:0", "0::0", "::0", "0::", "::0.0.0.0"],
	["00000000000000000000000000000001", "::1", "0:0:0:0:0:0:0:1", "0000::0001", "::0.0.0.1"],
	// RFC 4291 §2.2
	["abcdef0123456789abcdef0123456789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789", "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789"],
	["20010db80000000000080800200c417a", "2001:db8::8:800:200c:417a", "2001:DB8:0:0:8:800:200C:417A"],
	["ff010000000000000000000000000101", "ff01::101", "FF01:0:0:0:0:0:0:101"],
	["0000000000000000000000000d014403", "::d01:4403", "0:0:0:0:0:0:13.1.68.3", "::13.1.68.3"],
	["00000000000000000000ffff81903426", "::ffff:129.144.52.38", "0:0:0:0:0:FFFF:129.144.52.38", "::ffff:8190:3426"],
	// RFC 5952 §1, §2, §4
	["20010db8000000000001000000000001", "2001:db8::1:0:0:1", "2001:db8:0:0:1::1", "2001:0db8::0001:0000:0000:0001", "2001:DB8:0:0:1::1"],
	["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1", "2001:db8::1:1:1:1:1"],
	["20010000000000010000000000000001", "2001:0:0:1::1"],
	["20010db8000000000001000000000000", "2001:db8:0:0:1::", "2001:db8::1:0:0:0"],
	["20010db8aaaabbbbccccddddeeee0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001"],
	["00000000000100000000000000000000", "0:0:1::"],
	["00010000000000000000000000000000", "1::", "1:0::"],
	["00000001000100010001000100010001", "0:1:1:1:1:1:1:1", "::1:1:1:1:1:1:1"],
	["00010001000100010001000100010000", "1:1:1:1:1:1:1:0", "1:1:1:1:1:1:1::"],
	["0064ff9b0000000000000000c0000221", "64:ff9b::c000:221", "64:ff9b::192.0.2.33"],
	["00000000000000000000ffff00000000", "::ffff:0.0.0.0"],
	["fe800000000000000000000000000000", "fe80::"],
	["00000000000000000001ffff01020304", "::1:ffff:102:304"],
];

const BAD = [
	"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1::2::3", "::1::", "1:::2", ":::1",
	"12345::", "::g", "::-1", "::+1", ":: 1", " ::1", "::1 ", "::0x1", "[::1]", "::1%eth0", "fe80::1%1", "::1/64", "1.2.3.4", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::01.2.3.4",
	"::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:1.2.3.4", "::é", "::/", "::@", "::`", "::ｆ",
	"1:2:3:4:5:6:7::8", ".::", "::.", "::1.", "::.1",
];

describe("IPv6 address", () => {
	it("reads and writes addresses both ways", () => {
		for (const [bytes, text, ...others] of ADDRESSES) {
			equal(ipv6Text(unhex(bytes), 0), text);
			for (const each of [text, ...others]) {
				const into = new Uint8Array(18).fill(0x77);
				equal(parseIpv6(each, into, 1), true, each);
				equal(hex(into), `77${bytes}77`, each);
			}
		}
	});

	it("refuses what is no address, and leaves the bytes alone", () => {
		const into = new Uint8Array(16).fill(3);
		for (const text of BAD)
			equal(parseIpv6(text, into, 0), false, text);
		equal(hex(into), "03".repeat(16));
	});

	it("reads what it wrote", () => {
		const prng = new Prng(6), bytes = new Uint8Array(16), back = new Uint8Array(16);
		for (let round = 0; round < 500; round++) {
			for (let i = 0; i < 16; i += 2) {
				const group = [0, 0, 0, 1, 0xffff, prng.below(65536)][prng.below(6)]!;
				bytes[i] = group >> 8;
				bytes[i + 1] = group;
			}
			const text = ipv6Text(bytes, 0);
			equal(parseIpv6(text, back, 0), true, text);
			equal(hex(back), hex(bytes), text);
		}
	});

	it("names the addresses of both families", () => {
		const table = new AddressTable(1);
		for (const text of ["10.0.0.1", "2001:db8::1"])
			equal(textOfAddress(addressOfText(text, table), table), text);
		equal(addressOfText("::ffff:10.0.0.1", table), 0x0a000001);
		equal(addressOfText("2001:db8::g", table), -1);
		equal(addressOfText("10.0.0", table), -1);
		const gone = addressOfText("2001:db8::1", table);
		addressOfText("2001:db8::2", table);
		equal(textOfAddress(gone, table), "?");
	});
});
