import { describe, it, equal, hex } from "#test";
import { decodePacketNumber, packetNumberLength, writePacketNumber } from "../../firmware/quic/packet-number.js";

describe("packet number", () => {
	it("is as short as RFC 9000 A.2 says", () => {
		equal(packetNumberLength(0xac5c02, 0xabe8b3), 2);
		equal(packetNumberLength(0xace8fe, 0xabe8b3), 3);
		equal(packetNumberLength(0, -1), 1);
		equal(packetNumberLength(126, -1), 1);
		equal(packetNumberLength(127, -1), 2);
	});

	it("is told from its last bytes as in RFC 9000 A.3", () => {
		equal(decodePacketNumber(0x9b32, 2, 0xa82f30ea), 0xa82f9b32);
		equal(decodePacketNumber(0, 1, -1), 0);
		equal(decodePacketNumber(0xff, 1, -1), 0xff);
		equal(decodePacketNumber(0x00, 1, 0xff), 0x100);
		equal(decodePacketNumber(0xff, 1, 0x100), 0xff);
	});

	it("survives the way for every number near every power", () => {
		for (const base of [0, 0x80, 0x100, 0x8000, 0x10000, 0x800000, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52])
			for (let number = Math.max(0, base - 3); number < base + 3; number++)
				for (const behind of [1, 2, 100, 127]) {
					const largest = number - behind < 0 ? -1 : number - behind;
					const length = packetNumberLength(number, largest), bytes = new Uint8Array(4);
					writePacketNumber(bytes, 0, number, length);
					const truncated = parseInt(hex(bytes, 0, length), 16);
					for (const received of [largest, number - 1])
						equal(decodePacketNumber(truncated, length, received), number, `${number} after ${received}`);
				}
	});
});
