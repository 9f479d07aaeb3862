import { equal } from "#test";
import { AEAD_AES_128_GCM } from "../../../firmware/ports/crypto.js";
import { PacketProtection } from "../../../firmware/quic/packet-protection.js";
import { CONNECTION_ID_LIMIT_ERROR, FRAME_ENCODING_ERROR, KEY_UPDATE_ERROR, PROTOCOL_VIOLATION, TRANSPORT_PARAMETER_ERROR } from "../../../firmware/quic/transport-error.js";
import { bytesOf, crypto, newConnectionId, padding, pathChallenge, pathResponse, ping, stream, text, varint8, varints } from "../support/frames.js";
import type { Pair, PairOptions } from "../support/pair.js";
import { crypto as port } from "../support/pooled-crypto.js";
import { APPLICATION, HANDSHAKE, INITIAL, PEER_ID, RESET_TOKEN } from "../support/test-peer.js";
import { type Attack, attacks, HELLO, IGNORED, KEYS, OPEN, SILENT } from "./attack.js";

const ID = text("new id 1"), TOKEN = text("0123456789abcdef"), MOST = varint8(0x3fffffff, 0xffffffff);

const row = (fact: string, stage: number, result: number, attack: (pair: Pair) => void, options: PairOptions = {}, code = 0): Attack => ({ fact, stage, result, attack, options, code });
const frames = (fact: string, result: number, content: Uint8Array[], options: PairOptions = {}): Attack => row(fact, OPEN, result, pair => content.forEach(each => pair.frames(each)), options);

attacks("packets", [
	row("datagrams of no bytes and of few", OPEN, IGNORED, pair => {
		for (let length = 0; length < 24; length++)
			for (const first of [0x00, 0x40, 0xc0, 0xff])
				pair.give(new Uint8Array(length).fill(first));
	}),
	row("an Initial packet cut off at every byte", HELLO, IGNORED, pair => {
		const whole = pair.peer.seal(INITIAL, bytesOf(ping(), padding(20)));
		for (let length = 0; length < whole.length; length++)
			pair.deliver(whole.slice(0, length));
	}),
	row("a 1-RTT packet cut off at every byte", OPEN, IGNORED, pair => {
		const whole = pair.peer.seal(APPLICATION, bytesOf(ping(), padding(20)));
		for (let length = 0; length < whole.length; length++)
			pair.deliver(whole.slice(0, length));
	}),
	row("a length beyond the datagram", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0, 0, 0, 1, 0, 8, PEER_ID, 0, 0x7f, 0xff, padding(100)))),
	row("a length of 2^62-1", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0, 0, 0, 1, 0, 8, PEER_ID, 0, MOST, padding(100)))),
	row("a token length of 2^62-1", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0, 0, 0, 1, 0, 8, PEER_ID, MOST, padding(100)))),
	row("a length of 0", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0, 0, 0, 1, 0, 8, PEER_ID, 0, 0, padding(100)))),
	row("a connection id of 21 bytes", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0, 0, 0, 1, 0, 21, padding(21), 0, 0x40, 50, padding(50)))),
	row("a connection id of 255 bytes", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0, 0, 0, 1, 255, padding(255), 0, 0, 0x40, 50, padding(50)))),
	row("another version", HELLO, IGNORED, pair => void pair.give(bytesOf(0xc0, 0xff, 0, 0, 29, 0, 8, PEER_ID, 0, 0x40, 50, padding(50)))),
	row("a version 2 packet that was not offered", HELLO, IGNORED, pair => void pair.give(bytesOf(0xd0, 0x6b, 0x33, 0x43, 0xcf, 0, 8, PEER_ID, 0, 0x40, 50, padding(50)))),
	row("a 0-RTT packet", OPEN, IGNORED, pair => void pair.give(bytesOf(0xd0, 0, 0, 0, 1, 0, 8, PEER_ID, 0x40, 50, padding(50)))),
	row("an Initial packet with a token", HELLO, IGNORED, pair => void pair.give(pair.peer.seal(INITIAL, ping(), { token: text("token") }))),
	row("an Initial packet for another destination", HELLO, IGNORED, pair => void pair.give(pair.peer.seal(INITIAL, crypto(0, bytesOf(1)), { destination: text("other") }))),
	row("a Handshake packet of another source", KEYS, IGNORED, pair => void pair.give(pair.peer.seal(HANDSHAKE, crypto(0, bytesOf(1)), { source: text("stranger") }))),
	row("a coalesced packet of another source", HELLO, IGNORED, pair => void pair.give(pair.peer.seal(INITIAL, ping()), pair.peer.seal(INITIAL, crypto(0, bytesOf(1)), { source: text("stranger") }))),
	row("a forged packet", OPEN, IGNORED, pair => {
		for (let i = 0; i < 40; i++) {
			const packet = pair.peer.seal(APPLICATION, bytesOf(padding(20), i));
			packet[packet.length - 1 - i % 16]! ^= 1;
			pair.give(packet);
		}
	}),
	row("one packet a hundred times", OPEN, IGNORED, pair => {
		const packet = pair.peer.seal(APPLICATION, stream(0, 0, text("once")));
		for (let i = 0; i < 100; i++)
			pair.give(packet.slice());
		equal(pair.client.statistics.droppedDuplicate, 99);
	}),
	row("a packet number that leaps by 2^15", OPEN, IGNORED, pair => {
		pair.peer.nextNumber[APPLICATION] = pair.peer.nextNumber[APPLICATION]! + 0x7000;
		pair.frames(ping());
	}),
	row("an Initial packet of reserved bits", HELLO, PROTOCOL_VIOLATION, pair => void pair.give(pair.peer.seal(INITIAL, padding(4), { bits: 0x04 }))),
	row("a Handshake packet of reserved bits", KEYS, PROTOCOL_VIOLATION, pair => void pair.give(pair.peer.seal(HANDSHAKE, padding(4), { bits: 0x0c }))),
	row("a 1-RTT packet of reserved bits", OPEN, PROTOCOL_VIOLATION, pair => void pair.give(pair.peer.seal(APPLICATION, padding(4), { bits: 0x10 }))),
	row("a packet without frames", OPEN, PROTOCOL_VIOLATION, pair => void pair.give(emptyPacket(pair))),
	row("1-RTT packets before their keys, forty of them", HELLO, IGNORED, pair => {
		for (let i = 0; i < 40; i++)
			pair.give(bytesOf(0x40, padding(60 + i)));
	}),
]);

