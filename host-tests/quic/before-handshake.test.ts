import { describe, it, deepEqual, equal, ok } from "#test";
import { QUIC_TOKEN_MAX } from "../../firmware/config.js";
import { EVENT_CONFIRMED, EVENT_CONNECTED, EVENT_STREAM_CREDIT } from "../../firmware/quic/connection.js";
import { TRANSPORT_PARAMETER_ERROR, VERSION_NEGOTIATION_ERROR } from "../../firmware/quic/transport-error.js";
import { ack, bytesOf, padding, ping, text } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { INITIAL, PEER_ID, RETRY_ID } from "./support/test-peer.js";

describe("retry packet", () => {
	it("is followed once: new id, new keys, the token in each Initial, numbers go on", () => {
		const pair = new Pair().connect();
		pair.deliver(pair.peer.retry(text("a token")));
		pair.peer.afterRetry();
		pair.pump();
		equal(pair.peer.unreadable, 0);
		const packet = pair.peer.packets[1]!;
		deepEqual(packet.token, text("a token"));
		deepEqual(packet.destination, RETRY_ID);
		equal(packet.number, 1);
		deepEqual(packet.frames, pair.peer.packets[0]!.frames);
		deepEqual(pair.peer.datagrams, [1200, 1200]);
		equal(pair.client.statistics.retried, true);
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		pair.give(pair.peer.donePacket());
		equal(pair.client.closed, false, pair.client.closeReason);
		deepEqual(pair.events, [EVENT_CONNECTED, EVENT_STREAM_CREDIT, EVENT_CONFIRMED]);
	});

	it("is ignored with a wrong tag, without a token, with our own id, the second time, and after an Initial", () => {
		const ignored = (pair: Pair, packet: Uint8Array) => {
			const before = pair.peer.datagrams.length, dropped = pair.client.statistics.droppedHeader;
			pair.give(packet);
			equal(pair.peer.datagrams.length, before);
			equal(pair.client.statistics.droppedHeader, dropped + 1);
		};
		const fresh = () => new Pair().connect();
		let pair = fresh();
		const packet = pair.peer.retry(text("token"));
		packet[packet.length - 1]! ^= 1;
		ignored(pair, packet);
		pair = fresh();
		ignored(pair, pair.peer.retry(bytesOf()));
		ignored(pair, pair.peer.retry(text("token"), pair.peer.originalId));
		ignored(pair, pair.peer.retry(text("token")).slice(0, 20));
		pair.deliver(pair.peer.retry(text("token")));
		pair.peer.afterRetry();
		pair.pump();
		ignored(pair, pair.peer.retry(text("again"), PEER_ID));
		pair = fresh();
		pair.give(pair.peer.seal(INITIAL, ping()));
		ignored(pair, pair.peer.retry(text("token")));
	});

	it("ends the attempt where its token leaves no room in an Initial packet", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.retry(padding(QUIC_TOKEN_MAX + 1)));
		equal(pair.client.closed, true);
		ok(pair.client.closeReason.includes("token of 513 bytes"), pair.client.closeReason);
		const longest = new Pair().connect();
		longest.deliver(longest.peer.retry(padding(QUIC_TOKEN_MAX)));
		longest.peer.afterRetry();
		longest.pump();
		longest.give(longest.peer.initialPacket(), ...longest.peer.handshakePackets());
		equal(longest.client.statistics.established, true, longest.client.closeReason);
	});

	it("must be confirmed by the server's transport parameters", () => {
		for (const parameters of [{ 0x10: undefined }, { 0x10: text("another!") }]) {
			const pair = new Pair({ parameters }).connect();
			pair.deliver(pair.peer.retry(text("token")));
			pair.peer.afterRetry();
			pair.pump();
			pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets()).closedWith(TRANSPORT_PARAMETER_ERROR, "parameter 16 ");
		}
	});
});

describe("version negotiation packet", () => {
	it("ends the attempt where version 1 is not offered, without another packet", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.versionNegotiation([0x6b3343cf, 0x0a0a0a0a]));
		pair.closedWith(VERSION_NEGOTIATION_ERROR, "only 0x6b3343cf, 0xa0a0a0a");
		equal(pair.peer.datagrams.length, 1);
	});

	it("is ignored where it offers version 1, is for others, is cut off, or comes late", () => {
		const ignored = (pair: Pair, packet: Uint8Array) => {
			pair.give(packet);
			equal(pair.client.closed, false);
			equal(pair.client.statistics.droppedHeader > 0, true);
		};
		const pair = new Pair().connect();
		ignored(pair, pair.peer.versionNegotiation([0x6b3343cf, 1]));
		ignored(pair, pair.peer.versionNegotiation([0x6b3343cf], text("stranger")));
		ignored(pair, pair.peer.versionNegotiation([0x6b3343cf], pair.peer.originalId, text("x")));
		ignored(pair, pair.peer.versionNegotiation([]));
		ignored(pair, pair.peer.versionNegotiation([0x6b3343cf]).slice(0, -1));
		pair.give(pair.peer.seal(INITIAL, bytesOf(ack([[0, 0]]))));
		ignored(pair, pair.peer.versionNegotiation([0x6b3343cf]));
	});
});
