/** A QUIC server that carries one stream to a broker through any loss: it acknowledges, repeats, gives credit. */
import { QUIC_STREAM_RECEIVE_WINDOW } from "../../firmware/config.js";
import type { Crypto } from "../../firmware/ports/crypto.js";
import type { BrokerConnection, MockBroker } from "../mqtt/mock-broker.js";
import { bytesOf, handshakeDone, maxData, maxStreamData, pathChallenge, stream, text, type ParsedFrame } from "../quic/support/frames.js";
import { APPLICATION, HANDSHAKE, INITIAL, TestPeer } from "../quic/support/test-peer.js";

/** ms after which what was not acknowledged goes out again. */
const REPEAT = 300;
/** Bytes of a STREAM frame, and what the client may send beyond what came. */
const PIECE = 900, CREDIT = 16384;

interface Sent { number: number; from: number; to: number; at: number }

export class ServingPeer {
	readonly peer: TestPeer;
	isClosed = false;
	keyUpdates = 0;
	challenges = 0;
	responses = 0;
	readonly #connection: BrokerConnection;
	/** Bytes of stream 0 that came in order; those behind a gap by offset. */
	#received = 0;
	readonly #waiting = new Map<number, Uint8Array>();
	/** Bytes for the client: where the list begins, which came, which were sent, how far the client lets us go. */
	#output: number[] = [];
	#base = 0;
	#next = 0;
	#limit = QUIC_STREAM_RECEIVE_WINDOW;
	#sent: Sent[] = [];
	readonly #acked = new Set<number>();
	#hasFinished = false;
	#isConfirmed = false;
	#owesFlight = false;
	#owesAck = false;
	#extra: Uint8Array[] = [];

	constructor(crypto: Crypto, sign: () => Uint8Array, broker: MockBroker) {
		this.peer = new TestPeer(crypto, { tls: { sign } });
		this.#connection = broker.open();
	}

	take(datagram: Uint8Array, now: number): Uint8Array[] {
		const { peer } = this;
		peer.take(datagram);
		peer.datagrams.length = 0;
		for (const packet of peer.packets.splice(0)) {
			if (packet.space === APPLICATION)
				this.#owesAck ||= packet.frames.some(frame => frame.type === 1 || frame.type > 3);
			for (const frame of packet.frames)
				this.#frame(packet.space, frame);
			if (packet.space !== APPLICATION && !this.#hasFinished)
				this.#owesFlight = true;
		}
		for (const numbers of peer.numbers)
			for (const number of numbers) {
				if (numbers.size <= 40)
					break;
				numbers.delete(number);
			}
		return this.poll(now);
	}

	/** Datagrams to send. */
	poll(now: number): Uint8Array[] {
		const { peer } = this, datagrams: Uint8Array[] = [];
		if (this.isClosed)
			return datagrams;
		if (this.#owesFlight) {
			this.#owesFlight = false;
			datagrams.push(peer.initialPacket(), ...peer.handshakePackets());
		}
		if (!this.#hasFinished)
			return datagrams;
		if (!this.#isConfirmed && this.#owesAck)
			datagrams.push(peer.seal(HANDSHAKE, peer.acknowledge(HANDSHAKE)));
		this.#collect();
		for (const each of this.#sent)
			if (now - each.at >= REPEAT)
				datagrams.push(this.#piece(each, now));
		while (this.#next < this.#base + this.#output.length && this.#next < this.#limit) {
			const each = { number: 0, from: this.#next, to: Math.min(this.#next + PIECE, this.#base + this.#output.length, this.#limit), at: now };
			this.#next = each.to;
			this.#sent.push(each);
			datagrams.push(this.#piece(each, now));
		}
		if (this.#owesAck)
			datagrams.push(peer.seal(APPLICATION, this.#head()));
		return datagrams;
	}

	/** ms until `poll` is wanted again. */
	timeout(now: number): number {
		return this.#sent.reduce((least, each) => Math.min(least, each.at + REPEAT - now), Infinity);
	}

	/** Goes on with the next keys. */
	updateKeys(): void {
		const { peer } = this;
		if (!this.#isConfirmed)
			return;
		peer.send[APPLICATION] = peer.send[APPLICATION]!.next();
		peer.receive[APPLICATION] = peer.receive[APPLICATION]!.next();
		peer.phase ^= 1;
		this.keyUpdates++;
		this.#extra.push(bytesOf(1));
		this.#owesAck = true;
	}

	/** The client seems to have another address. */
	challenge(): void {
		if (!this.#isConfirmed)
			return;
		this.challenges++;
		this.#extra.push(pathChallenge(text("rebound!")));
		this.#owesAck = true;
	}

	#head(): Uint8Array {
		this.#owesAck = false;
		return bytesOf(this.peer.largest[APPLICATION]! < 0 ? bytesOf() : this.peer.acknowledge(), maxData(this.#received + CREDIT), maxStreamData(0, this.#received + CREDIT),
			...this.#isConfirmed ? [] : [handshakeDone()], ...this.#extra.splice(0));
	}

	#piece(each: Sent, now: number): Uint8Array {
		each.at = now;
		each.number = this.peer.nextNumber[APPLICATION]!;
		return this.peer.seal(APPLICATION, bytesOf(this.#head(), stream(0, each.from, Uint8Array.from(this.#output.slice(each.from - this.#base, each.to - this.#base)))));
	}

	#collect(): void {
		this.#output.push(...this.#connection.output.splice(0));
		if (!this.#connection.isOpen && this.#output.length === 0)
			this.isClosed = true;
	}

	#frame(space: number, frame: ParsedFrame): void {
		const [first, second] = frame.values as [number, number];
		if (frame.type === 0x1c || frame.type === 0x1d)
			this.isClosed = true;
		else if (space === HANDSHAKE && frame.type === 6) {
			this.#hasFinished = this.#owesAck = true;
			this.#owesFlight = false;
		}
		else if (space === INITIAL || space === HANDSHAKE)
			return;
		else if (frame.type === 2 || frame.type === 3)
			this.#acknowledged(frame.ranges);
		else if (frame.type === 0x11 && second > this.#limit)
			this.#limit = second;
		else if (frame.type === 0x1b)
			this.responses++;
		else if (frame.type >= 8 && frame.type < 0x10 && first === 0)
			this.#data(second, frame.data);
	}

	#acknowledged(ranges: [number, number][]): void {
		this.#isConfirmed = true;
		this.#sent = this.#sent.filter(each => {
			const isAcked = ranges.some(([low, high]) => low <= each.number && each.number <= high);
			for (let at = each.from; isAcked && at < each.to; at++)
				this.#acked.add(at);
			return !isAcked;
		});
		let count = 0;
		while (this.#acked.delete(this.#base + count))
			count++;
		this.#output.splice(0, count);
		this.#base += count;
	}

	#data(offset: number, data: Uint8Array): void {
		if (offset + data.length <= this.#received)
			return;
		this.#waiting.set(offset, data);
		for (let moved = true; moved;) {
			moved = false;
			for (const [at, bytes] of this.#waiting) {
				if (at > this.#received)
					continue;
				this.#waiting.delete(at);
				if (at + bytes.length > this.#received) {
					this.#connection.feed(bytes, this.#received - at);
					this.#received = at + bytes.length;
					moved = true;
				}
			}
		}
		this.#connection.acknowledge();
	}
}
