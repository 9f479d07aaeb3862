import { ENGINE, deepEqual, describe, equal, it, throws } from "#test";
import { NONE, OVERFLOW_DROP_NEWEST, OVERFLOW_DROP_OLDEST, Outbox, RECORD_QOS1, RECORD_SENT } from "../../firmware/mqtt/outbox.js";
import { SendRing } from "../../firmware/wire/send-ring.js";
import { Prng } from "../support/prng.js";

const message = (length: number, first: number): Uint8Array => Uint8Array.from({ length }, (_, i) => first + i & 255);

function payloadOf(outbox: Outbox, record: number): Uint8Array {
	const ring = new SendRing(4096), length = outbox.lengthOf(record), bytes = new Uint8Array(length);
	outbox.copy(record, 0, length, ring);
	ring.commit();
	ring.copy(0, length, bytes, 0);
	return bytes;
}

function list(outbox: Outbox, qos: number): number[] {
	const records = [];
	for (let record = outbox.first(qos); record !== NONE; record = outbox.following(record))
		records.push(record);
	return records;
}

const topics = (outbox: Outbox, qos: number): number[] => list(outbox, qos).map(record => outbox.topicOf(record));

/** An outbox of four blocks, full of one-block messages of the given QoS; topic = position. */
function full(...qos: number[]): Outbox {
	const outbox = new Outbox(4 * 64, 64);
	qos.forEach((value, topic) => outbox.append(topic, value === 1 ? RECORD_QOS1 : 0, message(10, topic), 0, 10));
	return outbox;
}

describe("mqtt/outbox", () => {
	it("keeps messages of any length, byte for byte", () => {
		const outbox = new Outbox(4096, 64);
		for (const length of [0, 1, 47, 48, 49, 109, 110, 111, 112, 500, 1500]) {
			const record = outbox.append(7, RECORD_QOS1, message(length + 3, 1), 3, length + 3);
			deepEqual(payloadOf(outbox, record), message(length, 4), `${length} bytes`);
			equal(outbox.blocksFor(length), length <= 48 ? 1 : 1 + Math.ceil((length - 48) / 62));
		}
	});

	it("copies any range of a message", () => {
		const outbox = new Outbox(1024, 64), record = outbox.append(0, 0, message(200, 0), 0, 200);
		for (let from = 0; from < 200; from += 13)
			for (let to = from + 1; to <= 200; to += 29) {
				const ring = new SendRing(256), bytes = new Uint8Array(to - from);
				outbox.copy(record, from, to, ring);
				ring.commit();
				ring.copy(0, to - from, bytes, 0);
				deepEqual(bytes, message(to - from, from), `${from}…${to}`);
			}
	});

	it("refuses what has no room and stays as it was", () => {
		const outbox = full(0, 1, 0, 1);
		equal(outbox.append(9, 0, message(1, 0), 0, 1), NONE);
		deepEqual([topics(outbox, 0), topics(outbox, 1), outbox.count], [[0, 2], [1, 3], 4]);
	});

	it("gives the room of a message back, wherever in its queue it was", () => {
		for (const middle of [0, 1, 2, 3]) {
			const outbox = full(1, 1, 1, 1), records = list(outbox, 1);
			outbox.remove(records[middle]!);
			deepEqual(topics(outbox, 1), [0, 1, 2, 3].filter(topic => topic !== middle));
			equal(outbox.append(9, RECORD_QOS1, message(48, 0), 0, 48) !== NONE, true);
			deepEqual(topics(outbox, 1).at(-1), 9);
		}
	});

	it("drops the oldest of QoS 0 for QoS 0", () => {
		const outbox = full(0, 1, 0, 0);
		equal(outbox.makeRoom(100, 0, OVERFLOW_DROP_OLDEST), 2);
		deepEqual([topics(outbox, 0), topics(outbox, 1)], [[3], [1]]);
	});

	it("drops no QoS 1 for QoS 0, and nothing where that would not do", () => {
		const outbox = full(1, 1, 1, 0);
		equal(outbox.makeRoom(100, 0, OVERFLOW_DROP_OLDEST), -1);
		equal(outbox.makeRoom(10, 0, OVERFLOW_DROP_NEWEST), -1);
		equal(outbox.count, 4);
	});

	it("drops QoS 0 for QoS 1, and the oldest of QoS 1 only by its rule", () => {
		const kept = full(1, 0, 1, 1);
		equal(kept.makeRoom(10, 1, OVERFLOW_DROP_NEWEST), 1);
		deepEqual([topics(kept, 0), topics(kept, 1)], [[], [0, 2, 3]]);
		equal(kept.makeRoom(100, 1, OVERFLOW_DROP_NEWEST), -1);
		equal(kept.makeRoom(100, 1, OVERFLOW_DROP_OLDEST), 1);
		deepEqual(topics(kept, 1), [2, 3]);
	});

	it("drops none that is on its way or must be repeated", () => {
		const outbox = full(1, 1, 1, 0), [first, second] = list(outbox, 1), [zero] = list(outbox, 0);
		outbox.setFlags(first!, outbox.flagsOf(first!) | RECORD_SENT);
		outbox.setPacketId(second!, 5);
		outbox.setFlags(zero!, RECORD_SENT);
		equal(outbox.makeRoom(100, 1, OVERFLOW_DROP_OLDEST), -1);
		equal(outbox.makeRoom(10, 1, OVERFLOW_DROP_OLDEST), 1);
		deepEqual([topics(outbox, 0), topics(outbox, 1)], [[3], [0, 1]]);
	});

	it("agrees with a plain list over random use", () => {
		const rounds = ENGINE === "xs" ? 300 : 5000;
		for (const seed of [1, 2, 3]) {
			const prng = new Prng(seed), outbox = new Outbox(40 * 32, 32);
			const model: { record: number, bytes: Uint8Array, qos: number }[] = [];
			const used = (): number => model.reduce((sum, entry) => sum + outbox.blocksFor(entry.bytes.length), 0);
			for (let round = 0; round < rounds; round++) {
				if (prng.chance(0.55)) {
					const bytes = message(prng.below(prng.chance(0.1) ? 400 : 60), prng.below(256)), qos = prng.below(2);
					const fits = used() + outbox.blocksFor(bytes.length) <= outbox.blocks;
					const record = outbox.append(1, qos === 1 ? RECORD_QOS1 : 0, bytes, 0, bytes.length);
					equal(record !== NONE, fits, `seed ${seed}, round ${round}`);
					if (fits)
						model.push({ record, bytes, qos });
				}
				else if (model.length > 0)
					outbox.remove(model.splice(prng.below(model.length), 1)[0]!.record);
				equal(outbox.count, model.length);
				for (const qos of [0, 1])
					deepEqual(list(outbox, qos), model.filter(entry => entry.qos === qos).map(entry => entry.record), `seed ${seed}, round ${round}`);
				if (round % 50 === 0)
					for (const entry of model)
						deepEqual(payloadOf(outbox, entry.record), entry.bytes, `seed ${seed}, round ${round}`);
			}
		}
	});

	it("refuses sizes that cannot be", () => {
		throws(() => new Outbox(10, 64), "outbox of 10 bytes");
		throws(() => new Outbox(1024, 8), "blocks of 8");
	});
});
