import { UPLINK_HANDSHAKE_TIMEOUT, UPLINK_RESOLVE_TIMEOUT } from "../config.js";
import { parseAddress } from "../wire/ipv4-address.js";
import { Peer } from "./peer.js";
import { type Transport, TRANSPORT_CLOSED, TRANSPORT_CONFIRMED, TRANSPORT_CREDIT, TRANSPORT_NONE } from "./transport.js";
import type { Way } from "./ways.js";

// READY waits to be taken over; LEAVE: until the server was told.
const RESOLVE = 0, TRY = 1, READY = 2, LEAVE = 3, OVER = 4;

/** The first way, tried beside a connection that came by the second, which it does not touch: name, handshake, the server's word
 *  that it takes our certificate, and its leave to open a stream; the stream's buffers would find no room beside those of the second.
 *  Drained as an Uplink is; over datagrams. */
export class Probe {
	readonly way: Way;
	peer = new Peer(0, 0);
	transport: Transport | undefined = undefined;
	#phase = RESOLVE;
	#isConfirmed = false;
	#hasCredit = false;
	#deadline: number;
	/** Something came that was not looked at. */
	#isDue = false;

	constructor(way: Way, now: number) {
		this.way = way;
		this.#deadline = (now + UPLINK_RESOLVE_TIMEOUT) | 0;
		const address = parseAddress(way.host);
		if (address !== -1)
			this.resolved(address, now);
	}

	get wantsResolve(): boolean {
		return this.#phase === RESOLVE;
	}

	/** The transport can be taken over. */
	get isReady(): boolean {
		return this.#phase === READY;
	}

	/** It came to nothing, and nothing is left to send. */
	get isOver(): boolean {
		return this.#phase === OVER;
	}

	/** `address`: -1 where the name was not found. */
	resolved(address: number, now: number): void {
		if (this.#phase !== RESOLVE)
			return;
		if (address === -1)
			return this.drop();
		this.#phase = TRY;
		this.#deadline = (now + UPLINK_HANDSHAKE_TIMEOUT) | 0;
		this.peer = new Peer(address, this.way.port);
		try {
			this.transport = this.way.transport();
			this.transport.connect(now, this.peer);
		}
		catch {
			this.drop();
		}
	}

	receive(datagram: Uint8Array, length: number, now: number, ecn = 0): void {
		this.#isDue = true;
		if (this.transport !== undefined)
			return this.transport.receive(datagram, length, now, ecn);
	}

	onTimeout(now: number): void {
		const { transport } = this;
		this.#isDue = false;
		if (transport !== undefined) {
			transport.onTimeout(now);
			for (let event = transport.pollEvent(); event !== TRANSPORT_NONE; event = transport.pollEvent()) {
				if (event === TRANSPORT_CONFIRMED)
					this.#isConfirmed = true;
				else if (event === TRANSPORT_CREDIT)
					this.#hasCredit = true;
				else if (event === TRANSPORT_CLOSED)
					this.#phase = LEAVE;
			}
			if (this.#phase === TRY && this.#isConfirmed && this.#hasCredit)
				this.#phase = READY;
		}
		if (this.#phase < READY && ((this.#deadline - now) | 0) <= 0)
			this.leave(now);
	}

	/** Ends it, with a word for the server. */
	leave(now: number): void {
		if (this.transport === undefined)
			return this.drop();
		this.#phase = LEAVE;
		this.transport.close(0, "", now);
	}

	/** Writes the next datagram for peer.toAddress:peer.toPort; returns its length, 0 = none. */
	pollTransmit(into: Uint8Array, now: number): number {
		const length = this.transport === undefined ? 0 : this.transport.pollTransmit(into, now);
		if (length === 0 && this.#phase === LEAVE)
			this.drop();
		return length;
	}

	/** ms until `onTimeout` is wanted; 0 also where something is to be sent or looked at. */
	pollTimeout(now: number): number {
		const left = (this.#deadline - now) | 0, { transport } = this;
		if (this.#isDue || this.#phase >= LEAVE)
			return 0;
		const delay = transport === undefined ? left : transport.pollTimeout(now);
		return this.#phase === READY || delay < left ? delay : left > 0 ? left : 0;
	}

	/** Lets go of it at once. */
	drop(): void {
		this.transport?.dispose();
		this.transport = undefined;
		this.#phase = OVER;
	}
}
