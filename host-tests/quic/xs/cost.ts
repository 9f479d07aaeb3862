/** What a QUIC connection costs on XS. Prints one line per kind of work: slots, chunk bytes and meter per round; and
 *  the bytes that a connection takes. Entry for XS. */
import { crypto as natives } from "#hal";
import { EVENT_NONE, EVENT_STREAM_READABLE } from "../../../firmware/quic/connection.js";
import { engine } from "../../../hal/system/engine.js";
import { bytesOf, padding, stream, varints } from "../support/frames.js";
import { Pair } from "../support/pair.js";
import { APPLICATION } from "../support/test-peer.js";

const print = (line: string): void => native("xs_print").call(undefined, line);
const ROUNDS = 500, WARM_UP = 300;

class Meter {
	slots = 0;
	chunks = 0;
	meter = 0;
	#slots = 0;
	#chunks = 0;
	#meter = 0;

	start(): void {
		this.#slots = engine.slotsAllocated();
		this.#chunks = engine.chunkBytesAllocated();
		this.#meter = engine.meter();
	}

	stop(): void {
		this.meter += engine.meter() - this.#meter;
		this.chunks += engine.chunkBytesAllocated() - this.#chunks;
		this.slots += engine.slotsAllocated() - this.#slots;
	}
}

function report(name: string, meter: Meter): void {
	print(`${name} ${meter.slots / ROUNDS} ${meter.chunks / ROUNDS} ${Math.round(meter.meter / ROUNDS)}`);
}

const CREDIT = varints(1 << 29);
const options = { client: { crypto: natives }, parameters: { 0x04: CREDIT, 0x06: CREDIT } };

/** The client alone, established, with one stream; its peer is left to the collector. */
function client(): Pair["client"] {
	const pair = new Pair(options).establish();
	pair.client.openStream();
	return pair.client;
}

export default function (): void {
	// The support keeps the last one, so it is the second that counts.
	const kept = [client()];
	let used = engine.usedBytes(true);
	kept.push(client());
	print(`connection ${engine.usedBytes(true) - used}`);
	for (const each of kept.splice(0))
		each.dispose();
	const pair = new Pair(options).establish(), connection = pair.client, peer = pair.peer;
	used = engine.usedBytes(true);
	connection.openStream();
	print(`stream ${engine.usedBytes(true) - used}`);
	const send = new Meter(), acknowledgment = new Meter(), receive = new Meter(), idle = new Meter();
	const ring = connection.sendRing(0), payload = new Uint8Array(64), into = new Uint8Array(1500), text = new Uint8Array(4096);
	let now = pair.now, offset = 0, total = 0;
	for (let i = -WARM_UP; i < ROUNDS; i++) {
		now += 20;
		idle.start();
		connection.onTimeout(now);
		connection.pollTimeout(now);
		idle.stop();
		send.start();
		ring.putBytes(payload, 0, payload.length);
		ring.commit();
		const length = connection.pollTransmit(into, now);
		send.stop();
		peer.take(into.slice(0, length));
		const reply = peer.seal(APPLICATION, peer.acknowledge());
		peer.packets.length = peer.datagrams.length = 0;
		for (let number = 0; peer.numbers[APPLICATION]!.size > 20; number++)
			peer.numbers[APPLICATION]!.delete(Math.min(...peer.numbers[APPLICATION]!));
		now += 5;
		acknowledgment.start();
		connection.receive(reply, reply.length, now);
		while (connection.pollEvent() !== EVENT_NONE);
		connection.pollTransmit(into, now);
		connection.pollTimeout(now);
		acknowledgment.stop();
		const data = peer.seal(APPLICATION, bytesOf(stream(0, offset, padding(64))));
		offset += 64;
		receive.start();
		connection.receive(data, data.length, now);
		while (connection.pollEvent() === EVENT_STREAM_READABLE)
			total += connection.read(0, text, 0, text.length);
		const answer = connection.pollTransmit(into, now);
		receive.stop();
		if (answer > 0)
			peer.take(into.slice(0, answer));
		if (i === -1)
			for (const meter of [send, acknowledgment, receive, idle])
				meter.slots = meter.chunks = meter.meter = 0;
	}
	report("send", send);
	report("acknowledgment", acknowledgment);
	report("receive", receive);
	report("timeout", idle);
	print(`total ${total} ${ring.base} ${connection.closed ? 1 : 0}`);
}
