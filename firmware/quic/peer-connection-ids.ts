/** The connection ids that the server gave us to address it with (RFC 9000 §5.1). */
import { QUIC_PEER_CONNECTION_IDS } from "../config.js";
import { FRAME_NEW_CONNECTION_ID } from "./frame.js";
import { CONNECTION_ID_MAX } from "./packet-header.js";
import { CONNECTION_ID_LIMIT_ERROR, FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";

const TOKEN_LENGTH = 16;
/** Retirements that wait to be sent or acknowledged. */
const RETIRED_MAX = 8;

interface PeerConnectionId {
	/** -1: free. */
	sequence: number;
	length: number;
	hasToken: boolean;
	readonly bytes: Uint8Array;
	readonly token: Uint8Array;
}

export class PeerConnectionIds {
	#entries: PeerConnectionId[] = [];
	#current: PeerConnectionId;
	#swapped: PeerConnectionId | undefined;
	#retirePriorTo = 0;
	/** Sequence numbers to be sent in RETIRE_CONNECTION_ID, then those sent and not acknowledged; -1: free. */
	#toRetire = new Float64Array(RETIRED_MAX).fill(-1);
	#retiring = new Float64Array(RETIRED_MAX).fill(-1);

	constructor() {
		for (let i = 0; i < QUIC_PEER_CONNECTION_IDS; i++)
			this.#entries.push({ sequence: -1, length: 0, hasToken: false, bytes: new Uint8Array(CONNECTION_ID_MAX), token: new Uint8Array(TOKEN_LENGTH) });
		this.#current = this.#entries[0]!;
		this.#current.sequence = 0;
	}

	/** The id in use: `length` bytes at the start of `bytes`. */
	get bytes(): Uint8Array {
		return this.#current.bytes;
	}

	get length(): number {
		return this.#current.length;
	}

	/** Sets the id of sequence number 0: our random one, then the one of Retry, then the server's own. */
	setFirst(from: Uint8Array, at: number, length: number): void {
		for (let i = 0; i < length; i++)
			this.#current.bytes[i] = from[at + i]!;
		this.#current.length = length;
	}

	/** The stateless reset token that came in the transport parameters. */
	setFirstToken(token: Uint8Array): void {
		const first = this.#find(0);
		if (first !== undefined) {
			first.token.set(token);
			first.hasToken = true;
		}
	}

	/** A NEW_CONNECTION_ID frame, or the id of a preferred address (RFC 9000 §19.15). */
	add(sequence: number, retirePriorTo: number, from: Uint8Array, at: number, length: number, tokenAt: number): void {
		if (retirePriorTo > sequence || length < 1 || length > CONNECTION_ID_MAX)
			throw new TransportError(FRAME_ENCODING_ERROR, FRAME_NEW_CONNECTION_ID, "NEW_CONNECTION_ID out of range");
		// RFC 9000 §19.15: "An endpoint that is sending packets with a zero-length Destination Connection ID MUST treat
		// receipt of a NEW_CONNECTION_ID frame as a connection error of type PROTOCOL_VIOLATION."
		if (this.#current.length === 0)
			throw new TransportError(PROTOCOL_VIOLATION, FRAME_NEW_CONNECTION_ID, "NEW_CONNECTION_ID beside a zero-length connection id");
		const known = this.#find(sequence);
		if (known !== undefined && !isSame(known, from, at, length, tokenAt))
			throw new TransportError(PROTOCOL_VIOLATION, FRAME_NEW_CONNECTION_ID, "connection id given twice with different content");
		if (this.#indexOf(this.#toRetire, sequence) >= 0 || this.#indexOf(this.#retiring, sequence) >= 0)
			return;
		if (sequence < this.#retirePriorTo) {
			this.#retire(sequence);
			return;
		}
		// An id that is known already may come again to retire those before it.
		this.#retireBelow(retirePriorTo);
		if (known === undefined)
			this.#keep(sequence, from, at, length, tokenAt);
		if (this.#current.sequence < this.#retirePriorTo)
			for (let i = 0; i < this.#entries.length; i++)
				if (this.#entries[i]!.sequence >= this.#retirePriorTo) {
					this.#current = this.#entries[i]!;
					break;
				}
	}

	#retireBelow(retirePriorTo: number): void {
		if (retirePriorTo <= this.#retirePriorTo)
			return;
		this.#retirePriorTo = retirePriorTo;
		for (let i = 0; i < this.#entries.length; i++) {
			const entry = this.#entries[i]!;
			if (entry.sequence >= 0 && entry.sequence < retirePriorTo) {
				this.#retire(entry.sequence);
				entry.sequence = -1;
			}
		}
	}

	#keep(sequence: number, from: Uint8Array, at: number, length: number, tokenAt: number): void {
		for (let i = 0; i < this.#entries.length; i++)
			if (this.#entries[i]!.sequence >= 0 && isSameId(this.#entries[i]!, from, at, length))
				throw new TransportError(PROTOCOL_VIOLATION, FRAME_NEW_CONNECTION_ID, "one connection id under two numbers");
		const free = this.#find(-1);
		if (free === undefined)
			throw new TransportError(CONNECTION_ID_LIMIT_ERROR, FRAME_NEW_CONNECTION_ID, "more connection ids than active_connection_id_limit");
		free.sequence = sequence;
		free.length = length;
		for (let i = 0; i < length; i++)
			free.bytes[i] = from[at + i]!;
		for (let i = 0; i < TOKEN_LENGTH; i++)
			free.token[i] = from[tokenAt + i]!;
		free.hasToken = true;
	}

	/** True where bytes[…end) ends in the stateless reset token of the id in use, compared in constant time. */
	isStatelessReset(bytes: Uint8Array, end: number): boolean {
		if (!this.#current.hasToken)
			return false;
		const token = this.#current.token;
		let difference = 0;
		for (let i = 0; i < TOKEN_LENGTH; i++)
			difference |= token[i]! ^ bytes[end - TOKEN_LENGTH + i]!;
		return difference === 0;
	}

	/** An id is there that was never used. */
	get hasSpare(): boolean {
		return this.#spare !== undefined;
	}

	get #spare(): PeerConnectionId | undefined {
		for (let i = 0; i < this.#entries.length; i++)
			if (this.#entries[i] !== this.#current && this.#entries[i]!.sequence >= 0)
				return this.#entries[i];
		return undefined;
	}

	/** Goes on with the spare id where there is one; the one in use is retired. */
	useSpare(): void {
		const spare = this.#spare;
		if (spare === undefined)
			return;
		this.#retire(this.#current.sequence);
		this.#current.sequence = -1;
		this.#current = spare;
	}

	/** It was shown to another address, and may be shown to no further one (RFC 9000 §9.5). */
	retireSpare(): void {
		const spare = this.#spare;
		if (spare === undefined)
			return;
		this.#retire(spare.sequence);
		spare.sequence = -1;
	}

	/** Exchanges the id in use and the spare one, for one packet: twice is nothing. */
	swap(): void {
		const current = this.#current;
		this.#current = this.#swapped ?? this.#spare ?? current;
		this.#swapped = this.#swapped === undefined ? current : undefined;
	}

	/** The next sequence number to send in RETIRE_CONNECTION_ID, or -1. */
	nextRetired(): number {
		for (let i = 0; i < RETIRED_MAX; i++)
			if (this.#toRetire[i]! >= 0)
				return this.#toRetire[i]!;
		return -1;
	}

	onRetireSent(sequence: number): void {
		this.#move(this.#toRetire, this.#retiring, sequence);
	}

	onRetireLost(sequence: number): void {
		this.#move(this.#retiring, this.#toRetire, sequence);
	}

	onRetireAcked(sequence: number): void {
		this.#move(this.#toRetire, this.#retiring, sequence);
		const at = this.#indexOf(this.#retiring, sequence);
		if (at >= 0)
			this.#retiring[at] = -1;
	}

	#find(sequence: number): PeerConnectionId | undefined {
		for (let i = 0; i < this.#entries.length; i++)
			if (this.#entries[i]!.sequence === sequence)
				return this.#entries[i];
		return undefined;
	}

	// RFC 9000 §5.1.2: "An endpoint SHOULD limit the number of connection IDs it has retired locally for which
	// RETIRE_CONNECTION_ID frames have not yet been acknowledged."
	#retire(sequence: number): void {
		let outstanding = 0;
		for (let i = 0; i < RETIRED_MAX; i++)
			outstanding += (this.#toRetire[i]! >= 0 ? 1 : 0) + (this.#retiring[i]! >= 0 ? 1 : 0);
		if (outstanding >= RETIRED_MAX)
			throw new TransportError(CONNECTION_ID_LIMIT_ERROR, FRAME_NEW_CONNECTION_ID, "too many connection ids retired at once");
		this.#toRetire[this.#indexOf(this.#toRetire, -1)] = sequence;
	}

	#move(from: Float64Array, to: Float64Array, sequence: number): void {
		const at = this.#indexOf(from, sequence);
		if (at < 0)
			return;
		from[at] = -1;
		to[this.#indexOf(to, -1)] = sequence;
	}

	#indexOf(list: Float64Array, sequence: number): number {
		for (let i = 0; i < RETIRED_MAX; i++)
			if (list[i] === sequence)
				return i;
		return -1;
	}
}

function isSameId(known: PeerConnectionId, from: Uint8Array, at: number, length: number): boolean {
	if (known.length !== length)
		return false;
	for (let i = 0; i < length; i++)
		if (known.bytes[i] !== from[at + i])
			return false;
	return true;
}

function isSame(known: PeerConnectionId, from: Uint8Array, at: number, length: number, tokenAt: number): boolean {
	if (!isSameId(known, from, at, length))
		return false;
	for (let i = 0; i < TOKEN_LENGTH && known.hasToken; i++)
		if (known.token[i] !== from[tokenAt + i])
			return false;
	return true;
}
