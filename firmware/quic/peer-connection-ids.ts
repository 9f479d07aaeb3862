/** The connection ids that the server gave us to address it with (RFC 9000 §5.1). */
import { QUIC_PEER_CONNECTION_IDS } from "../config.js";
import { CONNECTION_ID_MAX } from "./packet-header.js";
import { CONNECTION_ID_LIMIT_ERROR, FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";

const TOKEN_LENGTH = 16;
/** Retirements that wait to be sent or acknowledged. */
const RETIRED_MAX = 8;
/** An entry of `bytes`: the id, its length, a stateless reset token, 1 where there is one. */
const LENGTH = CONNECTION_ID_MAX;
const TOKEN = LENGTH + 1;
const HAS_TOKEN = TOKEN + TOKEN_LENGTH;
const ENTRY = HAS_TOKEN + 1;

export class PeerConnectionIds {
	readonly bytes = new Uint8Array(QUIC_PEER_CONNECTION_IDS * ENTRY);
	/** Where the id in use begins in `bytes`. */
	at = 0;
	/** Sequence numbers of the entries, -1: free. Then of the retired ids: to be sent in RETIRE_CONNECTION_ID; -2 - number: sent
	 *  and not acknowledged; -1: free. */
	#sequences = new Float64Array(QUIC_PEER_CONNECTION_IDS + RETIRED_MAX).fill(-1);
	#retirePriorTo = 0;
	/** The entry that `swap` put aside, -1: none. */
	#swapped = -1;

	constructor() {
		this.#sequences[0] = 0;
	}

	/** Of the id in use. */
	get length(): number {
		return this.bytes[this.at + LENGTH]!;
	}

	/** Sets the id of sequence number 0: our random one, then the one of Retry, then the server's own. */
	setFirst(id: Uint8Array): void {
		this.bytes.set(id);
		this.bytes[LENGTH] = id.length;
	}

	/** The stateless reset token that came in the transport parameters. */
	setFirstToken(token: Uint8Array): void {
		if (this.#sequences[0] === 0) {
			this.bytes.set(token, TOKEN);
			this.bytes[HAS_TOKEN] = 1;
		}
	}

	/** A NEW_CONNECTION_ID frame, or the id of a preferred address (RFC 9000 §19.15). */
	add(sequence: number, retirePriorTo: number, from: Uint8Array, at: number, length: number, tokenAt: number): void {
		const sequences = this.#sequences;
		if (retirePriorTo > sequence || length < 1 || length > CONNECTION_ID_MAX)
			throw new TransportError(FRAME_ENCODING_ERROR, "NEW_CONNECTION_ID out of range");
		// RFC 9000 §19.15: "An endpoint that is sending packets with a zero-length Destination Connection ID MUST treat
		// receipt of a NEW_CONNECTION_ID frame as a connection error of type PROTOCOL_VIOLATION."
		if (this.length === 0)
			throw new TransportError(PROTOCOL_VIOLATION, "NEW_CONNECTION_ID beside a zero-length id");
		let isKnown = false;
		for (let i = 0; i < QUIC_PEER_CONNECTION_IDS; i++) {
			const entry = i * ENTRY, isNumber = sequences[i] === sequence;
			if (sequences[i]! < 0)
				continue;
			const isSame = this.bytes[entry + LENGTH] === length && this.#matches(entry, from, at, length);
			if (isSame !== isNumber || (isSame && this.bytes[entry + HAS_TOKEN] === 1 && !this.#matches(entry + TOKEN, from, tokenAt, TOKEN_LENGTH)))
				throw new TransportError(PROTOCOL_VIOLATION, "a connection id with two numbers, or a number with two");
			isKnown ||= isSame;
		}
		if (this.#retired(sequence) >= 0)
			return;
		if (sequence < this.#retirePriorTo) {
			this.#retire(sequence);
			return;
		}
		// An id that is known already may come again to retire those before it.
		for (let i = 0; i < QUIC_PEER_CONNECTION_IDS && retirePriorTo > this.#retirePriorTo; i++)
			if (sequences[i]! >= 0 && sequences[i]! < retirePriorTo)
				this.#free(i);
		if (retirePriorTo > this.#retirePriorTo)
			this.#retirePriorTo = retirePriorTo;
		if (!isKnown)
			this.#keep(sequence, from, at, length, tokenAt);
		if (sequences[this.at / ENTRY]! < 0)
			this.at = this.#spare;
	}

	#keep(sequence: number, from: Uint8Array, at: number, length: number, tokenAt: number): void {
		const free = this.#sequences.indexOf(-1), bytes = this.bytes;
		if (free < 0 || free >= QUIC_PEER_CONNECTION_IDS)
			throw new TransportError(CONNECTION_ID_LIMIT_ERROR, "more connection ids than active_connection_id_limit");
		const entry = free * ENTRY;
		this.#sequences[free] = sequence;
		for (let i = 0; i < length; i++)
			bytes[entry + i] = from[at + i]!;
		for (let i = 0; i < TOKEN_LENGTH; i++)
			bytes[entry + TOKEN + i] = from[tokenAt + i]!;
		bytes[entry + LENGTH] = length;
		bytes[entry + HAS_TOKEN] = 1;
	}

	/** True where bytes[…end) ends in the stateless reset token of the id in use, compared in constant time. */
	isStatelessReset(bytes: Uint8Array, end: number): boolean {
		return this.bytes[this.at + HAS_TOKEN] === 1 && this.#matches(this.at + TOKEN, bytes, end - TOKEN_LENGTH, TOKEN_LENGTH);
	}

	/** An id is there that was never used. */
	get hasSpare(): boolean {
		return this.#spare >= 0;
	}

	// Where an id begins that is not in use, -1: there is none.
	get #spare(): number {
		for (let i = 0; i < QUIC_PEER_CONNECTION_IDS; i++)
			if (this.#sequences[i]! >= 0 && i * ENTRY !== this.at)
				return i * ENTRY;
		return -1;
	}

	/** Goes on with the spare id where there is one; the one in use is retired. */
	useSpare(): void {
		const spare = this.#spare;
		if (spare < 0)
			return;
		this.#free(this.at / ENTRY);
		this.at = spare;
	}

	/** It was shown to another address, and may be shown to no further one (RFC 9000 §9.5). */
	retireSpare(): void {
		const spare = this.#spare;
		if (spare >= 0)
			this.#free(spare / ENTRY);
	}

	/** Exchanges the id in use and the spare one, for one packet: twice is nothing. */
	swap(): void {
		const at = this.at, spare = this.#swapped >= 0 ? this.#swapped : this.#spare;
		this.#swapped = this.#swapped >= 0 ? -1 : at;
		if (spare >= 0)
			this.at = spare;
	}

	/** The next sequence number to send in RETIRE_CONNECTION_ID, or -1. */
	nextRetired(): number {
		for (let i = 0; i < RETIRED_MAX; i++)
			if (this.#sequences[QUIC_PEER_CONNECTION_IDS + i]! >= 0)
				return this.#sequences[QUIC_PEER_CONNECTION_IDS + i]!;
		return -1;
	}

	onRetireSent(sequence: number): void {
		this.#note(sequence, -2 - sequence);
	}

	onRetireLost(sequence: number): void {
		this.#note(sequence, sequence);
	}

	onRetireAcked(sequence: number): void {
		this.#note(sequence, -1);
	}

	#note(sequence: number, value: number): void {
		const at = this.#retired(sequence);
		if (at >= 0)
			this.#sequences[at] = value;
	}

	#retired(sequence: number): number {
		const at = this.#sequences.indexOf(sequence, QUIC_PEER_CONNECTION_IDS);
		return at >= 0 ? at : this.#sequences.indexOf(-2 - sequence, QUIC_PEER_CONNECTION_IDS);
	}

	#free(index: number): void {
		const sequence = this.#sequences[index]!;
		this.#sequences[index] = -1;
		this.#retire(sequence);
	}

	// RFC 9000 §5.1.2: "An endpoint SHOULD limit the number of connection IDs it has retired locally for which
	// RETIRE_CONNECTION_ID frames have not yet been acknowledged."
	#retire(sequence: number): void {
		const free = this.#sequences.indexOf(-1, QUIC_PEER_CONNECTION_IDS);
		if (free < 0)
			throw new TransportError(CONNECTION_ID_LIMIT_ERROR, "too many connection ids retired at once");
		this.#sequences[free] = sequence;
	}

	// In constant time.
	#matches(entry: number, from: Uint8Array, at: number, length: number): boolean {
		let difference = 0;
		for (let i = 0; i < length; i++)
			difference |= this.bytes[entry + i]! ^ from[at + i]!;
		return difference === 0;
	}
}
