import { describe, it, deepEqual, equal, ok } from "#test";
import { Ecn } from "../../firmware/quic/ecn.js";
import { bytesOf, padding, ping, varints } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

const started = (): Ecn => {
	const ecn = new Ecn();
	ecn.test();
	return ecn;
};

describe("ecn", () => {
	it("marks ten packets, then waits for what comes of them", () => {
		const ecn = started();
		for (; ecn.marks; ecn.sent++);
		equal(ecn.sent, 10);
		equal(ecn.onAck(3, 3, 0, 0), false);
		equal(ecn.isCapable && ecn.marks, true);
	});

	// sent; then [newly acknowledged marks, ECT(0), ECT(1), CE]…; the end: capable, off, or still testing; congestion met in the last.
	const table: [string, number, number[][], string, boolean?][] = [
		["counts that fit", 5, [[2, 2, 0, 0], [3, 5, 0, 0]], "capable"],
		["congestion", 5, [[2, 1, 0, 1]], "capable", true],
		["no counts at all", 5, [[1, -1, -1, -1]], "off"],
		["no counts, nothing marked acknowledged", 5, [[0, -1, -1, -1]], "testing"],
		["too few", 5, [[3, 2, 0, 0]], "off"],
		["more than were sent", 5, [[5, 6, 0, 0]], "off"],
		["ECT(1), which was not sent", 5, [[1, 1, 1, 0]], "off"],
		["fewer than before", 5, [[3, 3, 0, 0], [0, 2, 0, 0]], "off"],
		["CE taken back", 5, [[3, 2, 0, 1], [0, 3, 0, 0]], "off"],
		["lost marks on a path that clears them later", 9, [[4, 4, 0, 0], [2, 4, 0, 0]], "off"],
	];
	for (const [name, sent, acks, end, isCongested] of table)
		it(`is ${end} after ${name}`, () => {
			const ecn = started();
			ecn.sent = sent;
			let met = false;
			for (const [marked, ect0, ect1, ce] of acks)
				met = ecn.onAck(marked!, ect0!, ect1!, ce!);
			equal(ecn.isCapable ? "capable" : ecn.marks ? "testing" : "off", end);
			equal(met, isCongested ?? false);
		});
});

describe("ecn over a connection", () => {
	const ackEcn = (pair: Pair, ect0: number, ect1 = 0, ce = 0) => {
		const ack = pair.peer.acknowledge();
		ack[0] = 3;
		return bytesOf(ack, varints(ect0, ect1, ce));
	};

	it("is not spoken of unless the socket knows it", () => {
		const pair = new Pair().establish();
		for (let i = 0; i < 5; i++)
			pair.frames(ping());
		ok(pair.marks.every(mark => mark === 0));
		ok(pair.peer.frames().every(frame => frame.type !== 3));
	});

	it("counts what comes, and acknowledges CE at once", () => {
		const pair = new Pair().establish();
		pair.arrive(pair.peer.seal(APPLICATION, ping()), 2).pump();
		pair.arrive(pair.peer.seal(APPLICATION, ping()), 2).pump();
		pair.advance(30);
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 3).at(-1)!.values.slice(2), [2, 0, 0]);
		pair.arrive(pair.peer.seal(APPLICATION, ping()), 3).pump();
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 3).at(-1)!.values.slice(2), [2, 0, 1]);
		pair.arrive(pair.peer.seal(APPLICATION, ping()), 1).pump();
		pair.advance(30);
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 3).at(-1)!.values.slice(2), [2, 1, 1]);
		// A duplicate is not counted.
		const packet = pair.peer.seal(APPLICATION, ping());
		pair.arrive(packet.slice(), 2).arrive(packet, 2).pump();
		pair.advance(30);
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 3).at(-1)!.values.slice(2), [3, 1, 1]);
	});

	it("marks datagrams of 1-RTT packets, as long as the counts are right", () => {
		const pair = new Pair().establish();
		pair.client.enableEcn();
		equal(pair.client.openStream(), 0);
		const from = pair.marks.length;
		const send = () => pair.write(0, padding(50)).pump();
		for (let i = 0; i < 15; i++)
			send();
		equal(pair.marks.slice(from).filter(mark => mark === 2).length, 10);
		pair.frames(ackEcn(pair, 10));
		send();
		equal(pair.marks.at(-1), 2);
		pair.frames(ackEcn(pair, 11, 0, 0));
		send();
		pair.frames(pair.peer.acknowledge());
		send();
		equal(pair.marks.at(-1), 0);
		equal(pair.client.closed, false);
	});

	it("takes CE for congestion", () => {
		const pair = new Pair({ parameters: { 4: bytesOf(0x84, 0, 0, 0), 6: bytesOf(0x84, 0, 0, 0) } }).establish();
		pair.client.enableEcn();
		equal(pair.client.openStream(), 0);
		const flight = () => {
			const from = pair.peer.packets.length;
			for (let round = 0; round < 4 && pair.client.sendRing(0).room > 4000; round++)
				pair.write(0, padding(4000)).pump();
			return pair.peer.packets.length - from;
		};
		const before = flight();
		pair.now += 20;
		pair.frames(ackEcn(pair, before - 1, 0, 1));
		pair.now += 20;
		ok(flight() < before, "the window is smaller");
	});

	it("is tested again on another path, where the server's counts go on", () => {
		const pair = new Pair({ id: bytesOf() }).establish();
		pair.client.enableEcn();
		equal(pair.client.openStream(), 0);
		const send = () => pair.write(0, padding(50)).pump();
		send();
		send();
		equal(pair.client.migrate(pair.now), true);
		send();
		pair.frames(ackEcn(pair, 3));
		send();
		pair.frames(ackEcn(pair, 4));
		for (let i = 0; i < 12; i++)
			send();
		equal(pair.marks.at(-1), 2);
	});

	it("an ACK that is overtaken does not turn it off", () => {
		const pair = new Pair().establish();
		pair.client.enableEcn();
		equal(pair.client.openStream(), 0);
		pair.write(0, padding(50)).pump();
		const early = ackEcn(pair, 1);
		pair.write(0, padding(50)).pump();
		pair.frames(ackEcn(pair, 2));
		pair.frames(early);
		pair.write(0, padding(50)).pump();
		equal(pair.marks.at(-1), 2);
	});
});