/** A packet that opens, of no content: its number of four bytes gives the header's sample its place. */
function emptyPacket({ peer }: Pair): Uint8Array {
	const bytes = new Uint8Array(40), number = peer.nextNumber[APPLICATION]!++;
	bytes[0] = 0x43;
	bytes[4] = number;
	return bytes.slice(0, peer.send[APPLICATION]!.seal(bytes, 0, 1, 4, 5, number));
}

attacks("connection ids", [
	frames("of no bytes", FRAME_ENCODING_ERROR, [newConnectionId(1, 0, bytesOf(), TOKEN)]),
	frames("of 21 bytes", FRAME_ENCODING_ERROR, [newConnectionId(1, 0, padding(21), TOKEN)]),
	frames("cut off", FRAME_ENCODING_ERROR, [newConnectionId(1, 0, ID, TOKEN.slice(1))]),
	frames("that retire what comes later", FRAME_ENCODING_ERROR, [newConnectionId(1, 2, ID, TOKEN)]),
	frames("the first one again with other bytes", PROTOCOL_VIOLATION, [newConnectionId(0, 0, ID, TOKEN)]),
	frames("one number for two", PROTOCOL_VIOLATION, [newConnectionId(1, 0, ID, TOKEN), newConnectionId(1, 0, PEER_ID, TOKEN)]),
	frames("one with two tokens", PROTOCOL_VIOLATION, [newConnectionId(1, 0, ID, TOKEN), newConnectionId(1, 0, ID, padding(16))]),
	frames("one under two numbers", PROTOCOL_VIOLATION, [newConnectionId(1, 0, PEER_ID, TOKEN)]),
	frames("one more than allowed", CONNECTION_ID_LIMIT_ERROR, [newConnectionId(1, 0, ID, TOKEN), newConnectionId(2, 0, text("another1"), TOKEN)]),
	frames("beside one of no bytes", PROTOCOL_VIOLATION, [newConnectionId(1, 0, ID, TOKEN)], { id: bytesOf() }),
	frames("the number 2^62-1", IGNORED, [bytesOf(0x18, MOST, 0, 8, ID, TOKEN)]),
	row("retired one after the other without an end", OPEN, CONNECTION_ID_LIMIT_ERROR, pair => {
		for (let i = 1; i < 30; i++)
			pair.frames(newConnectionId(i, i, bytesOf(text("new id "), i), TOKEN));
	}),
	frames("given again", IGNORED, new Array<Uint8Array>(50).fill(newConnectionId(1, 0, ID, TOKEN))),
]);

