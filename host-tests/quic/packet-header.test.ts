import { describe, it, equal, ok, unhex } from "#test";
import { DROP_CONNECTION_ID, DROP_TRUNCATED, DROP_VERSION, PACKET_HANDSHAKE, PACKET_INITIAL, PACKET_RETRY, PACKET_VERSION_NEGOTIATION, PACKET_ZERO_RTT, PacketHeader } from "../../firmware/quic/packet-header.js";

// First byte, version, two connection ids, token (3 bytes), length 5, five bytes; then two bytes of a next packet.
const INITIAL = unhex("c0 00000001 02 d1d2 03 515253 03 70717e 05 0102030405 aabb");
const HANDSHAKE = unhex("e0 00000001 02 d1d2 03 515253 05 0102030405");

describe("packet header", () => {
	const header = new PacketHeader();

	it("finds the fields of each long header", () => {
		equal(header.parse(INITIAL, 0, INITIAL.length), 0);
		equal(header.type, PACKET_INITIAL);
		equal(header.destinationAt, 6);
		equal(header.destinationLength, 2);
		equal(header.sourceAt, 9);
		equal(header.sourceLength, 3);
		equal(header.tokenAt, 13);
		equal(header.tokenLength, 3);
		equal(header.numberAt, 17);
		equal(header.end, 22);
		equal(header.parse(HANDSHAKE, 0, HANDSHAKE.length), 0);
		equal(header.type, PACKET_HANDSHAKE);
		equal(header.numberAt, 13);
		equal(header.end, HANDSHAKE.length);
		const retry = unhex("f0 00000001 00 01 51 746f6b 000102030405060708090a0b0c0d0e0f");
		equal(header.parse(retry, 0, retry.length), 0);
		equal(header.type, PACKET_RETRY);
		equal(header.tokenLength, 3);
	});

	it("drops what is cut off, at every byte", () => {
		for (const [bytes, whole] of [[INITIAL, 22], [HANDSHAKE, HANDSHAKE.length]] as const)
			for (let length = 0; length < whole; length++)
				equal(header.parse(bytes, 0, length), DROP_TRUNCATED, `length ${length}`);
	});

	it("drops a length beyond the datagram, another version, a long id", () => {
		equal(header.parse(unhex("e0 00000001 00 00 7fff 01"), 0, 10), DROP_TRUNCATED);
		equal(header.parse(unhex("e0 6b3343d0 00 00 01 01"), 0, 9), DROP_VERSION);
		const long = new Uint8Array(64);
		long.set(unhex("e0 00000001 15"));
		equal(header.parse(long, 0, 64), DROP_CONNECTION_ID);
	});

	it("tells types by the version (RFC 9369 §3.2), and takes either fixed bit (RFC 9287 §3)", () => {
		const types: [string, number][] = [["d0", PACKET_INITIAL], ["e0", PACKET_ZERO_RTT], ["f0", PACKET_HANDSHAKE], ["c0", PACKET_RETRY], ["90", PACKET_INITIAL], ["80", PACKET_RETRY]];
		for (const [first, type] of types) {
			const bytes = unhex(first + "6b3343cf 00 00 00 10" + "00".repeat(17));
			equal(header.parse(bytes, 0, bytes.length), 0, first);
			equal(header.type, type, first);
		}
		equal(header.parse(unhex("a0 00000001 00 00 01 01"), 0, 9), 0);
		equal(header.type, PACKET_HANDSHAKE);
	});

	it("reads Version Negotiation with ids of any length", () => {
		const bytes = new Uint8Array(7 + 255 + 4);
		bytes.set(unhex("80 00000000 00 ff"));
		equal(header.parse(bytes, 0, bytes.length), 0);
		equal(header.type, PACKET_VERSION_NEGOTIATION);
		equal(header.sourceLength, 255);
		equal(header.numberAt, 262);
		ok(header.parse(bytes, 0, 200) < 0);
	});
});
