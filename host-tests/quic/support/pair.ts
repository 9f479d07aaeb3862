/** A client connection and a test peer side by side, on a clock that the test moves. */
import { random } from "#hal";
import { equal } from "#test";
import type { Crypto } from "../../../firmware/ports/crypto.js";
import { Connection, EVENT_NONE, EVENT_STREAM_CLOSED, EVENT_STREAM_OPENED, EVENT_STREAM_READABLE, type ConnectionOptions } from "../../../firmware/quic/connection.js";
import { CALENDAR, certificates } from "../../tls/support/certificates.js";
import { bytesOf } from "./frames.js";
import { crypto } from "./pooled-crypto.js";
import { TestPeer, type PeerOptions } from "./test-peer.js";

/** The connection that may hold ephemeral key pairs, of which the natives have few. */
let unfinished: Connection | undefined;

export interface PairOptions extends PeerOptions {
	client?: Partial<ConnectionOptions>;
	/** Of both sides; the pooled natives unless given. */
	crypto?: Crypto;
	/** First reading of the clock, ms. */
	start?: number;
}

export class Pair {
	readonly client: Connection;
	readonly peer: TestPeer;
	readonly events: number[] = [];
	/** Streams of stream events, -1 for other events. */
	readonly eventStreams: number[] = [];
	now: number;
	/** True: the client's datagrams are lost on the way. */
	losing = false;
	/** Datagrams that the client sent, lost ones too. */
	sent: Uint8Array[] = [];
	/** Where each was to go, and its ECN field. */
	readonly paths: number[] = [];
	readonly marks: number[] = [];
	#into = new Uint8Array(1500);

	constructor(options: PairOptions = {}) {
		this.now = options.start ?? 0;
		this.peer = new TestPeer(options.crypto ?? crypto, options);
		this.client = new Connection({
			crypto: options.crypto ?? crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root"),
			idleTimeout: 30000, keepAlive: 0, ...options.client,
		});
	}

	/** One connection can be in its handshake at a time; an older one is let go. */
	connect(): this {
		if (unfinished !== undefined && !unfinished.statistics.established)
			unfinished.dispose();
		unfinished = this.client;
		this.client.connect(this.now);
		return this.pump();
	}

	/** Polls events, then hands the client's datagrams to the peer. */
	pump(): this {
		this.poll();
		for (;;) {
			const length = this.client.pollTransmit(this.#into, this.now);
			if (length === 0)
				return this;
			const datagram = this.#into.slice(0, length);
			this.sent.push(datagram);
			this.paths.push(this.client.transmitPath);
			this.marks.push(this.client.transmitEcn);
			if (!this.losing)
				this.peer.take(datagram);
		}
	}

	poll(): this {
		for (let event = this.client.pollEvent(); event !== EVENT_NONE; event = this.client.pollEvent()) {
			this.events.push(event);
			this.eventStreams.push([EVENT_STREAM_READABLE, EVENT_STREAM_CLOSED, EVENT_STREAM_OPENED].includes(event) ? this.client.eventStream : -1);
		}
		return this;
	}

	/** Gives packets in one datagram to the client, without sending anything. */
	deliver(...packets: Uint8Array[]): this {
		return this.arrive(bytesOf(...packets));
	}

	/** A datagram comes, with an ECN field, from the server's address (path 0) or its preferred one. */
	arrive(datagram: Uint8Array, ecn = 0, path = 0): this {
		this.client.receive(datagram, datagram.length, this.now, ecn, path);
		return this;
	}

	/** Gives packets in one datagram to the client, then pumps. */
	give(...packets: Uint8Array[]): this {
		return this.deliver(...packets).pump();
	}

	/** Gives a 1-RTT packet with those frames to the client, then pumps. */
	frames(...frames: Uint8Array[]): this {
		return this.give(this.peer.seal(2, bytesOf(...frames)));
	}

	/** Lets `duration` ms pass, with timeouts as they come. */
	advance(duration: number): this {
		const end = this.now + duration;
		for (let rounds = 0; rounds < 1000; rounds++) {
			const delay = this.client.pollTimeout(this.now);
			if (this.now + delay > end)
				break;
			this.now += delay;
			this.client.onTimeout(this.now);
			this.pump();
		}
		this.now = end;
		return this;
	}

	/** Lets go of what the test keeps of the past: for long runs. */
	forget(): void {
		const { peer } = this;
		this.sent.length = this.events.length = this.eventStreams.length = this.paths.length = this.marks.length = peer.datagrams.length = 0;
		peer.packets.splice(0, Math.max(0, peer.packets.length - 5));
		for (const numbers of peer.numbers)
			for (const number of numbers) {
				if (numbers.size <= 20)
					break;
				numbers.delete(number);
			}
	}

	/** The whole handshake, up to HANDSHAKE_DONE and its acknowledgment. */
	establish(): this {
		this.connect();
		this.give(this.peer.initialPacket(), ...this.peer.handshakePackets());
		this.give(this.peer.donePacket());
		if (this.client.closed)
			throw new Error(`the handshake failed: ${this.client.closeReason}`);
		return this;
	}

	/** The handshake up to the server's Finished. */
	shake(): this {
		this.connect();
		return this.give(this.peer.initialPacket(), ...this.peer.handshakePackets());
	}

	/** The client has closed with that transport error, said so, and it threw nothing. */
	closedWith(code: number, reason = ""): void {
		equal(this.client.closed, true, "closed");
		equal(this.client.closeCode, code, `code of "${this.client.closeReason}"`);
		if (!this.client.closeReason.includes(reason))
			throw new Error(`"${this.client.closeReason}", expected "${reason}"`);
	}

	write(stream: number, bytes: Uint8Array): this {
		const ring = this.client.sendRing(stream);
		ring.putBytes(bytes, 0, bytes.length);
		ring.commit();
		return this;
	}

	read(stream: number, limit = 65536): Uint8Array {
		const into = new Uint8Array(limit);
		return into.slice(0, this.client.read(stream, into, 0, limit));
	}
}