attacks("paths", [
	frames("an answer to what was never asked", PROTOCOL_VIOLATION, [pathResponse(text("12345678"))]),
	row("an answer of other bytes", OPEN, PROTOCOL_VIOLATION, pair => {
		pair.frames(newConnectionId(1, 0, ID, TOKEN));
		pair.client.migrate(pair.now);
		pair.pump().frames(pathResponse(text("12345678")));
	}),
	frames("a challenge cut off", FRAME_ENCODING_ERROR, [pathChallenge(padding(7))]),
	row("one challenge in each of a hundred packets", OPEN, IGNORED, pair => {
		for (let i = 0; i < 100; i++)
			pair.deliver(pair.peer.seal(APPLICATION, pathChallenge(bytesOf(padding(7), i))));
		pair.pump();
	}),
	row("a preferred address of a connection id of no bytes", KEYS, TRANSPORT_PARAMETER_ERROR, finish, { parameters: { 0x0d: bytesOf(padding(24), 0, TOKEN) } }),
]);

function finish(pair: Pair): void {
	pair.give(...pair.peer.handshakePackets());
}

attacks("keys", [
	row("an update on a lower packet number", OPEN, KEY_UPDATE_ERROR, pair => {
		const { peer } = pair, number = peer.nextNumber[APPLICATION]!;
		pair.give(peer.seal(APPLICATION, bytesOf(ping(), padding(4)), { number: number + 5 }));
		peer.send[APPLICATION] = peer.send[APPLICATION]!.next();
		pair.give(peer.seal(APPLICATION, bytesOf(ping(), padding(4)), { number: number + 2, bits: 4 }));
	}),
	row("two updates without an answer", OPEN, KEY_UPDATE_ERROR, pair => {
		update(pair);
		pair.deliver(pair.peer.seal(APPLICATION, padding(4)));
		pair.peer.phase = 0;
		pair.give(pair.peer.seal(APPLICATION, padding(4), { keys: pair.peer.send[APPLICATION]!.next() }));
	}),
	// The server may have our Finished, and HANDSHAKE_DONE be lost: nobody can tell whether it has confirmed the handshake.
	row("an update before HANDSHAKE_DONE", KEYS, IGNORED, pair => {
		pair.give(...pair.peer.handshakePackets());
		update(pair);
		pair.frames(ping());
	}),
	row("a flipped key phase", OPEN, IGNORED, pair => void pair.give(pair.peer.seal(APPLICATION, ping(), { bits: 4 }))),
	row("keys of nowhere", OPEN, IGNORED, pair => void pair.give(pair.peer.seal(APPLICATION, ping(), { keys: new PacketProtection(port, AEAD_AES_128_GCM, new Uint8Array(32).fill(7)) }))),
	row("the old keys three probe timeouts after an update", OPEN, IGNORED, pair => {
		const old = pair.peer.send[APPLICATION]!, number = pair.peer.nextNumber[APPLICATION]!++;
		update(pair);
		pair.frames(ping()).advance(3000);
		pair.peer.phase ^= 1;
		pair.give(pair.peer.seal(APPLICATION, bytesOf(0x1f), { keys: old, number }));
		pair.peer.phase ^= 1;
	}),
]);

/** The server's next keys. */
function update({ peer }: Pair): void {
	const next = peer.send[APPLICATION]!.next();
	peer.send[APPLICATION] = next;
	peer.receive[APPLICATION] = peer.receive[APPLICATION]!.next();
	peer.phase ^= 1;
}

