import { deepEqual, describe, ENGINE, equal, hex, it, ok, unhex } from "#test";
import {
	DROP_SD_ARRAY, DROP_SD_HEADER, DROP_SD_OPTION_CONFLICT, DROP_SD_OPTION_INDEX, DROP_SD_OPTION_LENGTH, DROP_SD_OPTION_VALUE,
	DROP_SD_TOPOLOGY,
} from "../../../firmware/someip/drop.js";
import { SdReader } from "../../../firmware/someip/sd/sd-reader.js";
import { SdWriter } from "../../../firmware/someip/sd/sd-writer.js";
import { Topology } from "../../../firmware/someip/sd/topology.js";
import { Prng } from "../../support/prng.js";

const LOCAL = 0x0a000002, topology = new Topology(LOCAL, 0xffffff00, true);
const UDP = "0009 04 00 0a000001 00 11 772d", TCP = "0009 04 00 0a000001 00 06 772e", GROUP = "0009 14 00 e0e1e2e9 00 11 7e58";
const OFFER = "01 00 00 10 1234 5678 01 000003 00000000";

/** An SD payload of these entries and options. */
function message(entries: string, options: string, flags = "c0"): Uint8Array {
	const size = (text: string) => (unhex(text).length + 0x100000000).toString(16).slice(1);
	return unhex(`${flags} 000000 ${size(entries)} ${entries} ${size(options)} ${options}`);
}

function open(bytes: Uint8Array, check = true): [number, SdReader] {
	const reader = new SdReader(check ? topology : new Topology(LOCAL, 0xffffff00, false));
	return [reader.open(bytes, 0, bytes.length), reader];
}

/** What `endpoints` says of an Offer with these options, both runs as given. */
function endpoints(options: string, runs = "00 00 10", check = true): number {
	const [code, reader] = open(message(`01 ${runs} 1234 5678 01 000003 00000000`, options), check);
	equal(code, 0);
	reader.entry(0);
	return reader.endpoints();
}

