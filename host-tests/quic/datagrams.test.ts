import { describe, it, deepEqual, equal, ok, throws } from "#test";
import { QUIC_RECEIVE_DATAGRAM, QUIC_TOKEN_MAX } from "../../firmware/config.js";
import { EVENT_DATAGRAM, EVENT_TOKEN } from "../../firmware/quic/connection.js";
import { DatagramQueue } from "../../firmware/quic/datagram-queue.js";
import { FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION } from "../../firmware/quic/transport-error.js";
import { VERSION_1, VERSION_2 } from "../../firmware/quic/versions.js";
import { bytesOf, datagram, newToken, padding, stream, text, varints } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

const put = (queue: DatagramQueue, bytes: Uint8Array) => queue.put(bytes, 0, bytes.length);

function established(limit = 65535): Pair {
	return new Pair({ parameters: { 0x20: varints(limit) }, client: { datagrams: 4096 } }).establish();
}

function readDatagram(pair: Pair): Uint8Array | undefined {
	const into = new Uint8Array(QUIC_RECEIVE_DATAGRAM), length = pair.client.readDatagram(into, 0);
	return length < 0 ? undefined : into.slice(0, length);
}

describe("datagram queue", () => {
	it("gives back what was put, in order, over its end, and empty ones", () => {
		const queue = new DatagramQueue(32), into = new Uint8Array(32);
		for (let i = 0; i < 20; i++) {
			equal(put(queue, new Uint8Array(i % 12).fill(i)), true);
			equal(put(queue, bytesOf()), true);
			equal(queue.nextLength, i % 12);
			equal(queue.take(into, 3), 3 + i % 12);
			deepEqual(into.slice(3, 3 + i % 12), new Uint8Array(i % 12).fill(i));
			equal(queue.take(into, 0), 0);
			equal(queue.nextLength, -1);
		}
		equal(queue.dropped, 0);
	});

	it("drops the oldest when it is full, and refuses what it never holds", () => {
		const queue = new DatagramQueue(16), into = new Uint8Array(16);
		for (let i = 0; i < 5; i++)
			put(queue, new Uint8Array(4).fill(i));
		equal(queue.dropped, 3);
		queue.take(into, 0);
		equal(into[0], 3);
		equal(put(queue, new Uint8Array(15)), false);
		equal(put(queue, new Uint8Array(14)), true);
		equal(queue.nextLength, 14);
	});
});

describe("datagrams (RFC 9221)", () => {
	it("are announced where a queue is configured, and cross both ways", () => {
		const pair = established();
		equal(pair.client.sendDatagram(text("there"), 0, 5), true);
		pair.pump();
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x31).map(frame => frame.data), [text("there")]);
		pair.frames(datagram(text("one")), datagram(bytesOf()), bytesOf(0x30, text("to the end")));
		equal(pair.events.at(-1), EVENT_DATAGRAM);
		deepEqual([readDatagram(pair), readDatagram(pair), readDatagram(pair), readDatagram(pair)], [text("one"), bytesOf(), text("to the end"), undefined]);
	});

	it("are as long as one packet and the peer's limit let them be", () => {
		const pair = established();
		const longest = pair.client.maxDatagram;
		ok(longest > 1100 && longest < 1200);
		equal(pair.client.sendDatagram(padding(longest + 1), 0, longest + 1), false);
		equal(pair.client.sendDatagram(padding(longest), 0, longest), true);
		pair.frames(stream(pair.client.openStream(), 0, text("to be acknowledged")), stream(0, 18, text("now")));
		equal(pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x31)[0]!.data.length, longest);
		const small = established(100);
		equal(small.client.maxDatagram, 97);
		equal(small.client.sendDatagram(padding(98), 0, 98), false);
		const none = established(0);
		equal(none.client.maxDatagram, 0);
		equal(none.client.sendDatagram(bytesOf(), 0, 0), false);
	});

	it("are not repeated when they are lost", () => {
		const pair = established();
		pair.losing = true;
		pair.client.sendDatagram(text("gone"), 0, 4);
		pair.pump();
		pair.losing = false;
		pair.advance(2000);
		equal(pair.peer.frames(APPLICATION).some(frame => frame.type === 0x31), false);
		ok(pair.peer.frames(APPLICATION).some(frame => frame.type === 1), "but asked about");
	});

	it("in a flood take the queue and no more", () => {
		const pair = established();
		for (let i = 0; i < 1000; i++)
			pair.peer.packets.length = 0, pair.frames(datagram(new Uint8Array(1000).fill(i)));
		equal(pair.client.closed, false);
		equal(pair.client.statistics.droppedDatagrams, 996);
		equal(readDatagram(pair)![0], 996 & 255);
	});

	it("that were not agreed or are longer than that are a PROTOCOL_VIOLATION", () => {
		new Pair().establish().frames(datagram(text("x"))).closedWith(PROTOCOL_VIOLATION);
		new Pair().establish().frames(bytesOf(0x30)).closedWith(PROTOCOL_VIOLATION);
		const pair = established();
		pair.frames(bytesOf(0x30, padding(QUIC_RECEIVE_DATAGRAM - 1)));
		equal(pair.client.closed, false);
		pair.frames(bytesOf(0x30, padding(QUIC_RECEIVE_DATAGRAM))).closedWith(PROTOCOL_VIOLATION);
		established().frames(bytesOf(0x31, 5, 1)).closedWith(FRAME_ENCODING_ERROR);
		equal(new Pair().establish().client.readDatagram(padding(1500), 0), -1);
	});
});