attacks("stateless reset", [
	row("with its token", OPEN, SILENT, pair => void pair.give(pair.peer.statelessReset())),
	row("of 21 bytes", OPEN, SILENT, pair => void pair.give(pair.peer.statelessReset(RESET_TOKEN, 21))),
	row("of 20 bytes", OPEN, IGNORED, pair => void pair.give(pair.peer.statelessReset(RESET_TOKEN, 20))),
	row("with each bit of the token changed", OPEN, IGNORED, pair => {
		for (let i = 0; i < 128; i++) {
			const token = RESET_TOKEN.slice();
			token[i >> 3]! ^= 1 << (i & 7);
			pair.give(pair.peer.statelessReset(token));
		}
	}),
	row("with a guess before the handshake", KEYS, IGNORED, pair => void pair.give(pair.peer.statelessReset(TOKEN))),
	row("in a long header", OPEN, IGNORED, pair => void pair.give(pair.peer.statelessReset().fill(0xda, 0, 1))),
	row("with the token of an id that was never used", OPEN, IGNORED, pair => void pair.frames(newConnectionId(1, 0, ID, TOKEN)).give(pair.peer.statelessReset(TOKEN))),
	row("behind another packet", OPEN, IGNORED, pair => void pair.give(bytesOf(0xd0, 0, 0, 0, 1, 0, 8, PEER_ID, 4, padding(4)), pair.peer.statelessReset())),
]);

attacks("version negotiation", [
	row("that lists our version", HELLO, IGNORED, pair => void pair.give(pair.peer.versionNegotiation([0xff00001d, 1]))),
	row("of an empty list", HELLO, IGNORED, pair => void pair.give(pair.peer.versionNegotiation([]))),
	row("cut off", HELLO, IGNORED, pair => void pair.give(pair.peer.versionNegotiation([0xff00001d]).slice(0, -1))),
	row("with another source id", HELLO, IGNORED, pair => void pair.give(pair.peer.versionNegotiation([0xff00001d], text("stranger")))),
	row("with another destination id", HELLO, IGNORED, pair => void pair.give(pair.peer.versionNegotiation([0xff00001d], pair.peer.originalId, text("other")))),
	row("after an Initial packet", HELLO, IGNORED, pair => void pair.deliver(pair.peer.seal(INITIAL, ping())).give(pair.peer.versionNegotiation([0xff00001d]))),
	row("after the handshake", OPEN, IGNORED, pair => void pair.give(pair.peer.versionNegotiation([0xff00001d]))),
	row("that lists nothing that we speak", HELLO, SILENT, pair => void pair.give(pair.peer.versionNegotiation([0xff00001d, 0x1a2a3a4a])), {}, 0x11),
	row("version_information of another version", KEYS, 0x11, finish, { parameters: { 0x11: bytesOf(0x6b, 0x33, 0x43, 0xcf, 0, 0, 0, 1) } }),
	row("version_information with version 0", KEYS, TRANSPORT_PARAMETER_ERROR, finish, { parameters: { 0x11: bytesOf(0, 0, 0, 1, 0, 0, 0, 0) } }),
	row("version_information of five bytes", KEYS, TRANSPORT_PARAMETER_ERROR, finish, { parameters: { 0x11: bytesOf(0, 0, 0, 1, 0) } }),
	row("version_information of no bytes", KEYS, TRANSPORT_PARAMETER_ERROR, finish, { parameters: { 0x11: bytesOf() } }),
]);