describe("sd reader", () => {
	it("reads entries of all types", () => {
		const [code, reader] = open(message(
			`00 00 00 00 1234 ffff ff ffffff ffffffff ${OFFER} 06 00 00 10 1234 5678 01 000003 0000 4465 07 01 00 10 1234 5678 01 000000 008f 4465`, UDP + GROUP, "40"));
		equal(code, 0);
		equal(reader.reboot, false);
		deepEqual([reader.entryCount, reader.optionCount], [4, 2]);
		const rows: number[][] = [];
		for (let i = 0; i < 4; i++) {
			reader.entry(i);
			equal(reader.endpoints(), 0);
			rows.push([reader.type, reader.serviceId, reader.instanceId, reader.majorVersion, reader.ttl, reader.minorVersion, reader.eventgroupId, reader.eventgroupBits,
				reader.udpAddress, reader.udpPort, reader.multicastAddress, reader.multicastPort]);
		}
		deepEqual(rows, [
			[0, 0x1234, 0xffff, 0xff, 0xffffff, 0xffffffff, 0xffff, 0xffff, 0, 0, 0, 0],
			[1, 0x1234, 0x5678, 1, 3, 0, 0, 0, 0x0a000001, 0x772d, 0, 0],
			[6, 0x1234, 0x5678, 1, 3, 0x4465, 0x4465, 0, 0x0a000001, 0x772d, 0, 0],
			[7, 0x1234, 0x5678, 1, 0, 0x8f4465, 0x4465, 0x8f, 0, 0, 0xe0e1e2e9, 0x7e58],
		]);
	});

	it("an empty message is one", () => {
		deepEqual(open(message("", ""))[0], 0);
		equal(open(message("", "", "80"))[1].reboot, true);
	});

	it("drops every truncation, and reads nothing beyond the end", () => {
		const bytes = message(OFFER, UDP + TCP), reader = new SdReader(topology);
		for (let end = 0; end < bytes.length; end++)
			equal(reader.open(bytes, 0, end), end < 12 ? DROP_SD_HEADER : DROP_SD_ARRAY, `${end} bytes`);
	});

	it("drops array lengths that lie", () => {
		for (const length of ["00000001", "0000000f", "00000011", "00000020", "0000ffff", "fffffff0", "80000010", "ffffffff"])
			equal(open(unhex(`c0000000 ${length} ${OFFER} 00000000`))[0], DROP_SD_ARRAY, length);
		for (const length of ["0000000d", "0000ffff", "fffffff4"])
			equal(open(unhex(`c0000000 00000010 ${OFFER} ${length} ${UDP}`))[0], DROP_SD_ARRAY, length);
	});

	it("takes both runs of options, and an index without options", () => {
		equal(endpoints(UDP + TCP, "01 00 11"), 0);
		equal(endpoints(UDP + TCP, "00 00 20"), 0);
		equal(endpoints(UDP, "00 ff 10"), 0);
		equal(endpoints("", "07 09 00"), 0);
		const [, reader] = open(message("01 02 00 12 1234 5678 01 000003 00000000", UDP + TCP + GROUP));
		reader.entry(0);
		equal(reader.endpoints(), 0);
		deepEqual([reader.udpPort, reader.tcpPort, reader.multicastPort], [0x772d, 0x772e, 0x7e58]);
	});

	it("drops entries whose runs leave the array", () => {
		for (const runs of ["01 00 10", "00 00 20", "00 00 f0", "ff 00 10", "ff 00 f0", "00 01 11", "00 ff 1f"])
			equal(endpoints(UDP, runs), DROP_SD_OPTION_INDEX, runs);
		equal(endpoints("", "00 00 10"), DROP_SD_OPTION_INDEX);
	});

	it("skips options that it does not know by their length, whatever it is", () => {
		for (const unknown of ["0000 99", "0001 99 80", "0003 03 000000", "0005 7f 8001020304", "0011 15 00 0102030405060708090a0b0c0d0e0f10"])
			equal(endpoints(unknown + UDP, "00 00 20"), 0, unknown);
	});

	it("skips the options that it needs not, but not malformed ones", () => {
		const address = "20010db8000000000000000000000001";
		for (const option of [`0015 06 00 ${address} 00 11 772d`, `0015 16 00 ${address} 00 11 772d`, "0005 02 00 0001 0002", "0002 01 00 00",
			"000f 01 00 05 613d622f63 06 64656661753d 00", "0009 24 00 0a000001 00 11 771a"])
			equal(endpoints(option + UDP, "00 00 20"), 0, option);
		for (const option of ["0008 04 00 0a000001 00 11 77", "000a 04 00 0a000001 00 11 772d 00", "0000 04", "0014 06 00 20010db8000000000000000000000001 00 11 77",
			"0004 02 00 0001 00", "0001 01 00", "0000 01", "0003 01 00 05 61", "0006 01 00 09 613d62 00", "0005 01 00 02 3d61 00", "0004 01 00 02 6162"])
			equal(endpoints(option, "00 00 10"), DROP_SD_OPTION_LENGTH, option);
	});

	it("an option that lies about its length takes itself and its followers out of reach", () => {
		for (const length of ["000a", "00ff", "ffff"]) {
			equal(endpoints(UDP + `${length} 04 00 0a000001 00 11 772d`, "00 00 10"), 0, length);
			equal(endpoints(UDP + `${length} 04 00 0a000001 00 11 772d`, "01 00 10"), DROP_SD_OPTION_INDEX, length);
		}
		equal(endpoints(UDP + "0009", "00 00 10"), 0);
	});

	it("drops conflicting options, not repeated ones", () => {
		equal(endpoints(UDP + UDP, "00 00 20"), 0);
		equal(endpoints(UDP + "0009 04 00 0a000001 00 11 772e", "00 00 20"), DROP_SD_OPTION_CONFLICT);
		equal(endpoints(UDP + "0009 04 00 0a000003 00 11 772d", "00 01 11"), DROP_SD_OPTION_CONFLICT);
		equal(endpoints(TCP + "0009 04 00 0a000001 00 06 0001", "00 00 20"), DROP_SD_OPTION_CONFLICT);
		equal(endpoints(GROUP + "0009 14 00 e0e1e2e8 00 11 7e58", "00 00 20"), DROP_SD_OPTION_CONFLICT);
	});

	it("drops endpoints with an unknown protocol, port 0, or a group that is none", () => {
		for (const option of ["0009 04 00 0a000001 00 12 772d", "0009 04 00 0a000001 00 00 772d", "0009 04 00 0a000001 00 11 0000", "0009 14 00 0a000001 00 11 7e58",
			"0009 14 00 e0e1e2e9 00 06 7e58", "0009 14 00 e0e1e2e9 00 11 0000"])
			equal(endpoints(option), DROP_SD_OPTION_VALUE, option);
	});

	it("drops endpoints that do not belong to the subnet", () => {
		const places: [string, boolean, boolean][] = [["0a000001", true, true], ["0a0000fe", true, true], ["0a000002", false, true], ["0a000101", false, true], ["7f000001", false, true],
			["0a0000ff", false, true], ["0a000000", false, true], ["e0000001", false, false], ["efffffff", false, false], ["00000000", false, false], ["ffffffff", false, false]];
		for (const [address, checked, unchecked] of places) {
			equal(endpoints(`0009 04 00 ${address} 00 11 772d`), checked ? 0 : DROP_SD_TOPOLOGY, address);
			equal(endpoints(`0009 04 00 ${address} 00 11 772d`, "00 00 10", false), unchecked ? 0 : DROP_SD_TOPOLOGY, `${address} unchecked`);
		}
	});

	it("takes the first SD endpoint option that is valid for the sender's place", () => {
		const [, reader] = open(message("", "0009 24 00 0a000007 00 11 771b 0009 24 00 0a000008 00 11 771a"));
		deepEqual([reader.sdAddress, reader.sdPort], [0x0a000007, 0x771b]);
		for (const option of ["0009 24 00 0a000102 00 11 771a", "0009 24 00 0a000007 00 06 771a", "0009 24 00 0a000007 00 11 0000", "0008 24 00 0a000007 00 11 77", UDP])
			equal(open(message("", option))[1].sdPort, 0, option);
	});

	it("counts no more options than it has places for", () => {
		const [code, reader] = open(message("01 7f 00 10 1234 5678 01 000003 00000000 01 80 00 10 1234 5678 01 000003 00000000", "0000 99".repeat(127) + UDP + UDP));
		equal(code, 0);
		reader.entry(0);
		equal(reader.endpoints(), 0);
		reader.entry(1);
		equal(reader.endpoints(), DROP_SD_OPTION_INDEX);
	});

	it("reads whatever comes without an exception", () => {
		const random = new Prng(11), rounds = ENGINE === "xs" ? 300 : 20_000, good = message(OFFER + OFFER, UDP + TCP + GROUP + "0002 01 00 00"), reader = new SdReader(topology);
		for (let i = 0; i < rounds; i++) {
			const bytes = good.slice();
			for (let count = 1 + random.below(4); count > 0; count--)
				bytes[random.below(bytes.length)] = random.below(256);
			if (reader.open(bytes, 0, bytes.length - random.below(3)) === 0)
				for (let k = 0; k < reader.entryCount; k++) {
					reader.entry(k);
					ok(reader.endpoints() <= 0);
				}
		}
	});
});

