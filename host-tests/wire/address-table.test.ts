import { describe, equal, hex, it, ok, unhex } from "#test";
import { AddressTable, isIpv6 } from "../../firmware/wire/address-table.js";

/** 2001:db8::n */
function numbered(n: number): Uint8Array {
	const bytes = unhex("20010db8000000000000000000000000");
	bytes[14] = n >> 8;
	bytes[15] = n;
	return bytes;
}

describe("address table", () => {
	it("gives one address one Number, beyond all IPv4 addresses", () => {
		const table = new AddressTable(), one = table.intern(numbered(1), 0), other = table.intern(numbered(2), 0);
		ok(isIpv6(one) && isIpv6(other) && one !== other && one > 0xffffffff);
		ok(!isIpv6(0xffffffff) && !isIpv6(0));
		equal(table.intern(numbered(1), 0), one);
		equal(table.intern(numbered(2), 0), other);
	});

	it("reads and writes at an offset, and nothing beside it", () => {
		const table = new AddressTable(), padded = new Uint8Array(20).fill(0xee);
		padded.set(numbered(7), 2);
		const address = table.intern(padded, 2);
		equal(address, table.intern(numbered(7), 0));
		const into = new Uint8Array(20).fill(0x11);
		ok(table.write(address, into, 3));
		equal(hex(into), "111111" + hex(numbered(7)) + "11");
	});

	it("tells addresses apart that differ in one bit anywhere", () => {
		const table = new AddressTable(130), seen = new Set<number>([table.intern(numbered(5), 0)]);
		for (let bit = 0; bit < 128; bit++) {
			const bytes = numbered(5);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			seen.add(table.intern(bytes, 0));
		}
		equal(seen.size, 129);
	});

	it("gives IPv4-mapped addresses as IPv4, and only those", () => {
		const table = new AddressTable(2);
		equal(table.intern(unhex("00000000000000000000ffff c0000201"), 0), 0xc0000201);
		equal(table.intern(unhex("00000000000000000000ffff ffffffff"), 0), 0xffffffff);
		equal(table.intern(unhex("00000000000000000000ffff 00000000"), 0), 0);
		for (const text of ["000000000000000000000000 c0000201", "00000000000000000000fffe c0000201", "00000000000000000001ffff c0000201", "01000000000000000000ffff c0000201"])
			ok(isIpv6(table.intern(unhex(text), 0)), text);
	});

	it("knows :: as an address", () => {
		const table = new AddressTable(), any = table.intern(new Uint8Array(16), 0), into = new Uint8Array(16).fill(1);
		ok(isIpv6(any));
		equal(table.intern(new Uint8Array(16), 0), any);
		ok(table.write(any, into, 0));
		equal(hex(into), "00".repeat(16));
	});

	it("knows no Number that it did not give", () => {
		const table = new AddressTable(3), into = new Uint8Array(16).fill(9);
		const unknown = (address: number): void => {
			ok(!table.write(address, into, 0), `${address}`);
			equal(hex(into), "09".repeat(16));
		};
		for (const address of [0, 1, 0x7f000001, 0xffffffff, 2 ** 32, 2 ** 32 + 1, 2 ** 52, -1, NaN, 0.5])
			unknown(address);
		const address = table.intern(numbered(1), 0);
		for (const other of [0, 0x7f000001, address + 1, address - 1, NaN])
			unknown(other);
	});

	it("forgets the address that was used longest ago, and never gives its Number again", () => {
		const table = new AddressTable(3), into = new Uint8Array(16);
		const [one, two, three] = [1, 2, 3].map(n => table.intern(numbered(n), 0));
		table.intern(numbered(1), 0);
		ok(table.write(two!, into, 0));
		const four = table.intern(numbered(4), 0);
		ok(!table.write(three!, into, 0));
		ok(table.write(one!, into, 0) && table.write(two!, into, 0) && table.write(four, into, 0));
		const again = table.intern(numbered(3), 0);
		ok(again !== three && again > four);
		ok(!table.write(one!, into, 0));
	});

	it("lives through many more addresses than it holds", () => {
		const table = new AddressTable(8), into = new Uint8Array(16);
		let last = 0;
		for (let n = 1; n <= 2000; n++) {
			const address = table.intern(numbered(n), 0);
			ok(address > last);
			last = address;
		}
		for (let n = 1993; n <= 2000; n++) {
			ok(table.write(last - 2000 + n, into, 0));
			equal(hex(into), hex(numbered(n)));
		}
		ok(!table.write(last - 8, into, 0));
	});

	it("never forgets what is to be kept", () => {
		const table = new AddressTable(8), into = new Uint8Array(16), own = table.intern(numbered(1), 0);
		table.keep(own);
		table.keep(0x0a000001);
		for (let n = 2; n <= 100; n++)
			table.intern(numbered(n), 0);
		ok(table.write(own, into, 0));
		equal(hex(into), hex(numbered(1)));
		equal(table.intern(numbered(1), 0), own);
		for (let n = 101; n <= 200; n++)
			table.intern(numbered(n), 0);
		ok(table.write(own, into, 0));
	});

	it("holds a single address where that is all the room", () => {
		const table = new AddressTable(1), one = table.intern(numbered(1), 0), two = table.intern(numbered(2), 0), into = new Uint8Array(16);
		ok(!table.write(one, into, 0) && table.write(two, into, 0));
	});
});
