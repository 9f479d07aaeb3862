/** A server within the rules whose every choice comes from a seed: what it sends, when, in which order, and what of it
 *  is lost. Plays against a client whose application does the same, and knows what must have arrived. */
import { QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_STREAM_RECEIVE_WINDOW } from "../../../firmware/config.js";
import type { Prng } from "../../support/prng.js";
import { ack, bytesOf, crypto, handshakeDone, maxData, maxStreamData, maxStreams, newConnectionId, padding, pathChallenge, ping, stream, text, varints } from "./frames.js";
import type { Pair } from "./pair.js";
import { APPLICATION } from "./test-peer.js";

/** One stream as both sides see it. */
interface ModelStream {
	id: number;
	/** The server's half: bytes sent so far, what it may send, whether its end was sent. */
	sent: number;
	limit: number;
	fin: boolean;
	/** The client's half: bytes written, whether it was finished, what came of it and of its end. */
	written: number;
	finished: boolean;
	came: Uint8Array;
	ended: boolean;
	/** Bytes that the application has read. */
	read: number;
	/** What the client may send. */
	credit: number;
}

/** The byte at `offset` of a stream, by direction. */
const byteAt = (id: number, offset: number, direction: number): number => offset * 7 + id + direction * 99 + (offset >> 8) & 255;

function bytesAt(id: number, from: number, to: number, direction: number): Uint8Array {
	const bytes = new Uint8Array(to - from);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = byteAt(id, from + i, direction);
	return bytes;
}

const STREAM_BYTES_MAX = 20000;

export class ModelPeer {
	readonly streams: ModelStream[] = [];
	readonly pair: Pair;
	#prng: Prng;
	#limit = QUIC_CONNECTION_RECEIVE_WINDOW;
	#sent = 0;
	#credit = 65536;
	#streamCredit = 8;
	#ticketAt = 0;
	#nextId = 1;
	#retired = 0;
	#seen = 0;
	#late: Uint8Array[] = [];

	constructor(pair: Pair, prng: Prng) {
		this.pair = pair;
		this.#prng = prng;
	}

