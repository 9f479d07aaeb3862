import { deepEqual, describe, equal, hex, it, ok, unhex } from "#test";
import type { Log } from "../../firmware/ports/log.js";
import type { StreamSocket } from "../../firmware/ports/stream-socket.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { traced } from "../../hal/trace/open-trace.js";
import { Pcapng, SNAP_LENGTH, TRACE_ROOM } from "../../hal/trace/pcapng.js";
import { tracedStreams } from "../../hal/trace/traced-sockets.js";
import { FakeClock } from "../support/fake-clock.js";
import { MockNetwork } from "../support/mock-socket.js";

const HERE = 0x0a000001, THERE = 0x0a000002, GROUP = 0xe0f4e0f5;

/** A trace in memory, at a time that goes up by one with each record. */
function memory(limit = 1_000_000) {
	const blocks: Uint8Array[] = [], lines: string[] = [], addresses = new AddressTable();
	let time = 0;
	const log: Log = { level: 2, write: (_level, _module, text) => { lines.push(text); } };
	const options = {
		file: {
			write(frame: Uint8Array, at: number, frameEnd: number, bytes: Uint8Array, offset: number, end: number) {
				const block = new Uint8Array(frameEnd + end - offset);
				block.set(frame.subarray(0, at));
				block.set(bytes.subarray(offset, end), at);
				block.set(frame.subarray(at, frameEnd), at + end - offset);
				blocks.push(block);
				return true;
			},
			stamp(bytes: Uint8Array, at: number) {
				new DataView(bytes.buffer, at).setUint32(4, ++time, true);
			},
		},
		limit, log, addresses,
	};
	return { blocks, lines, addresses, options };
}

interface PacketBlock {
	time: number;
	captured: number;
	length: number;
	tags: Record<number, string>;
	payload: string;
	flags: number;
}

function packet(block: Uint8Array): PacketBlock {
	const view = new DataView(block.buffer), tags: Record<number, string> = {}, captured = view.getUint32(20, true);
	equal(view.getUint32(0, true), 6);
	equal(view.getUint32(4, true), block.length);
	equal(view.getUint32(block.length - 4, true), block.length);
	let at = 28;
	for (let type = view.getUint16(at); type !== 0; type = view.getUint16(at)) {
		tags[type] = hex(block, at + 4, at + 4 + view.getUint16(at + 2));
		at += 4 + view.getUint16(at + 2);
	}
	const end = 28 + captured, options = (end + 3) & ~3;
	equal(view.getUint16(options, true), 2);
	return { time: view.getUint32(16, true), captured, length: view.getUint32(24, true), tags, payload: hex(block, at + 4, end), flags: view.getUint32(options + 4, true) };
}

describe("pcapng", () => {
	it("begins with a section and an interface of exported PDUs in µs", () => {
		const { blocks, options } = memory();
		new Pcapng(options);
		equal(hex(blocks[0]!, 0, 24), "0a0d0d0a" + "2c000000" + "4d3c2b1a" + "0100" + "0000" + "ffffffffffffffff");
		equal(blocks[0]!.length, 44);
		equal(hex(blocks[1]!, 8, 12), "fc000000");
		for (const block of blocks)
			equal(new DataView(block.buffer).getUint32(block.length - 4, true), block.length);
	});

	it("names dissector, addresses, ports and direction of each datagram", () => {
		const { blocks, options } = memory(), trace = new Pcapng(options), bytes = unhex("00 1111 2222 3333");
		trace.add(true, false, HERE, 30490, GROUP, 30491, bytes, 1, 6);
		trace.add(false, false, THERE, 30509, HERE, 40000, bytes, 1, 7);
		const [sent, received] = [packet(blocks[2]!), packet(blocks[3]!)];
		deepEqual(sent.tags, { 12: "736f6d6569705f7564700000", 20: "0a000001", 21: "e0f4e0f5", 24: "00000003", 25: "0000771a", 26: "0000771b" });
		equal(sent.payload, "1111222233");
		equal(sent.flags, 2);
		equal(sent.captured, sent.length);
		equal(received.flags, 1);
		equal(received.time, 2);
		equal(received.payload, "111122223333");
	});

	it("writes IPv6 addresses", () => {
		const { blocks, addresses, options } = memory(), trace = new Pcapng(options);
		const one = addresses.intern(unhex("fd00 0000 0000 0000 0000 0000 0000 0001"), 0);
		trace.add(true, false, one, 30490, one, 30490, new Uint8Array(4), 0, 4);
		const { tags } = packet(blocks[2]!);
		equal(tags[22], "fd000000000000000000000000000001");
		equal(tags[23], tags[22]);
	});

	it("keeps the beginning of what is longer than its limit, and tells the length", () => {
		const { blocks, options } = memory(), trace = new Pcapng(options);
		trace.add(true, true, HERE, 1, THERE, 2, new Uint8Array(SNAP_LENGTH + 100), 0, SNAP_LENGTH + 100);
		const { captured, length, payload } = packet(blocks[2]!);
		equal(payload.length, 2 * SNAP_LENGTH);
		equal(length - captured, 100);
	});

	it("ends at the file's limit, says so once, and counts what is missing", () => {
		const { blocks, lines, options } = memory(400), trace = new Pcapng(options);
		for (let i = 0; i < 10; i++)
			trace.add(true, false, HERE, 1, THERE, 2, new Uint8Array(40), 0, 40);
		ok(blocks.reduce((sum, block) => sum + block.length, 0) <= 400);
		equal(blocks.length + trace.missed, 12);
		equal(lines.length, 1);
	});

	it("sees what sockets receive and send, and not what they refuse", () => {
		const { blocks, options } = memory(), clock = new FakeClock(), network = new MockNetwork(clock), host = network.host(HERE), buffer = new Uint8Array(100);
		const { datagramSocket } = traced({ datagramSocket: host }, options);
		const socket = datagramSocket({ address: HERE, port: 30490, onReadable: () => { while (socket.receive(buffer) >= 0); } });
		const group = datagramSocket({ address: GROUP, port: 30490, interface: HERE, onReadable: () => { while (group.receive(buffer) >= 0); } });
		const peer = network.host(THERE)({ address: THERE, port: 30490, onReadable: () => {} });
		socket.send(new Uint8Array(8), 0, 8, THERE, 30490);
		socket.send(new Uint8Array(8), 0, 8, THERE, 0);
		peer.send(new Uint8Array(9), 0, 9, GROUP, 30490);
		clock.advance(5);
		const records = blocks.slice(2).map(packet);
		deepEqual(records.map(({ flags, payload, tags }) => [flags, payload.length / 2, tags[20], tags[21]]), [[2, 8, "0a000001", "0a000002"], [1, 9, "0a000002", "e0f4e0f5"]]);
		socket.close();
		group.close();
		equal(network.openSockets, 1);
	});
});

