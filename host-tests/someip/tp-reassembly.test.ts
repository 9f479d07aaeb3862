import { deepEqual, describe, ENGINE, equal, it, ok } from "#test";
import {
	DROP_TP_DUPLICATE, DROP_TP_END, DROP_TP_HEADER, DROP_TP_INCOMPLETE, DROP_TP_LENGTH, DROP_TP_SIZE, DROP_TP_STALE, Statistics,
} from "../../firmware/someip/drop.js";
import { HEADER_LENGTH, Message, TYPE_NOTIFICATION, writeHeader } from "../../firmware/someip/header.js";
import { MessageStore } from "../../firmware/someip/message-store.js";
import { TP_COMPLETE, TP_PENDING, TpReassembly } from "../../firmware/someip/tp-reassembly.js";
import { needsSegments, SEGMENT_MAX, writeSegment } from "../../firmware/someip/tp-segmenter.js";
import { Prng } from "../support/prng.js";

interface Fields { owner?: number; method?: number; client?: number; session?: number; version?: number; now?: number }

class Bench {
	statistics = new Statistics();
	tp: TpReassembly;
	#message = new Message();
	#buffer = new Uint8Array(1500);

	constructor(buffers = 4, messageMax = 8192, timeout = 1000, storeBytes = messageMax + 512) {
		this.tp = new TpReassembly(this.statistics, { messages: buffers, messageMax, timeout, store: new MessageStore(storeBytes) });
	}

