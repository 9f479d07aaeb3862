import { deepEqual, describe, equal, it } from "#test";
import { PacketReader } from "../../firmware/mqtt/packet-reader.js";
import { connack, packet, pingresp, puback, publish } from "./server-packets.js";

/** Gives `bytes` to the reader in pieces of the given sizes; returns "type:flags:body" for each packet, or the error. */
function read(reader: PacketReader, bytes: readonly number[], pieces: readonly number[]): string[] {
	const found: string[] = [];
	let at = 0;
	for (let piece = 0; ; piece++) {
		for (let type = reader.next(); type !== 0; type = reader.next()) {
			if (type < 0)
				return [...found, String(type)];
			found.push(`${type}:${reader.flags}:${Array.from(reader.bytes.slice(reader.bodyStart, reader.bodyEnd))}`);
		}
		if (at >= bytes.length)
			return found;
		const size = Math.max(1, Math.min(pieces[piece % pieces.length]!, bytes.length - at, reader.fillEnd - reader.fillStart));
		reader.bytes.set(bytes.slice(at, at + size), reader.fillStart);
		reader.filled(size);
		at += size;
	}
}

const STREAM = [...connack(), ...publish({ topic: "a/b", payload: [1, 2, 3] }), ...pingresp(), ...puback(7), ...publish({ topic: "x", payload: new Array(150).fill(9) })];

describe("mqtt/packet-reader", () => {
	it("finds the same packets wherever the stream is split", () => {
		const whole = read(new PacketReader(200), STREAM, [STREAM.length]);
		equal(whole.length, 5);
		for (let split = 1; split < STREAM.length; split++)
			deepEqual(read(new PacketReader(200), STREAM, [split, STREAM.length]), whole, `split at ${split}`);
		for (const size of [1, 2, 3, 7, 64])
			deepEqual(read(new PacketReader(160), STREAM, [size]), whole, `pieces of ${size}`);
	});

	it("takes packets as long as its buffer, again and again", () => {
		const reader = new PacketReader(64), longest = packet(0x30, new Array(62).fill(1));
		for (let i = 0; i < 10; i++)
			equal(read(reader, [...longest, ...pingresp()], [5 + i]).length, 2);
	});

	it("answers 0 for every prefix of a packet", () => {
		const bytes = publish({ topic: "topic", payload: new Array(300).fill(5) });
		for (let length = 0; length < bytes.length; length++) {
			const reader = new PacketReader(400);
			reader.bytes.set(bytes.slice(0, length));
			reader.filled(length);
			equal(reader.next(), 0, `${length} bytes`);
			equal(reader.next(), 0, `${length} bytes, asked again`);
		}
	});

	const FAULTS: readonly (readonly [what: string, bytes: readonly number[], code: number])[] = [
		["type 0", [0x00, 0], 0x81],
		["a client's packet: CONNECT", [0x10, 0], 0x82],
		["a client's packet: SUBSCRIBE", [0x82, 0], 0x82],
		["a client's packet: PINGREQ", [0xc0, 0], 0x82],
		["flags in CONNACK", [0x21, 3, 0, 0, 0], 0x81],
		["flags in PINGRESP", [0xd1, 0], 0x81],
		["PUBREL without its flag", [0x60, 2, 0, 1], 0x81],
		["QoS 3", [0x36, 0], 0x81],
		["DUP with QoS 0", [0x38, 0], 0x81],
		["a fifth byte of length", [0x30, 0xff, 0xff, 0xff, 0xff], 0x81],
		["a longer form than needed", [0x30, 0x80, 0x00], 0x81],
		["more than the buffer holds", [0x30, 63], 0x95],
		["far more than the buffer holds", [0x30, 0xff, 0xff, 0xff, 0x7f], 0x95],
	];

	it("answers the reason code for what is malformed or too large, as soon as it shows", () => {
		for (const [what, bytes, code] of FAULTS) {
			const reader = new PacketReader(64);
			deepEqual(read(reader, bytes, [1]), [String(-code)], what);
			equal(reader.next(), -code, `${what}, asked again`);
		}
	});
});
