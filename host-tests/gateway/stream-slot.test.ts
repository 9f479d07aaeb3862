import { deepEqual, describe, equal, hex, it } from "#test";
import type { StreamSocket } from "../../firmware/ports/stream-socket.js";
import { StreamSlot } from "../../firmware/gateway/stream-slot.js";
import { FakeClock } from "../support/fake-clock.js";
import { MockStreamNetwork } from "../support/mock-stream.js";

const BROKER = 0x0a4d0009, BOARD = 0x0a4d0002;

function rig() {
	const clock = new FakeClock(0), network = new MockStreamNetwork(clock), peers: StreamSocket[] = [];
	let wakes = 0;
	const listener = network.host(BROKER).streamListener({ address: BROKER, port: 8883, onChanged: () => {
		const peer = listener.accept(() => {});
		if (peer !== undefined)
			peers.push(peer);
	} });
	const slot = new StreamSlot(network.host(BOARD).streamSocket, () => { wakes++; });
	return { clock, network, slot, peers, wakes: () => wakes };
}

describe("stream slot", () => {
	it("carries bytes both ways, and wakes when something came", () => {
		const { clock, slot, peers, wakes } = rig(), into = new Uint8Array(64);
		slot.open(BROKER, 8883);
		clock.advance(10);
		equal(slot.send(new Uint8Array([1, 2, 3]), 3), true);
		clock.advance(10);
		equal(peers[0]!.receive(into, 0, 64), 3);
		equal(hex(into, 0, 3), "010203");
		slot.receive(into, 64);
		const before = wakes();
		peers[0]!.send(new Uint8Array([9, 8, 7]), 0, 3);
		clock.advance(10);
		deepEqual([wakes() > before, slot.pending], [true, true]);
		deepEqual([slot.receive(into, 2), slot.receive(into, 64), slot.receive(into, 64), slot.pending], [2, 1, 0, false]);
	});

	it("offers the rest again where the socket has taken a part", () => {
		const { clock, network, slot, peers } = rig(), bytes = new Uint8Array(1000).map((_, i) => i), into = new Uint8Array(4096);
		network.capacity = 300;
		slot.open(BROKER, 8883);
		clock.advance(10);
		let got = 0;
		for (let rounds = 0; !slot.send(bytes, bytes.length); rounds++) {
			clock.advance(10);
			const count = peers[0]!.receive(into, got, 4096);
			got += count > 0 ? count : 0;
			equal(rounds < 10, true);
			clock.advance(10);
		}
		clock.advance(10);
		got += peers[0]!.receive(into, got, 4096);
		deepEqual(into.slice(0, got), bytes);
	});

	it("tells of the end, and why", () => {
		const { clock, network, slot, peers } = rig(), into = new Uint8Array(64);
		slot.open(BROKER, 8883);
		clock.advance(10);
		peers[0]!.finish();
		clock.advance(10);
		equal(slot.receive(into, 64) < 0, true);
		equal(slot.fault, "the TCP connection ended");
		slot.open(BROKER, 8883);
		clock.advance(10);
		network.cut();
		clock.advance(10);
		equal(slot.receive(into, 64) < 0, true);
		equal(slot.fault, "TCP: reset by peer");
		slot.close();
		deepEqual([slot.receive(into, 64), slot.send(into, 64), slot.pending], [0, true, false]);
	});
});
