import { deepEqual, describe, ENGINE, equal, hex, it, ok, unhex } from "#test";
import { STREAM_RESYNC_MAX, TP_MESSAGE_MAX } from "../../firmware/config.js";
import { DROP_STREAM_LENGTH, DROP_STREAM_SKIPPED, Statistics } from "../../firmware/someip/drop.js";
import { TYPE_NOTIFICATION, writeHeader } from "../../firmware/someip/header.js";
import { MessageStore } from "../../firmware/someip/message-store.js";
import { STREAM_BROKEN, StreamFraming, writeCookie } from "../../firmware/someip/stream-framing.js";
import { Prng } from "../support/prng.js";

const CLIENT_COOKIE = "ffff0000 00000008 deadbeef 01010100", SERVER_COOKIE = "ffff8000 00000008 deadbeef 01010200";

function message(length: number, seed: number): Uint8Array {
	const bytes = new Uint8Array(16 + length);
	new Prng(seed).fill(bytes);
	writeHeader(bytes, 0, 0x1234, seed & 0x7fff, length, 0, 1, 1, TYPE_NOTIFICATION);
	return bytes;
}

class Bench {
	readonly statistics = new Statistics();
	readonly store: MessageStore;
	readonly framing: StreamFraming;
	out: Uint8Array[] = [];
	broken = false;

	constructor(scratch = 1500, storeBytes = 16_896) {
		this.store = new MessageStore(storeBytes);
		this.framing = new StreamFraming(new Uint8Array(scratch), this.store, this.statistics);
	}

	/** Gives bytes in pieces of at most `piece`. */
	feed(bytes: Uint8Array, piece = bytes.length): void {
		const framing = this.framing;
		for (let at = 0; at < bytes.length && !this.broken;) {
			framing.prepare(0);
			const count = Math.min(framing.end - framing.at, bytes.length - at, piece);
			framing.into.set(bytes.subarray(at, at + count), framing.at);
			framing.received(count);
			at += count;
			for (let length = framing.next(); length !== 0; length = framing.next()) {
				if (length === STREAM_BROKEN) {
					this.broken = true;
					return;
				}
				equal(framing.messageEnd - framing.messageStart, length);
				this.out.push(framing.bytes.slice(framing.messageStart, framing.messageEnd));
			}
		}
	}
}

const join = (...parts: Uint8Array[]) => {
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
	return bytes;
};