	/** Gives a datagram to the pool. */
	datagram(bytes: Uint8Array, { owner = 1, now = 0 }: Fields = {}): number {
		this.#buffer.set(bytes);
		this.#message.attach(this.#buffer);
		ok(this.#message.wrap(0, bytes.length) > 0);
		return this.tp.add(owner, this.#message, now);
	}

	segment(offset: number, payload: readonly number[] | Uint8Array, more: boolean, fields: Fields = {}): number {
		const bytes = new Uint8Array(20 + payload.length), { method = 0x8001, client = 0, session = 1, version = 1 } = fields;
		writeHeader(bytes, 0, 0x1234, method, 4 + payload.length, client, session, version, TYPE_NOTIFICATION | 0x20);
		new DataView(bytes.buffer).setUint32(16, (offset | (more ? 1 : 0)) >>> 0);
		bytes.set(payload, 20);
		return this.datagram(bytes, fields);
	}

	get result(): Uint8Array {
		return this.tp.bytes.slice(this.tp.start + HEADER_LENGTH, this.tp.end);
	}
}

function segments(payload: Uint8Array, session = 1, method = 0x8001): Uint8Array[] {
	const list: Uint8Array[] = [];
	for (let offset = 0; offset < payload.length; offset += SEGMENT_MAX) {
		const into = new Uint8Array(1500);
		list.push(into.slice(0, writeSegment(into, 0x1234, method, 0, session, 1, TYPE_NOTIFICATION, payload, offset, payload.length)));
	}
	return list;
}

const pattern = (length: number, seed = 1) => {
	const bytes = new Uint8Array(length);
	new Prng(seed).fill(bytes);
	return bytes;
};
const fill = (length: number, value: number) => new Uint8Array(length).fill(value);

describe("tp segmenter", () => {
	it("cuts into segments of 1392 bytes and a rest, flags and offsets in place", () => {
		const list = segments(pattern(5012));
		deepEqual(list.map(bytes => bytes.length), [1412, 1412, 1412, 856]);
		deepEqual(list.map(bytes => new DataView(bytes.buffer).getUint32(16)), [1, 1393, 2785, 4176]);
		ok(list.every(bytes => bytes[14] === 0x22 && new DataView(bytes.buffer).getUint32(4) === bytes.length - 8));
		deepEqual(segments(pattern(2784)).map(bytes => bytes.length), [1412, 1412]);
		deepEqual([needsSegments(1400), needsSegments(1401)], [false, true]);
	});
});

describe("tp reassembly", () => {
	it("puts segments together in order, reversed, and 3 places off", () => {
		const payload = pattern(8000), list = segments(payload);
		for (const order of [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 1, 2, 4, 5], [1, 2, 5, 3, 4, 0]]) {
			const bench = new Bench();
			deepEqual(order.map(index => bench.datagram(list[index]!)), [0, 0, 0, 0, 0, 1], `${order}`);
			deepEqual(bench.result, payload);
		}
	});

	it("lengths 1 to 60 of the last segment come out whole", () => {
		for (let rest = 1; rest <= 60; rest++) {
			const bench = new Bench(), payload = pattern(32 + rest);
			equal(bench.segment(32, payload.slice(32), false), TP_PENDING);
			equal(bench.segment(0, payload.slice(0, 32), true), TP_COMPLETE);
			deepEqual(bench.result, payload);
		}
	});

	it("counts duplicates, before and after the message is whole", () => {
		const bench = new Bench(), list = segments(pattern(4000));
		deepEqual([0, 0, 1, 1, 2, 2, 0].map(index => bench.datagram(list[index]!)),
			[TP_PENDING, DROP_TP_DUPLICATE, TP_PENDING, DROP_TP_DUPLICATE, TP_COMPLETE, DROP_TP_STALE, DROP_TP_STALE]);
	});

	// The example of feat_req_someiptp_797, in units of 16 bytes.
	it("keeps the bytes that came first where segments overlap", () => {
		const bench = new Bench();
		equal(bench.segment(0, fill(48, 1), true), TP_PENDING);
		equal(bench.segment(16, fill(48, 2), false), TP_COMPLETE);
		deepEqual(bench.result, new Uint8Array([...fill(48, 1), ...fill(16, 2)]));
		equal(bench.segment(32, fill(16, 3), true, { session: 2 }), TP_PENDING);
		equal(bench.segment(0, fill(80, 4), true, { session: 2 }), TP_PENDING);
		equal(bench.segment(64, fill(20, 5), false, { session: 2 }), TP_COMPLETE);
		deepEqual(bench.result, new Uint8Array([...fill(32, 4), ...fill(16, 3), ...fill(32, 4), ...fill(4, 5)]));
	});

	it("cancels a message with a segment that cannot be, and drops what else comes of it", () => {
		const faults: [string, (bench: Bench) => number, number][] = [
			["more to come, but not a multiple of 16", bench => bench.segment(16, fill(17, 0), true), DROP_TP_LENGTH],
			["beyond the buffer", bench => bench.segment(8176, fill(32, 0), true), DROP_TP_SIZE],
			["at the end of 28 bits", bench => bench.segment(0xfffffff0, fill(16, 0), true), DROP_TP_SIZE],
			["an end before bytes that are there", bench => bench.segment(0, fill(8, 0), false), DROP_TP_END],
		];
		for (const [name, fault, code] of faults) {
			const bench = new Bench();
			equal(bench.segment(0, fill(16, 0), true), TP_PENDING);
			equal(fault(bench), code, name);
			equal(bench.segment(16, fill(16, 0), false), DROP_TP_STALE, name);
			equal(bench.statistics.droppedBy(DROP_TP_INCOMPLETE), 1, name);
			equal(bench.segment(0, fill(16, 0), false, { session: 2 }), TP_COMPLETE, name);
		}
		const bench = new Bench();
		equal(bench.segment(16, fill(16, 0), false), TP_PENDING);
		equal(bench.segment(32, fill(16, 0), false), DROP_TP_END, "two ends");
		const other = new Bench();
		equal(other.segment(16, fill(16, 0), false), TP_PENDING);
		equal(other.segment(16, fill(16, 0), true), DROP_TP_END, "more after the end");
	});

	it("drops a segment without its header or without bytes", () => {
		const bench = new Bench();
		equal(bench.segment(0, [], false), DROP_TP_HEADER);
		for (let length = 0; length < 4; length++) {
			const bytes = new Uint8Array(16 + length);
			writeHeader(bytes, 0, 0x1234, 0x8001, length, 0, 1, 1, 0x22);
			equal(bench.datagram(bytes), DROP_TP_HEADER);
		}
	});

	it("ignores the reserved bits", () => {
		const bench = new Bench();
		equal(bench.segment(0x0e, fill(16, 1), true), TP_PENDING);
		equal(bench.segment(0x1e, fill(3, 2), false), TP_COMPLETE);
		equal(bench.result.length, 19);
	});

	it("a new session drops the old one; a straggler of the old one does no harm", () => {
		const bench = new Bench(), first = segments(pattern(4000, 1), 1), second = segments(pattern(4000, 2), 2);
		bench.datagram(first[0]!);
		bench.datagram(first[1]!);
		equal(bench.datagram(second[0]!), TP_PENDING);
		equal(bench.statistics.droppedBy(DROP_TP_INCOMPLETE), 1);
		equal(bench.datagram(first[2]!), DROP_TP_STALE);
		equal(bench.datagram(second[1]!), TP_PENDING);
		equal(bench.datagram(second[2]!), TP_COMPLETE);
		deepEqual(bench.result, pattern(4000, 2));
	});

	it("keeps senders, events, clients and versions apart", () => {
		const bench = new Bench(5), kinds: Fields[] = [{}, { owner: 2 }, { method: 0x8002 }, { client: 3 }, { version: 2 }];
		kinds.forEach((kind, index) => equal(bench.segment(0, fill(16, index), true, kind), TP_PENDING));
		kinds.forEach((kind, index) => {
			equal(bench.segment(16, fill(16, index), false, kind), TP_COMPLETE);
			deepEqual(bench.result, fill(32, index));
		});
	});

	it("gives a message up after the timeout, so that a session id used again is another message", () => {
		const bench = new Bench();
		bench.segment(0, fill(16, 1), true, { now: 0x7fffff00 });
		equal(bench.segment(16, fill(16, 2), false, { now: (0x7fffff00 + 1000) | 0 }), TP_PENDING);
		equal(bench.statistics.droppedBy(DROP_TP_INCOMPLETE), 1);
		bench.tp.expire((0x7fffff00 + 2000) | 0);
		equal(bench.statistics.droppedBy(DROP_TP_INCOMPLETE), 2);
		const whole = new Bench();
		equal(whole.segment(0, fill(16, 1), false, { now: 0 }), TP_COMPLETE);
		equal(whole.segment(0, fill(16, 1), false, { now: 999 }), DROP_TP_STALE);
		equal(whole.segment(0, fill(16, 1), false, { now: 1000 }), TP_COMPLETE);
	});

	it("messages that are never completed do not keep good ones out", () => {
		const bench = new Bench(), payload = pattern(6000);
		let session = 0;
		for (let round = 0; round < 100; round++) {
			const list = segments(payload, ++session);
			for (let i = 0; i < list.length; i++) {
				for (let junk = 0; junk < 3; junk++)
					bench.segment(i % 2 * 8160, fill(16, 9), true, { method: 0x9000 + round * 16 + i * 3 + junk, now: round });
				equal(bench.datagram(list[i]!, { now: round }), i === list.length - 1 ? TP_COMPLETE : TP_PENDING);
			}
			deepEqual(bench.result, payload);
		}
	});

	it("session 0 counts as none: message follows message", () => {
		const bench = new Bench();
		for (let i = 0; i < 3; i++) {
			equal(bench.segment(0, fill(16, i), true, { session: 0 }), TP_PENDING);
			equal(bench.segment(16, fill(1, i), false, { session: 0 }), TP_COMPLETE);
			equal(bench.result[16], i);
		}
	});

	it("never delivers a wrong byte of 128 KiB at 5 % loss, reordering by 3 and duplicates", () => {
		const bench = new Bench(2, 131072), rounds = ENGINE === "xs" ? 1 : 60;
		let whole = 0;
		for (let seed = 1; seed <= rounds; seed++) {
			const random = new Prng(seed), payload = pattern(131072 - random.below(2000), seed);
			const sent = segments(payload, seed).map((bytes, index) => ({ bytes, place: index + random.below(4) + random.below(2) / 2 }));
			const lossy = seed % 2 === 0 ? sent : sent.filter(() => !random.chance(0.05));
			const doubled = lossy.concat(lossy.filter(() => random.chance(0.1)).map(({ bytes, place }) => ({ bytes, place: place + random.below(4) })));
			doubled.sort((a, b) => a.place - b.place);
			let complete = 0;
			for (const { bytes } of doubled)
				if (bench.datagram(bytes) === TP_COMPLETE) {
					complete++;
					deepEqual(bench.result, payload, `seed ${seed}`);
				}
			equal(complete, lossy.length === sent.length ? 1 : 0, `seed ${seed}`);
			whole += complete;
		}
		ok(ENGINE === "xs" || whole >= rounds / 2);
	});

	it("random segments never throw nor leave the buffer", () => {
		const bench = new Bench(4, 1024), random = new Prng(5), rounds = ENGINE === "xs" ? 300 : 50_000;
		for (let i = 0; i < rounds; i++) {
			const more = random.chance(0.7), size = random.chance(0.8) ? 16 * (1 + random.below(8)) : random.below(130);
			const code = bench.segment(random.below(80) * 16, fill(size, i), more, { session: random.below(3), method: random.below(6), now: i });
			ok(code !== TP_COMPLETE || (bench.result.length > 0 && bench.result.length <= 1024));
		}
		ok(bench.statistics.dropped > 0);
	});
});
