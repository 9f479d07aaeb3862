import { describe, it, deepEqual, ENGINE, equal, ok } from "#test";
import { QUIC_PTO_MAX, QUIC_SENT_PACKETS, QUIC_SILENCE_MAX, QUIC_STREAM_SEND_RING } from "../../firmware/config.js";
import { Prng } from "../support/prng.js";
import { ack, bytesOf, padding, ping, text, type ParsedFrame } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION, type ParsedPacket } from "./support/test-peer.js";

const isStream = (frame: ParsedFrame) => frame.type >= 8 && frame.type < 0x10;
/** [offset, length] of the STREAM frames in packets. */
const pieces = (packets: ParsedPacket[]) => packets.flatMap(packet => packet.frames).filter(isStream).map(frame => [frame.values[1], frame.data.length]);

function established(): Pair {
	const pair = new Pair();
	pair.connect();
	pair.now += 50;
	pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
	pair.now += 50;
	pair.give(pair.peer.donePacket());
	pair.client.openStream();
	pair.peer.packets.length = 0;
	return pair;
}

describe("recovery", () => {
	it("retransmits the lost range, not the packet", () => {
		const pair = established();
		for (let i = 0; i < 5; i++)
			pair.write(0, padding(100)).pump();
		const numbers = pair.peer.packets.map(packet => packet.number);
		pair.peer.packets.length = 0;
		pair.write(0, padding(50));
		pair.now += 50;
		// The first two are missing: both are three or more behind.
		pair.frames(ack([[numbers[2]!, numbers[4]!]]));
		pair.advance(20);
		deepEqual(pieces(pair.peer.packets), [[0, 200], [500, 50]]);
		ok(pair.peer.packets.every(packet => packet.number > numbers[4]!));
		equal(pair.client.statistics.packetsLost, 2);
	});

	it("probes with the oldest data, doubling the wait, and never past the limit", () => {
		const pair = established();
		pair.losing = true;
		pair.write(0, text("lost")).pump();
		const count = pair.sent.length, times: number[] = [];
		const start = pair.now;
		let last = pair.sent.length;
		for (let i = 0; i < QUIC_SILENCE_MAX - QUIC_PTO_MAX; i += 5) {
			pair.advance(5);
			if (pair.sent.length > last) {
				times.push(pair.now - start);
				last = pair.sent.length;
			}
		}
		ok(times.length >= 5 && pair.sent.length - count <= 2 * times.length, `${times}`);
		for (let i = 1; i < times.length; i++)
			ok(times[i]! - times[i - 1]! <= QUIC_PTO_MAX + 10);
		pair.losing = false;
		pair.advance(QUIC_PTO_MAX);
		deepEqual(pieces(pair.peer.packets)[0], [0, 4]);
	});

	it("sends the rest after a blackout within one probe timeout, on the same connection", () => {
		const pair = established();
		pair.losing = true;
		for (let i = 0; i < 10; i++) {
			pair.write(0, padding(100)).pump();
			pair.advance(200);
		}
		pair.losing = false;
		const from = pair.now;
		while (pair.peer.packets.length === 0 && pair.now - from < QUIC_PTO_MAX)
			pair.advance(10);
		for (let i = 0; i < 30 && pair.client.sendRing(0).base < 1000; i++) {
			pair.frames(pair.peer.acknowledge());
			pair.advance(30);
		}
		equal(pair.client.sendRing(0).base, 1000);
		equal(pair.client.closed, false);
	});

	it("has room for probes when every record of a packet is taken", () => {
		const pair = established();
		pair.losing = true;
		for (let i = 0; i < 2 * QUIC_SENT_PACKETS; i++)
			pair.write(0, padding(10)).pump();
		const ring = pair.client.sendRing(0);
		pair.losing = false;
		for (let i = 0; i < 100 && ring.base < ring.end; i++) {
			pair.advance(50);
			if (pair.peer.packets.length > 0)
				pair.frames(pair.peer.acknowledge());
		}
		equal(ring.base, 20 * QUIC_SENT_PACKETS);
		equal(pair.client.closed, false);
	});

	it("stops at the congestion window and goes on with acknowledgments", () => {
		const pair = established();
		// A second stream: one ring alone is smaller than the initial window.
		const second = pair.client.openStream();
		pair.write(0, padding(QUIC_STREAM_SEND_RING)).write(second, padding(QUIC_STREAM_SEND_RING)).pump();
		const sum = () => pair.peer.datagrams.slice(-20).length;
		const bytes = pair.peer.packets.reduce((total, packet) => total + packet.length, 0);
		ok(bytes <= 12000 && bytes > 10000, `${bytes} bytes in flight`);
		ok(sum() > 0);
		const from = pair.peer.packets.length;
		pair.now += 50;
		pair.frames(pair.peer.acknowledge());
		const more = pair.peer.packets.slice(from).reduce((total, packet) => total + packet.length, 0);
		ok(more > 4000, `${more} bytes`);
	});

	it("does not answer acknowledgments with acknowledgments", () => {
		const pair = established();
		pair.write(0, text("a")).pump();
		const count = pair.sent.length;
		for (let i = 0; i < 10; i++)
			pair.frames(pair.peer.acknowledge()).advance(100);
		equal(pair.sent.length, count);
	});

	it("sends the acknowledgment with data where it can, else after max_ack_delay", () => {
		const pair = established();
		pair.advance(100);
		pair.frames(ping());
		const count = pair.sent.length;
		pair.write(0, text("data")).pump();
		equal(pair.sent.length, count + 1);
		deepEqual(pair.peer.packets.at(-1)!.frames.map(frame => frame.type), [2, 0x0a]);
		pair.frames(ping()).advance(24);
		equal(pair.sent.length, count + 1);
		pair.advance(1);
		equal(pair.sent.length, count + 2);
		deepEqual(pair.peer.packets.at(-1)!.frames.map(frame => frame.type), [2]);
	});

	it("keeps ACK frames short where packets were lost for good", () => {
		const pair = established();
		for (let i = 0; i < 200; i++) {
			pair.peer.nextNumber[APPLICATION]!++;
			pair.frames(ping());
			if (i % 4 === 3) {
				pair.write(0, text("x")).pump();
				pair.frames(pair.peer.acknowledge());
			}
		}
		const frame = pair.peer.frames(APPLICATION).filter(each => each.type === 2).at(-1);
		ok(frame!.ranges.length < 12, `${frame!.ranges.length} ranges`);
	});

	it("delivers everything over a link that loses a third, both ways (by seed)", () => {
		for (let seed = 1; seed <= (ENGINE as string === "xs" ? 1 : 6); seed++) {
			const prng = new Prng(seed), pair = established(), got: number[] = [];
			const total = 6000;
			let written = 0, read = 0;
			pair.losing = true;
			for (let rounds = 0; got.length < total || pair.client.sendRing(0).base < total; rounds++) {
				if (rounds > 3000 || pair.client.closed)
					throw new Error(`seed ${seed}: ${got.length} of ${total} after ${rounds} rounds; ${pair.client.closeReason}`);
				while (written < total && pair.client.sendRing(0).room > 200) {
					pair.write(0, bytesOf(...new Array<number>(100).fill(written / 100 & 0xff)));
					written += 100;
				}
				pair.sent.length = 0;
				pair.advance(10);
				pair.pump();
				for (const datagram of pair.sent.splice(0))
					if (!prng.chance(0.33))
						pair.peer.take(datagram);
				if (pair.peer.packets.length === read)
					continue;
				for (const packet of pair.peer.packets.slice(read))
					for (const frame of packet.frames.filter(isStream))
						for (let i = 0; i < frame.data.length; i++)
							got[frame.values[1]! + i] = frame.data[i]!;
				read = pair.peer.packets.length;
				const reply = pair.peer.seal(APPLICATION, pair.peer.acknowledge());
				if (!prng.chance(0.33))
					pair.deliver(reply);
			}
			for (let i = 0; i < total; i++)
				if (got[i] !== (Math.floor(i / 100) & 0xff))
					throw new Error(`seed ${seed}: byte ${i} is ${got[i]}`);
		}
	});
});
