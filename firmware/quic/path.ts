/** Another path to the server (RFC 9000 §8.2, §9): challenges of ours, and what their answers mean. */
import { QUIC_INITIAL_RTT } from "../config.js";
import { type ConnectionState, STATUS_OPEN } from "./connection-state.js";
import { EVENT_PATH_FAILED, EVENT_PATH_VALIDATED } from "./events.js";
import { FRAME_PATH_CHALLENGE } from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";

export const PATH_NONE = 0;
/** Beside the path in use: the server's preferred address. */
export const PATH_PROBED = 1;
/** The path in use is new, from another address of ours. */
export const PATH_MIGRATED = 2;

const CHALLENGE_LENGTH = 8;
/** Challenges whose answers are known: the last ones. */
const REMEMBERED = 8;

export class PathValidation {
	/** PATH_*: what is being validated. */
	status = PATH_NONE;
	/** The server's preferred address is in use. */
	hasPreferred = false;
	/** Content of the peer's last PATH_CHALLENGE, and the path that its answer is owed on, -1: none is. */
	readonly response = new Uint8Array(CHALLENGE_LENGTH);
	responsePath = -1;
	#sent = new Uint8Array(REMEMBERED * CHALLENGE_LENGTH);
	#next = new Uint8Array(CHALLENGE_LENGTH);
	#count = 0;
	#sendAt = 0;
	#delay = 0;
	#endAt = 0;

	begin(status: number, probeTimeout: number, now: number): void {
		// RFC 9000 §8.2.4: "three times the larger of the current PTO or the PTO for the new path (using kInitialRtt...)".
		const delay = 3 * QUIC_INITIAL_RTT;
		this.status = status;
		this.#delay = probeTimeout;
		this.#sendAt = now;
		this.#endAt = now + 3 * (probeTimeout > delay ? probeTimeout : delay) | 0;
	}

	/** A challenge is to be sent. */
	isDue(now: number): boolean {
		return this.status !== PATH_NONE && (now - this.#sendAt | 0) >= 0;
	}

	/** ms until `isDue` or `hasFailed` may change. Asked only while something is being validated. */
	delay(now: number): number {
		const send = this.#sendAt - now | 0, end = this.#endAt - now | 0;
		return send < end ? send : end;
	}

	hasFailed(now: number): boolean {
		return this.status !== PATH_NONE && (now - this.#endAt | 0) >= 0;
	}

	/** Writes PATH_CHALLENGE; returns the offset after it. Its 8 bytes were never sent before (RFC 9000 §8.2.1). */
	write(state: ConnectionState, into: Uint8Array, at: number, now: number): number {
		const sent = this.#sent, slot = this.#count++ % REMEMBERED * CHALLENGE_LENGTH, next = this.#next;
		state.random.fill(next);
		into[at++] = FRAME_PATH_CHALLENGE;
		for (let i = 0; i < CHALLENGE_LENGTH; i++)
			into[at++] = sent[slot + i] = next[i]!;
		this.#sendAt = now + this.#delay | 0;
		this.#delay *= 2;
		return at;
	}

	/** True where bytes[at…] is the content of a challenge. */
	matches(bytes: Uint8Array, at: number): boolean {
		for (let slot = 0; slot < REMEMBERED && slot < this.#count; slot++) {
			let i = 0;
			while (i < CHALLENGE_LENGTH && this.#sent[slot * CHALLENGE_LENGTH + i] === bytes[at + i])
				i++;
			if (i === CHALLENGE_LENGTH)
				return true;
		}
		return false;
	}
}

/** Begins with PATH_PROBED or PATH_MIGRATED. Returns false where that is not allowed, or not possible now. */
export function beginPath(state: ConnectionState, status: number, now: number): boolean {
	const ids = state.ids;
	// RFC 9000 §9: "An endpoint MUST NOT initiate connection migration before the handshake is confirmed"; §5.1.1: "An endpoint
	// MUST NOT use the same connection ID on different destination addresses", nor on different local ones (§9.5).
	if (state.status !== STATUS_OPEN || !state.isConfirmed || !(ids.length === 0 || ids.hasSpare)
		|| (status === PATH_MIGRATED ? state.disablesMigration && state.path?.hasPreferred !== true : state.preferred === undefined))
		return false;
	const path = state.path ??= new PathValidation();
	path.begin(status, state.loss.probeTimeout, now);
	if (status === PATH_MIGRATED)
		changePath(state, now);
	return true;
}

function changePath(state: ConnectionState, now: number): void {
	state.ids.useSpare();
	state.loss.changePath(now);
}

/** A PATH_RESPONSE frame. */
export function onPathResponse(state: ConnectionState, reader: FrameReader, now: number): void {
	const path = state.path, at = reader.skip(CHALLENGE_LENGTH);
	if (path === undefined || !path.matches(reader.bytes, at))
		throw new TransportError(PROTOCOL_VIOLATION, "PATH_RESPONSE to no PATH_CHALLENGE");
	if (path.status === PATH_NONE)
		return;
	if (path.status === PATH_PROBED) {
		path.hasPreferred = true;
		changePath(state, now);
	}
	path.status = PATH_NONE;
	state.events |= 1 << EVENT_PATH_VALIDATED;
}

/** Gives up what nobody answered. */
export function checkPath(state: ConnectionState, now: number): void {
	const path = state.path;
	if (path === undefined || !path.hasFailed(now))
		return;
	if (path.status === PATH_PROBED)
		state.ids.retireSpare();
	path.status = PATH_NONE;
	state.events |= 1 << EVENT_PATH_FAILED;
}