	/** One step of the application, the network and the server. */
	step(): void {
		const { pair } = this, prng = this.#prng;
		pair.losing = prng.chance(0.2);
		this.#application();
		pair.pump();
		this.#look();
		const frames: Uint8Array[] = [];
		for (let i = prng.below(4); i >= 0; i--)
			frames.push(this.#frame());
		this.#send(pair.peer.seal(APPLICATION, bytesOf(...frames)));
		this.#look();
		if (prng.chance(0.3))
			pair.advance(prng.below(prng.chance(0.1) ? 3000 : 60));
		this.#look();
	}

	/** A good network and an eager server: everything arrives in the end. Throws where it does not. */
	finish(): void {
		const { pair } = this;
		pair.losing = false;
		for (let round = 0; round < 400; round++) {
			for (const datagram of this.#late.splice(0))
				pair.give(datagram);
			for (const each of this.streams) {
				each.credit = 1 << 20;
				pair.frames(maxStreamData(each.id, each.credit));
				this.#read(each, 65536);
				if (pair.client.isFinished(each.id) && each.fin)
					continue;
				for (let at = each.read; at < each.sent; at += 1000)
					pair.frames(stream(each.id, at, bytesAt(each.id, at, Math.min(at + 1000, each.sent), 1)));
				each.fin = true;
				pair.frames(stream(each.id, each.sent, bytesOf(), true));
				this.#read(each, 65536);
			}
			this.#credit = 1 << 22;
			pair.frames(maxData(this.#credit), this.#acknowledge());
			pair.advance(100);
			this.#look();
			if (this.streams.every(each => each.read === each.sent && this.#hasCome(each)))
				return;
		}
		throw new Error(`not everything arrived: ${JSON.stringify(this.streams.map(each => [each.id, each.read, each.sent, each.written, each.finished, each.ended, this.#firstGap(each)]))}`);
	}

	#hasCome(each: ModelStream): boolean {
		return this.#firstGap(each) === each.written && each.ended === each.finished;
	}

	#firstGap(each: ModelStream): number {
		const gap = each.came.indexOf(0);
		return gap < 0 || gap > each.written ? each.written : gap;
	}

	#application(): void {
		const { pair } = this, prng = this.#prng, client = pair.client;
		if (prng.chance(0.2)) {
			const id = client.openStream();
			if (id >= 0) {
				if (id / 4 >= this.#streamCredit)
					throw new Error("a stream beyond the limit");
				this.streams.push({ id, sent: 0, limit: QUIC_STREAM_RECEIVE_WINDOW, fin: false, written: 0, finished: false, came: new Uint8Array(STREAM_BYTES_MAX), ended: false, read: 0, credit: 16384 });
			}
		}
		for (const each of this.streams) {
			if (!each.finished && prng.chance(0.3)) {
				const ring = client.sendRing(each.id);
				const count = Math.min(prng.below(prng.chance(0.2) ? 4000 : 100), ring.room, STREAM_BYTES_MAX - each.written);
				pair.write(each.id, bytesAt(each.id, each.written, each.written + count, 0));
				each.written += count;
				if (prng.chance(0.05)) {
					client.finish(each.id);
					each.finished = true;
				}
			}
			if (prng.chance(0.4))
				this.#read(each, prng.below(3000));
		}
	}

	#read(each: ModelStream, limit: number): void {
		const bytes = this.pair.read(each.id, limit);
		for (let i = 0; i < bytes.length; i++)
			if (bytes[i] !== byteAt(each.id, each.read + i, 1))
				throw new Error(`byte ${each.read + i} of stream ${each.id} came as ${bytes[i]}`);
		each.read += bytes.length;
		if (each.read > each.sent)
			throw new Error("more was read than sent");
	}

	#send(packet: Uint8Array): void {
		const { pair } = this, prng = this.#prng;
		const fate = prng.below(10);
		if (fate === 0)
			return;
		if (fate <= 2) {
			this.#late.push(packet);
			return;
		}
		pair.give(packet.slice());
		if (fate === 3)
			pair.give(packet);
		if (prng.chance(0.3) && this.#late.length > 0)
			pair.give(this.#late.splice(prng.below(this.#late.length), 1)[0]!);
	}

	#frame(): Uint8Array {
		const { pair } = this, prng = this.#prng, each = this.streams[prng.below(this.streams.length)];
		switch (prng.below(16)) {
			case 0: return ping();
			case 1: return padding(1 + prng.below(20));
			case 2:
			case 3: return this.#acknowledge();
			case 4: {
				const numbers = [...pair.peer.numbers[APPLICATION]!], number = numbers[prng.below(numbers.length)];
				return number === undefined ? ping() : ack([[number, number]], prng.below(20000));
			}
			case 5: return maxData(prng.chance(0.2) ? prng.below(1000) : this.#credit += prng.below(3000));
			case 6: return each === undefined ? ping() : maxStreamData(each.id, prng.chance(0.2) ? 1 : each.credit += prng.below(3000));
			case 7: return maxStreams(prng.chance(0.3) ? 1 : ++this.#streamCredit);
			case 8: return bytesOf(0x14 + 2 * prng.below(2), varints(prng.below(9999)));
			case 9: return pathChallenge(text("12345678"));
			case 10: return this.#connectionId();
			case 11: return this.#ticket();
			case 12: return prng.chance(0.5) ? handshakeDone() : bytesOf(7, 3, text("tok"));
			default: return each === undefined ? padding(1) : this.#stream(each);
		}
	}

	#acknowledge(): Uint8Array {
		return this.pair.peer.largest[APPLICATION]! < 0 ? ping() : this.pair.peer.acknowledge();
	}

	#connectionId(): Uint8Array {
		// One at a time, the ones before it retired; or the last one again.
		if (this.#prng.chance(0.3) && this.#retired === this.#nextId - 1)
			this.#nextId++;
		const sequence = this.#nextId - 1;
		return sequence === 0 ? ping() : newConnectionId(sequence, sequence, bytesOf(text("idid"), sequence >> 8, sequence & 255, 1, 2), new Uint8Array(16).fill(sequence));
	}

	#ticket(): Uint8Array {
		const length = 8 + 1 + 2 + 100 + 2, body = bytesOf(4, 0, 0, length, padding(8), 0, 0, 100, new Uint8Array(100).fill(1), 0, 0);
		const at = this.#ticketAt;
		if (this.#prng.chance(0.5))
			this.#ticketAt += body.length;
		return crypto(at, body);
	}

	#stream(each: ModelStream): Uint8Array {
		const prng = this.#prng;
		if (each.fin || prng.chance(0.5)) {
			const from = prng.below(each.sent + 1), to = Math.min(each.sent, from + prng.below(200));
			return stream(each.id, from, bytesAt(each.id, from, to, 1), each.fin && to === each.sent);
		}
		const to = Math.min(each.sent + prng.below(400), each.limit, each.sent + this.#limit - this.#sent);
		// What is skipped comes later, from `finish` or by chance.
		const from = prng.chance(0.3) ? each.sent + prng.below(to - each.sent + 1) : each.sent;
		this.#sent += to - each.sent;
		each.sent = to;
		each.fin = prng.chance(0.03);
		return stream(each.id, from, bytesAt(each.id, from, to, 1), each.fin);
	}

	/** Takes what the client sent: bytes, credit, retired ids. */
	#look(): void {
		const packets = this.pair.peer.packets;
		for (; this.#seen < packets.length; this.#seen++)
			for (const frame of packets[this.#seen]!.frames) {
				const [first, second] = frame.values as [number, number];
				const each = this.streams.find(one => one.id === first);
				if (frame.type === 0x10)
					this.#limit = Math.max(this.#limit, first);
				else if (frame.type === 0x11)
					each!.limit = Math.max(each!.limit, second);
				else if (frame.type === 0x19)
					this.#retired = Math.max(this.#retired, first + 1);
				else if (frame.type >= 8 && frame.type < 0x10)
					this.#take(each!, second, frame.data, frame.fin);
			}
	}

	#take(each: ModelStream, offset: number, data: Uint8Array, fin: boolean): void {
		if (offset + data.length > each.credit || offset + data.length > each.written)
			throw new Error(`bytes ${offset} to ${offset + data.length} of stream ${each.id} beyond the credit or the data`);
		for (let i = 0; i < data.length; i++) {
			if (data[i] !== byteAt(each.id, offset + i, 0))
				throw new Error(`byte ${offset + i} of stream ${each.id} was sent as ${data[i]}`);
			each.came[offset + i] = 1;
		}
		if (fin && (!each.finished || offset + data.length !== each.written))
			throw new Error("FIN in the wrong place");
		each.ended ||= fin;
	}
}