attacks("retry", [
	row("with each byte changed", HELLO, IGNORED, pair => {
		const good = pair.peer.retry(text("token"));
		for (let i = 1; i < good.length; i++)
			pair.deliver(good.map((byte, at) => at === i ? byte ^ 1 : byte));
	}),
	row("without a token", HELLO, IGNORED, pair => void pair.give(pair.peer.retry(bytesOf()))),
	row("with our own id", HELLO, IGNORED, pair => void pair.give(pair.peer.retry(text("token"), pair.peer.originalId))),
	row("after an Initial packet", HELLO, IGNORED, pair => void pair.deliver(pair.peer.seal(INITIAL, ping())).give(pair.peer.retry(text("token")))),
	row("after the handshake", OPEN, IGNORED, pair => void pair.give(pair.peer.retry(text("token")))),
	row("a second time", HELLO, IGNORED, pair => {
		pair.deliver(pair.peer.retry(text("token")));
		pair.peer.afterRetry();
		pair.deliver(pair.peer.retry(text("other"), text("second id"))).pump();
	}),
	row("that the transport parameters do not know", HELLO, TRANSPORT_PARAMETER_ERROR, pair => {
		pair.deliver(pair.peer.retry(text("token")));
		pair.peer.afterRetry();
		pair.pump().give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
	}, { parameters: { 0x10: undefined } }),
	row("that never was, in the transport parameters", KEYS, TRANSPORT_PARAMETER_ERROR, finish, { parameters: { 0x10: text("retry id") } }),
]);

const parameter = (fact: string, parameters: Record<number, Uint8Array | undefined>, result = TRANSPORT_PARAMETER_ERROR): Attack => row(fact, KEYS, result, finish, { parameters });
const extra = (fact: string, extraParameters: Uint8Array): Attack => row(fact, KEYS, TRANSPORT_PARAMETER_ERROR, finish, { extraParameters });

attacks("transport parameters", [
	parameter("no original id", { 0: undefined }), parameter("another original id", { 0: text("wrong id") }), parameter("an original id of 21 bytes", { 0: padding(21) }),
	parameter("no source id", { 0x0f: undefined }), parameter("another source id", { 0x0f: text("wrong id") }),
	parameter("a reset token of 15 bytes", { 2: padding(15) }), parameter("a reset token of 17 bytes", { 2: padding(17) }),
	parameter("max_udp_payload_size of 1199", { 3: varints(1199) }), parameter("ack_delay_exponent of 21", { 0x0a: varints(21) }), parameter("ack_delay_exponent of 2^62-1", { 0x0a: MOST }),
	parameter("max_ack_delay of 2^14", { 0x0b: varints(0x4000) }), parameter("active_connection_id_limit of 1", { 0x0e: varints(1) }),
	parameter("initial_max_streams_bidi above 2^60", { 8: varint8(0x10000000, 1) }), parameter("initial_max_streams_uni above 2^60", { 9: MOST }),
	parameter("a number of no bytes", { 4: bytesOf() }), parameter("a number and a byte", { 4: bytesOf(1, 1) }), parameter("half a number", { 4: bytesOf(0x40) }),
	parameter("disable_active_migration with a value", { 0x0c: bytesOf(0) }), parameter("grease_quic_bit with a value", { 0x2ab2: bytesOf(0) }),
	parameter("max_datagram_frame_size of no bytes", { 0x20: bytesOf() }),
	parameter("a preferred address cut off", { 0x0d: bytesOf(padding(24), 8, ID, TOKEN.slice(1)) }), parameter("a preferred address and a byte", { 0x0d: bytesOf(padding(24), 8, ID, TOKEN, 0) }),
	parameter("a preferred address with an id of 21 bytes", { 0x0d: bytesOf(padding(24), 21, padding(21), TOKEN) }), parameter("a preferred address of one byte", { 0x0d: bytesOf(1) }),
	extra("one of them twice", bytesOf(4, 1, 0)), extra("an unknown one twice", bytesOf(0x3b, 0, 0x3b, 0)), extra("cut off within the value", bytesOf(0x3b, 5, 0)),
	extra("cut off within the length", bytesOf(0x3b, 0x40)), extra("cut off within the id", bytesOf(0x80)), extra("a length of 2^62-1", bytesOf(0x3b, MOST)),
	parameter("max_idle_timeout of 2^62-1", { 1: MOST }, IGNORED), parameter("limits of 2^62-1", { 4: MOST, 5: MOST, 6: MOST, 7: MOST, 3: MOST, 0x0e: MOST, 0x20: MOST }, IGNORED),
	parameter("limits of 2^60 streams", { 8: varint8(0x10000000, 0), 9: varint8(0x10000000, 0) }, IGNORED),
	row("200 unknown ones", KEYS, IGNORED, finish, { extraParameters: bytesOf(...Array.from({ length: 200 }, (_, i) => bytesOf(varints(0x1000 + i), 1, 0))) }),
]);