describe("tokens of NEW_TOKEN", () => {
	it("are handed out, the newest once, and go into the next connection's Initial packets", () => {
		const pair = new Pair().establish();
		equal(pair.client.takeToken(), undefined);
		pair.frames(newToken(text("old")), newToken(text("new")));
		equal(pair.events.at(-1), EVENT_TOKEN);
		const token = pair.client.takeToken()!;
		deepEqual(token, bytesOf(0, 0, 0, 1, text("new")), "for version 1");
		equal(pair.client.takeToken(), undefined);
		const next = new Pair({ client: { token } }).establish();
		ok(next.peer.packets.filter(packet => packet.space === 0).every(packet => String(packet.token) === String(text("new"))));
	});

	it("go into Initial packets of their own version alone (RFC 9369 §5)", () => {
		const versions = [VERSION_1, VERSION_2], both = { versions, firstVersion: VERSION_2 };
		const first = new Pair({ client: both, version: VERSION_2 }).establish().frames(newToken(text("second")));
		const token = first.client.takeToken()!;
		deepEqual(token, bytesOf(0x6b, 0x33, 0x43, 0xcf, text("second")));
		const tokenOf = (pair: Pair): string => String.fromCharCode(...pair.peer.packets[0]!.token);
		equal(tokenOf(new Pair({ client: { ...both, token } }).connect()), "second");
		equal(tokenOf(new Pair({ client: { versions, token } }).connect()), "");
		equal(tokenOf(new Pair({ client: { ...both, token: bytesOf(0, 0, 0, 1, text("first")) } }).connect()), "");
		equal(tokenOf(new Pair({ client: { token: bytesOf(0, 0, 0, 1) } }).connect()), "", "nothing but a version");
	});

	it("are left out where Version Negotiation leads to another version", () => {
		const pair = new Pair({ client: { versions: [VERSION_1, VERSION_2], token: bytesOf(0, 0, 0, 1, text("first")) } }).connect();
		const { packets, originalId } = pair.peer;
		equal(String.fromCharCode(...packets[0]!.token), "first");
		pair.peer.restart();
		pair.peer.version = VERSION_2;
		pair.give(pair.peer.versionNegotiation([VERSION_2], originalId));
		equal(packets.at(-1)!.version, VERSION_2);
		equal(packets.at(-1)!.token.length, 0);
	});

	it("give way to that of a Retry", () => {
		const pair = new Pair({ client: { token: bytesOf(0, 0, 0, 1, text("stale")) } }).connect();
		pair.deliver(pair.peer.retry(text("fresh")));
		pair.peer.afterRetry();
		pair.pump();
		deepEqual(pair.peer.packets.at(-1)!.token, text("fresh"));
	});

	it("longer than the limit are passed over, without bytes they are an error", () => {
		const pair = new Pair().establish();
		pair.frames(newToken(padding(QUIC_TOKEN_MAX + 1)));
		equal(pair.client.takeToken(), undefined);
		pair.frames(newToken(padding(QUIC_TOKEN_MAX)));
		equal(pair.client.takeToken()!.length, 4 + QUIC_TOKEN_MAX);
		pair.frames(newToken(bytesOf())).closedWith(FRAME_ENCODING_ERROR);
	});
});

describe("connection options", () => {
	it("refuse versions that are not known", () => {
		throws(() => new Pair({ client: { versions: [7] } }), "versions");
		throws(() => new Pair({ client: { firstVersion: 0x6b3343cf } }), "versions");
	});
});