describe("sd writer", () => {
	it("writes the message of a recording", () => {
		const writer = new SdWriter(), into = new Uint8Array(1500);
		writer.begin(into);
		writer.endpoint(0x0a4d0002, 40000);
		writer.eventgroup(6, 0x1234, 0x5678, 1, 3, 0, 0x4465);
		const length = writer.finish(1, true);
		equal(hex(into, 0, length), hex(unhex(
			"ffff 8100 00000030 0000 0001 01 01 02 00 c0000000 00000010 06 00 00 10 1234 5678 01 000003 0000 4465 0000000c 0009 04 00 0a4d0002 00 11 9c40")));
	});

	it("writes what the reader reads, options once each", () => {
		const writer = new SdWriter(), into = new Uint8Array(1500), reader = new SdReader(topology);
		writer.begin(into);
		for (let i = 0; i < 10; i++) {
			if (i % 3 !== 0)
				writer.endpoint(0x0a000001, 30000 + i % 3);
			writer.service(i % 2, 0x1000 + i, i, 1, 5, 0xfffffff0 + i);
		}
		writer.multicast(0xe0e1e2e9, 1);
		writer.eventgroup(7, 1, 2, 3, 4, 0xff, 6);
		const length = writer.finish(0xffff, false);
		equal(reader.open(into, 16, length), 0);
		deepEqual([reader.reboot, reader.entryCount, reader.optionCount], [false, 11, 3]);
		for (let i = 0; i < 10; i++) {
			reader.entry(i);
			equal(reader.endpoints(), 0);
			deepEqual([reader.type, reader.serviceId, reader.instanceId, reader.minorVersion, reader.udpPort], [i % 2, 0x1000 + i, i, 0xfffffff0 + i, i % 3 === 0 ? 0 : 30000 + i % 3]);
		}
		reader.entry(10);
		equal(reader.endpoints(), 0);
		deepEqual([reader.eventgroupId, reader.eventgroupBits, reader.multicastPort], [6, 0xff, 1]);
	});

	it("says when a message is full: at 1400 bytes, at the buffer's end, or at its last option", () => {
		const fill = (into: Uint8Array, different: boolean) => {
			const writer = new SdWriter();
			writer.begin(into);
			for (let i = 0; writer.fits(1, 1); i++) {
				writer.endpoint(0x0a000001, different ? i + 1 : 1);
				writer.service(1, 1, i, 1, 3, 0);
			}
			return [writer.count, writer.finish(1, true)];
		};
		deepEqual(fill(new Uint8Array(1500), false), [84, 28 + 84 * 16 + 12]);
		deepEqual(fill(new Uint8Array(100), false), [3, 28 + 48 + 12]);
		deepEqual(fill(new Uint8Array(1500), true), [32, 28 + 32 * 28]);
	});
});
