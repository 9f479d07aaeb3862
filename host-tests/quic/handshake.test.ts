import { describe, it, deepEqual, equal, ok } from "#test";
import { QUIC_EARLY_PACKETS } from "../../firmware/config.js";
import { EVENT_CLOSED, EVENT_CONFIRMED, EVENT_CONNECTED, EVENT_STREAM_CREDIT } from "../../firmware/quic/connection.js";
import { CRYPTO_BUFFER_EXCEEDED, PROTOCOL_VIOLATION, TRANSPORT_PARAMETER_ERROR } from "../../firmware/quic/transport-error.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { extension, vector16 } from "../tls/support/test-server.js";
import { bytesOf, crypto, handshakeDone, padding, ping, text, varints } from "./support/frames.js";
import { Pair, type PairOptions } from "./support/pair.js";
import { APPLICATION, HANDSHAKE, INITIAL, PEER_ID, RETRY_ID } from "./support/test-peer.js";

const types = (frames: { type: number }[]) => frames.map(frame => frame.type);

describe("handshake", () => {
	it("begins with one Initial of 1200 bytes: random id of 8 bytes, none of its own", () => {
		const pair = new Pair().connect();
		deepEqual(pair.peer.datagrams, [1200]);
		const [packet] = pair.peer.packets;
		equal(packet!.space, INITIAL);
		equal(packet!.number, 0);
		equal(packet!.token.length, 0);
		deepEqual(types(packet!.frames), [6]);
		equal(pair.peer.originalId.length, 8);
		equal(pair.sent[0]![14], 0);
		ok(pair.peer.originalId.join() !== new Pair().connect().peer.originalId.join(), "the id is not random");
	});

	it("ends with Finished and the first data in one datagram without an Initial", () => {
		const pair = new Pair().connect();
		pair.deliver(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		pair.poll();
		deepEqual(pair.events, [EVENT_CONNECTED, EVENT_STREAM_CREDIT]);
		const stream = pair.client.openStream();
		equal(stream, 0);
		pair.write(stream, text("CONNECT")).pump();
		equal(pair.peer.datagrams.length, 2);
		ok(pair.peer.datagrams[1]! < 200, `${pair.peer.datagrams[1]} bytes`);
		const [, handshake, application] = pair.peer.packets;
		equal(handshake!.space, HANDSHAKE);
		deepEqual(types(handshake!.frames), [2, 6]);
		deepEqual(handshake!.frames[1]!.data, pair.peer.tls.expectedClientFlight());
		deepEqual(handshake!.destination, PEER_ID);
		equal(application!.space, APPLICATION);
		deepEqual(application!.frames[0]!.data, text("CONNECT"));
		pair.give(pair.peer.donePacket());
		deepEqual(pair.events, [EVENT_CONNECTED, EVENT_STREAM_CREDIT, EVENT_CONFIRMED]);
		equal(pair.client.statistics.handshakeDatagrams, 2);
		equal(pair.client.statistics.handshakeBytes, pair.peer.datagrams[0]! + pair.peer.datagrams[1]!);
		equal(pair.client.statistics.established, true);
	});

	it("works with ChaCha20-Poly1305", () => {
		const pair = new Pair({ client: { suites: [0x1303] }, tls: { suite: 0x1303 } }).establish();
		equal(pair.client.statistics.cipher, "TLS_CHACHA20_POLY1305_SHA256");
		equal(pair.peer.unreadable, 0);
	});

	it("works with a server whose connection id has no bytes", () => {
		const pair = new Pair({ id: bytesOf() }).establish();
		pair.frames(ping(), ping()).advance(30);
		equal(pair.peer.unreadable, 0);
		equal(pair.client.closed, false);
	});

	it("acknowledges a partial flight in a small Handshake packet, not in a padded Initial", () => {
		const pair = new Pair().connect();
		const packets = [pair.peer.initialPacket(), ...pair.peer.handshakePackets(200)];
		pair.give(packets[0]!, packets[1]!);
		equal(pair.peer.datagrams.length, 2);
		ok(pair.peer.datagrams[1]! < 80, `${pair.peer.datagrams[1]} bytes`);
		deepEqual(types(pair.peer.frames(HANDSHAKE)), [2]);
		pair.give(...packets.slice(2));
		equal(pair.client.statistics.established, true);
	});

	it("answers a lone ServerHello with a Handshake PING: it acknowledges and lifts the amplification limit", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.initialPacket());
		deepEqual(types(pair.peer.frames(HANDSHAKE)), [1]);
		ok(pair.peer.datagrams[1]! < 80);
		pair.give(...pair.peer.handshakePackets());
		equal(pair.client.statistics.established, true);
	});

	it("discards Initial keys when it first sends a Handshake packet", () => {
		const pair = new Pair().shake();
		const before = pair.client.statistics.droppedKeys;
		pair.give(pair.peer.seal(INITIAL, ping()));
		equal(pair.client.statistics.droppedKeys, before + 1);
	});

	it("discards Handshake keys with HANDSHAKE_DONE", () => {
		const pair = new Pair().establish();
		const before = pair.client.statistics.droppedKeys;
		pair.give(pair.peer.seal(HANDSHAKE, ping()));
		equal(pair.client.statistics.droppedKeys, before + 1);
	});

	it("acknowledges an Initial that brings no ServerHello, padded", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.seal(INITIAL, ping()));
		deepEqual(pair.peer.datagrams, [1200, 1200]);
		deepEqual(types(pair.peer.packets[1]!.frames), [2]);
	});

	it("puts CRYPTO data in order, whatever the order it comes in", () => {
		const pair = new Pair().connect();
		const initial = pair.peer.initialPacket(), packets = pair.peer.handshakePackets(100).reverse();
		pair.give(initial);
		for (const packet of packets)
			pair.give(packet);
		equal(pair.client.statistics.established, true);
	});

	it("repeats the ClientHello after a probe timeout, with back-off", () => {
		const pair = new Pair().connect();
		pair.advance(998);
		equal(pair.peer.datagrams.length, 1);
		pair.advance(2);
		equal(pair.peer.datagrams.length, 2);
		pair.advance(1996);
		equal(pair.peer.datagrams.length, 2);
		pair.advance(3);
		// From the second time on two at once.
		equal(pair.peer.datagrams.length, 4);
		for (const packet of pair.peer.packets)
			deepEqual(packet.frames, pair.peer.packets[0]!.frames);
		deepEqual(pair.peer.datagrams, [1200, 1200, 1200, 1200]);
	});

	it("repeats Finished together with the first data", () => {
		const pair = new Pair().connect();
		pair.losing = true;
		pair.deliver(pair.peer.initialPacket(), ...pair.peer.handshakePackets()).poll();
		pair.write(pair.client.openStream(), text("CONNECT")).pump();
		equal(pair.peer.packets.length, 1);
		pair.losing = false;
		pair.advance(1200);
		deepEqual(types(pair.peer.packets[1]!.frames), [6]);
		equal(pair.peer.packets[1]!.space, HANDSHAKE);
		deepEqual(pair.peer.packets[2]!.frames[0]!.data, text("CONNECT"));
	});

	it("repeats Finished and data in datagrams of their own, whatever the congestion window says", () => {
		const pair = new Pair().connect();
		pair.losing = true;
		pair.deliver(pair.peer.initialPacket(), ...pair.peer.handshakePackets()).poll();
		const a = pair.client.openStream(), b = pair.client.openStream();
		pair.write(a, padding(8192)).write(b, padding(8192)).pump();
		pair.sent.length = 0;
		pair.advance(3000);
		ok(pair.sent.length >= 8, `${pair.sent.length} datagrams`);
		const long = pair.sent.filter(datagram => (datagram[0]! & 0x80) !== 0);
		ok(long.length >= 4 && long.length < pair.sent.length && long.every(datagram => datagram.length < 150), long.map(each => each.length).join());
		pair.losing = false;
		for (const datagram of pair.sent)
			pair.peer.take(datagram);
		equal(pair.peer.unreadable, 0);
		ok(pair.peer.packets.slice(1).every(packet => packet.space !== HANDSHAKE || packet.frames.some(frame => frame.type === 6)), "a probe without Finished");
		pair.give(pair.peer.seal(HANDSHAKE, pair.peer.acknowledge(HANDSHAKE)), pair.peer.donePacket());
		equal(pair.client.closed, false, pair.client.closeReason);
	});

	it("probes in the Handshake space where nothing of ours is in flight: the server may be blocked", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.initialPacket(), pair.peer.handshakePackets(100)[0]!);
		const count = pair.peer.packets.length;
		pair.advance(3000);
		ok(pair.peer.packets.length > count);
		deepEqual(types(pair.peer.packets[count]!.frames), [1]);
		equal(pair.peer.packets[count]!.space, HANDSHAKE);
	});

	it("gives up where nobody answers, and says so", () => {
		const pair = new Pair({ client: { handshakeTimeout: 5000 } }).connect();
		pair.advance(6000);
		equal(pair.client.closed, true);
		equal(pair.client.closeReason, "no answer from the server: 4 datagrams were sent");
		equal(pair.client.pollTimeout(pair.now), NO_TIMEOUT);
		ok(pair.events.includes(EVENT_CLOSED));
		const silent = new Pair({ client: { handshakeTimeout: 5000 } }).connect();
		silent.give(silent.peer.initialPacket());
		silent.advance(6000);
		equal(silent.client.closeReason, "the handshake did not complete within 5000 ms");
	});

	it("closes with the alert's code where the certificate is wrong, in a Handshake packet", () => {
		const pair = new Pair({ client: { serverName: "other.example" } }).shake();
		equal(pair.client.closed, true);
		ok(pair.client.closeReason.includes("other.example"), pair.client.closeReason);
		const [close] = pair.peer.frames(HANDSHAKE).filter(frame => frame.type === 0x1c);
		equal(close!.values[0], pair.client.closeCode);
		ok(pair.client.closeCode > 0x100 && pair.client.closeCode < 0x200);
	});

	it("names the ALPN where the server refuses it", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.seal(INITIAL, bytesOf(0x1c, varints(0x178, 6, 2), text("no"))));
		equal(pair.client.closeReason, "CRYPTO_ERROR 0x178 no_application_protocol: the server does not speak ALPN \"mqtt\" (no)");
		equal(pair.client.closeByPeer, true);
	});

	it("lets go of what only it needs, and of later CRYPTO data once that was read", () => {
		const pair = new Pair().shake(), { client, peer } = pair;
		equal(client.setup === undefined, false);
		pair.give(peer.donePacket());
		equal(client.setup, undefined);
		deepEqual(client.spaces.map(space => space.index), [2]);
		equal(client.crypto, undefined);
		// The first bytes of a ticket, the second before the first.
		pair.frames(crypto(1, bytesOf(0)));
		equal(client.crypto === undefined, false);
		pair.frames(crypto(0, bytesOf(4)));
		equal(client.crypto, undefined);
		equal(client.cryptoAt, 2);
		// In order: from where it lies in the datagram.
		pair.frames(crypto(2, bytesOf(0)));
		equal(client.crypto, undefined);
		equal(client.cryptoAt, 3);
		// What came before, once more and with more behind it, then two pieces in one packet.
		pair.frames(crypto(0, bytesOf(4, 0, 0)));
		pair.frames(crypto(1, bytesOf(0, 0, 40, 0)));
		equal(client.cryptoAt, 5);
		pair.frames(crypto(5, bytesOf(0)), crypto(6, bytesOf(0)));
		equal(client.crypto, undefined);
		equal(client.cryptoAt, 7);
		equal(client.closed, false);
		const { droppedKeys } = client.statistics;
		pair.deliver(peer.handshakePackets()[0]!);
		equal(client.statistics.droppedKeys, droppedKeys + 1);
	});
});