describe("a traced connection", () => {
	const message = (length: number, fill: number) => unhex("12340001" + (length - 8 + 0x100000000).toString(16).slice(1) + fill.toString(16).padStart(2, "0").repeat(length - 8));

	it("shows whole messages, however the stream was cut", () => {
		const first = message(24, 1), second = message(8, 0), third = message(3000, 3), all = new Uint8Array(first.length + second.length + third.length);
		all.set(first);
		all.set(second, first.length);
		all.set(third, first.length + second.length);
		for (const cut of [1, 3, 7, 8, 9, 24, 25, 100, 5000]) {
			const { blocks, options } = memory(), trace = new Pcapng(options);
			let at = 0;
			const stream: StreamSocket = {
				state: 1, peerAddress: THERE, peerPort: 30509, localPort: 50000, fault: "",
				receive(into, from, end) {
					const count = Math.min(cut, end - from, all.length - at);
					into.set(all.subarray(at, at + count), from);
					at += count;
					return count;
				},
				send: (_bytes, offset, end) => Math.min(cut, end - offset),
				finish() {}, close() {},
			};
			const socket = tracedStreams(() => stream, trace)({ address: THERE, port: 30509, interface: HERE, onChanged: () => {} });
			const into = new Uint8Array(4096);
			while (socket.receive(into, 0, 4096) > 0);
			for (let offset = 0; offset < all.length; offset += socket.send(all, offset, all.length));
			const records = blocks.slice(2).map(packet), half = records.length / 2;
			deepEqual(records.map(({ payload }) => payload), [first, second, third, first, second, third].map(bytes => hex(bytes)), `cut ${cut}`);
			ok(records.slice(0, half).every(({ flags, tags }) => flags === 1 && tags[20] === "0a000002" && tags[24] === "00000002"));
			ok(records.slice(half).every(({ flags, tags }) => flags === 2 && tags[20] === "0a000001"));
		}
	});

	it("connections share a bounded room: what finds none is cut short with its true length, and closing gives it back", () => {
		const { blocks, options } = memory(), trace = new Pcapng(options), long = message(12_000, 7), sockets: StreamSocket[] = [];
		const open = tracedStreams(() => ({
			state: 1, peerAddress: THERE, peerPort: 30509, localPort: 50000, fault: "", receive: () => 0, send: (_bytes, offset, end) => end - offset, finish() {}, close() {},
		}), trace);
		for (let i = 0; i < 4; i++) {
			const socket = open({ address: THERE, port: 30509, interface: HERE, onChanged: () => {} });
			sockets.push(socket);
			for (let at = 0; at < long.length; at += 1000)
				socket.send(long, at, at + 1000);
			ok(trace.room >= 0 && trace.room < TRACE_ROOM);
		}
		const records = blocks.slice(2).map(packet);
		deepEqual(records.map(({ length, captured, payload }) => length - captured + payload.length / 2), [12_000, 12_000, 12_000, 12_000]);
		equal(records[0]!.payload, hex(long));
		equal(trace.room, 0);
		ok(records[3]!.payload.length < 2000 && hex(long).startsWith(records[3]!.payload));
		for (const socket of sockets)
			socket.close();
		equal(trace.room, TRACE_ROOM);
	});
});