describe("stream framing", () => {
	it("feat_req_someip_702: messages of any length come whole out of pieces of any length", () => {
		const lengths = [0, 1, 7, 32, 1400, 1484, 1485, 1500, 3000, TP_MESSAGE_MAX, 0, 5];
		const messages = lengths.map((length, index) => message(length, index + 1)), stream = join(...messages);
		for (const piece of ENGINE === "xs" ? [1500] : [1, 2, 7, 8, 15, 16, 17, 100, 1499, 1500, 5000, stream.length]) {
			const bench = new Bench();
			bench.feed(stream, piece);
			equal(bench.out.length, messages.length, `pieces of ${piece}`);
			messages.forEach((one, index) => deepEqual(bench.out[index]!, one, `pieces of ${piece}, message ${index}`));
			equal(bench.statistics.dropped, 0);
		}
	});

	it("feat_req_someip_609: cookies of both directions are written and passed over", () => {
		const into = new Uint8Array(16);
		writeCookie(into, 0, false);
		equal(hex(into, 0, 16), hex(unhex(CLIENT_COOKIE)));
		writeCookie(into, 0, true);
		equal(hex(into, 0, 16), hex(unhex(SERVER_COOKIE)));
		const one = message(40, 1), stream = join(unhex(CLIENT_COOKIE), one, unhex(SERVER_COOKIE), unhex(SERVER_COOKIE), one);
		for (const piece of [1, 5, 16, 200]) {
			const bench = new Bench();
			bench.feed(stream, piece);
			deepEqual(bench.out, [one, one], `pieces of ${piece}`);
		}
	});

	it("feat_req_someip_798: a length that cannot be breaks the stream, and is counted", () => {
		for (const length of ["00000000", "00000007", "00004009", "ffffffff", "80000000"])
			for (const piece of [1, 20]) {
				const bench = new Bench();
				bench.feed(join(message(4, 1), unhex(`12348001 ${length} 00000001 01010200 0000`)), piece);
				ok(bench.broken, length);
				equal(bench.out.length, 1);
				equal(bench.statistics.droppedBy(DROP_STREAM_LENGTH), 1);
			}
	});

	it("feat_req_someip_586: where cookies came before, the next one brings the stream back", () => {
		const one = message(40, 1), bad = unhex("12348001 ffffffff 00000001 01010200 ffff ffff 0000 00ff ffff ff80 00");
		for (const piece of ENGINE === "xs" ? [3] : [1, 3, 16, 300]) {
			const bench = new Bench();
			bench.feed(join(unhex(CLIENT_COOKIE), one, bad, unhex("ffff"), unhex(CLIENT_COOKIE), one), piece);
			ok(!bench.broken);
			deepEqual(bench.out, [one, one], `pieces of ${piece}`);
		}
		const bench = new Bench();
		bench.feed(join(unhex(CLIENT_COOKIE), bad, new Uint8Array(STREAM_RESYNC_MAX + 100)));
		ok(bench.broken, "it is not looked for without end");
	});

	it("a claimed length reserves nothing; what finds no room is passed over, and the stream goes on", () => {
		const bench = new Bench(100, 1024), one = message(20, 1);
		bench.feed(join(message(2000, 2), one, message(900, 3), one), 64);
		equal(bench.out.length, 3);
		deepEqual([bench.out[0], bench.out[2]], [one, one]);
		equal(bench.statistics.droppedBy(DROP_STREAM_SKIPPED), 1);
	});

	it("connections share the store: the one that waited longest gives way, and stays in step", () => {
		const store = new MessageStore(2000), statistics = new Statistics();
		const framings = [1, 2, 3].map(() => new StreamFraming(new Uint8Array(200), store, statistics));
		const messages = framings.map((_, index) => message(1000, index + 1)), got: number[] = [0, 0, 0];
		const feed = (index: number, bytes: Uint8Array, now: number) => {
			const framing = framings[index]!;
			for (let at = 0; at < bytes.length;) {
				framing.prepare(now);
				const count = Math.min(framing.end - framing.at, bytes.length - at);
				framing.into.set(bytes.subarray(at, at + count), framing.at);
				framing.received(count);
				at += count;
				for (let length = framing.next(); length > 0; length = framing.next()) {
					equal(hex(framing.bytes, framing.messageStart, framing.messageEnd), hex(length === 1016 ? messages[index]! : message(3, 9)));
					got[index]!++;
				}
			}
		};
		for (let i = 0; i < 3; i++)
			feed(i, messages[i]!.subarray(0, 900), i);
		equal(statistics.droppedBy(DROP_STREAM_SKIPPED), 1);
		for (let i = 0; i < 3; i++)
			feed(i, messages[i]!.subarray(900), 10 + i);
		deepEqual(got, [0, 1, 1]);
		for (let i = 0; i < 3; i++)
			feed(i, join(message(3, 9), messages[i]!), 20 + i);
		deepEqual(got, [2, 3, 3]);
	});

	it("random bytes never throw", () => {
		const random = new Prng(6);
		for (let round = 0; round < (ENGINE === "xs" ? 20 : 2000); round++) {
			const bench = new Bench(64 + random.below(200), 600), bytes = new Uint8Array(random.below(2000));
			random.fill(bytes);
			for (let at = 0; at + 8 < bytes.length; at += 8 + random.below(60))
				bytes.set([0, 0, random.below(2), random.below(256)], at + 4);
			if (random.chance(0.5))
				bench.feed(unhex(CLIENT_COOKIE));
			bench.feed(bytes, 1 + random.below(100));
			bench.framing.reset();
			bench.broken = false;
			bench.out = [];
			bench.feed(message(100, 1), 1 + random.below(100));
			deepEqual(bench.out, [message(100, 1)]);
		}
	});
});