describe("handshake against lies", () => {
	it("refuses transport parameters that do not fit the connection ids", () => {
		const lies: Record<number, Uint8Array | undefined>[] = [{ 0: undefined }, { 0: text("wrong id") }, { 0x0f: undefined }, { 0x0f: text("wrong id") }, { 0x10: RETRY_ID }];
		for (const parameters of lies)
			new Pair({ parameters }).shake().closedWith(TRANSPORT_PARAMETER_ERROR);
	});

	it("refuses transport parameters out of range or twice", () => {
		const options: PairOptions[] = [
			{ parameters: { 0x0a: varints(21) } }, { parameters: { 0x0b: varints(0x4000) } }, { parameters: { 3: varints(1199) } }, { parameters: { 0x0e: varints(1) } },
			{ parameters: { 2: text("short") } }, { extraParameters: bytesOf(4, 1, 0) }, { extraParameters: bytesOf(0x1b, 5, 0) },
		];
		for (const option of options)
			new Pair(option).shake().closedWith(TRANSPORT_PARAMETER_ERROR);
	});

	it("ends a level with its last byte", () => {
		const early = new Pair().connect();
		const hello = early.peer.initialPacket();
		early.give(early.peer.seal(INITIAL, crypto(500, padding(10))), hello).closedWith(PROTOCOL_VIOLATION);
		const late = new Pair().connect();
		late.deliver(late.peer.initialPacket()).deliver(late.peer.seal(INITIAL, crypto(2000, padding(1)))).pump().closedWith(PROTOCOL_VIOLATION);
		const again = new Pair().connect();
		again.deliver(again.peer.initialPacket()).deliver(again.peer.initialPacket()).pump();
		equal(again.client.closed, false);
		const finished = new Pair().shake();
		finished.give(finished.peer.seal(HANDSHAKE, crypto(finished.peer.flight.length, padding(4)))).closedWith(PROTOCOL_VIOLATION);
	});

	it("refuses more CRYPTO data out of order than its buffer holds", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.seal(INITIAL, crypto(4095, padding(1))));
		equal(pair.client.closed, false);
		pair.give(pair.peer.seal(INITIAL, crypto(4096, padding(1)))).closedWith(CRYPTO_BUFFER_EXCEEDED);
	});

	it("does not acknowledge CRYPTO data that makes a gap too many", () => {
		const pair = new Pair().connect();
		for (let i = 0; i < 20; i++)
			pair.give(pair.peer.seal(INITIAL, crypto(1000 + i * 2, padding(1))));
		equal(pair.client.closed, false);
		ok(pair.client.statistics.droppedFull >= 3);
	});

	it("refuses TLS messages that must not come", () => {
		const flight = (bytes: Uint8Array) => {
			const pair = new Pair().connect();
			return pair.give(pair.peer.initialPacket(), pair.peer.seal(HANDSHAKE, crypto(0, bytes)));
		};
		flight(bytesOf(20, 0, 0, 32, padding(32))).closedWith(0x10a);
		flight(bytesOf(1, 0, 0, 1, 0)).closedWith(0x10a);
		const update = new Pair().establish();
		update.frames(crypto(0, bytesOf(24, 0, 0, 1, 0))).closedWith(0x10a);
		const request = new Pair().establish();
		request.frames(crypto(0, bytesOf(13, 0, 0, 3, 0, 0, 0))).closedWith(0x10a);
	});

	it("passes over session tickets, also a long one in pieces", () => {
		const pair = new Pair().establish();
		const ticket = bytesOf(4, 0, 0x20, 0x0d, padding(8), 0, 0x20, 0x00, padding(8192), 0, 0);
		for (let at = 0; at < ticket.length; at += 1000)
			pair.frames(crypto(at, ticket.slice(at, at + 1000)));
		equal(pair.client.closed, false, pair.client.closeReason);
	});

	it("sends a ClientHello that a server's cookie makes longer than the send ring as acknowledgments make room", () => {
		for (const size of [100, 900, 1800]) {
			const pair = new Pair().connect();
			pair.give(pair.peer.helloRetryPacket(extension(44, vector16(padding(size)))));
			for (let i = 0; i < 4; i++)
				pair.give(pair.peer.seal(INITIAL, pair.peer.acknowledge(INITIAL)));
			pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
			equal(pair.client.statistics.established, true, pair.client.closeReason);
			equal(pair.peer.tls.hello.extensions.get(44)!.length, 2 + size);
		}
	});

	it("drops packets with another source id, other destination ids, or a token", () => {
		const pair = new Pair().connect();
		pair.deliver(pair.peer.seal(INITIAL, ping()));
		const dropped = () => pair.client.statistics.droppedHeader;
		let before = dropped();
		pair.deliver(pair.peer.seal(INITIAL, ping(), { source: text("stranger") }));
		equal(dropped(), ++before);
		pair.deliver(pair.peer.seal(INITIAL, ping(), { destination: text("ab") }));
		equal(dropped(), ++before);
		pair.deliver(pair.peer.seal(INITIAL, ping(), { token: text("token") }));
		equal(dropped(), ++before);
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		equal(pair.client.statistics.established, true);
	});

	it("follows a server that acknowledged under the id that we chose before it chose its own, once", () => {
		for (const isRetried of [false, true]) {
			const pair = new Pair().connect();
			if (isRetried) {
				pair.give(pair.peer.retry(text("token")));
				pair.peer.afterRetry();
			}
			const { peer } = pair, source = peer.retryId ?? peer.originalId;
			pair.give(peer.seal(INITIAL, peer.acknowledge(INITIAL), { source }));
			pair.give(peer.initialPacket());
			pair.give(peer.seal(INITIAL, ping(), { source: text("stranger") }), ...peer.handshakePackets());
			equal(pair.client.statistics.droppedHeader, 1);
			equal(pair.client.statistics.established, true, pair.client.closeReason);
			deepEqual(peer.packets.at(-1)!.destination, PEER_ID);
		}
	});

	it("drops the tail of a datagram that is for another connection, and takes the head", () => {
		const pair = new Pair().connect();
		pair.give(pair.peer.initialPacket(), pair.peer.seal(HANDSHAKE, ping(), { destination: text("ab") }), ...pair.peer.handshakePackets());
		equal(pair.client.statistics.established, true);
		equal(pair.client.statistics.droppedHeader, 1);
	});

	it("keeps packets that come before their keys, a bounded number of them", () => {
		const pair = new Pair().connect();
		const initial = pair.peer.initialPacket(), [flight] = pair.peer.handshakePackets(4000);
		pair.give(pair.peer.seal(APPLICATION, handshakeDone()));
		pair.give(flight!);
		equal(pair.client.statistics.droppedKeys, 0);
		pair.give(pair.peer.seal(APPLICATION, ping()));
		equal(pair.client.statistics.droppedKeys, QUIC_EARLY_PACKETS === 2 ? 1 : 0);
		pair.give(initial);
		deepEqual(pair.events, [EVENT_CONNECTED, EVENT_CONFIRMED, EVENT_STREAM_CREDIT]);
	});
});
