/** The ways a connection ends (RFC 9000 §10). */
import { AlertError } from "../tls/alert.js";
import { wipeSession } from "../tls/session.js";
import { type ConnectionState, STATUS_CLOSING, STATUS_DRAINING, STATUS_ENDED, STATUS_IDLE } from "./connection-state.js";
import { closeText, phraseText } from "./error-text.js";
import { EVENT_CLOSED } from "./events.js";
import { FRAME_APPLICATION_CLOSE } from "./frame.js";
import type { FrameReader } from "./frame-reader.js";
import { CRYPTO_ERROR, INTERNAL_ERROR, NO_ERROR, TransportError } from "./transport-error.js";

const PHRASE_MAX = 100;

/** How a connection ended. */
export interface Ending {
	readonly code: number;
	readonly isApplication: boolean;
	readonly byPeer: boolean;
	/** For the log. */
	reason: string;
	/** What CONNECTION_CLOSE says to the peer, with the type of the frame at fault. */
	readonly phrase: string;
	readonly frameType: number;
	/** CONNECTION_CLOSE is owed; datagrams that came since we closed, and how many make us say it again. */
	isOwed: boolean;
	datagrams: number;
	repeatAt: number;
	/** ms: when nothing is to be done any more. */
	endAt: number;
	/** Nothing came any more after a silence that a keep-alive's PING broke. */
	isSilence: boolean;
}

/** We close: CONNECTION_CLOSE is owed, and again where the peer goes on sending. `phrase` goes to the peer. */
export function closeLocally(state: ConnectionState, code: number, isApplication: boolean, phrase: string, now: number): void {
	if (state.status >= STATUS_CLOSING)
		return;
	const wasIdle = state.status === STATUS_IDLE;
	finish(state, code, isApplication, false, phrase).isOwed = true;
	if (wasIdle)
		end(state);
	else
		enter(state, STATUS_CLOSING, now);
}

/** An error came out of the handlers: the connection closes with the code that fits. */
export function closeForError(state: ConnectionState, error: unknown, now: number): void {
	if (error instanceof AlertError)
		closeLocally(state, CRYPTO_ERROR + error.alert, false, error.message, now);
	else
		closeLocally(state, error instanceof TransportError ? error.code : INTERNAL_ERROR, false, error instanceof Error ? error.message : "unknown error", now);
}

/** A CONNECTION_CLOSE frame of either type: silence from here on. */
export function onConnectionClose(state: ConnectionState, reader: FrameReader, now: number): void {
	const isApplication = reader.frameType === FRAME_APPLICATION_CLOSE;
	const code = reader.varint();
	if (!isApplication)
		reader.varint();
	const length = reader.varint();
	const at = reader.skip(length);
	finish(state, code, isApplication, true, phraseText(reader.bytes, at, at + length));
	enter(state, STATUS_DRAINING, now);
}

/** The end without a word to the peer: nobody is there, or nobody who would understand. */
export function closeSilently(state: ConnectionState, code: number, byPeer: boolean, reason: string): void {
	finish(state, code, false, byPeer, "").reason = reason;
	end(state);
}

/** A stateless reset (RFC 9000 §10.3): the server lost the connection's state. */
export function onStatelessReset(state: ConnectionState, now: number): void {
	finish(state, NO_ERROR, false, true, "").reason = "stateless reset: the server does not know this connection any more";
	enter(state, STATUS_DRAINING, now);
}

/** Wipes every key; nothing is sent or received after this. */
export function end(state: ConnectionState): void {
	state.status = STATUS_ENDED;
	for (let i = 0; i < state.spaces.length; i++)
		state.spaces[i]!.discardKeys();
	for (let session = state.sessions?.pop(); session !== undefined; session = state.sessions?.pop())
		wipeSession(session);
	state.phases?.close();
	state.tls?.close();
}

function finish(state: ConnectionState, code: number, isApplication: boolean, byPeer: boolean, detail: string): Ending {
	const reason = closeText(code, isApplication, byPeer, detail, state.setup === undefined ? "" : state.setup.options.alpn);
	state.counters.established = false;
	state.events |= 1 << EVENT_CLOSED;
	// Packets can still be sealed: their keys are copies.
	state.tls?.close();
	return state.ending = {
		code, isApplication, byPeer, reason, phrase: detail.slice(0, PHRASE_MAX), frameType: state.reader.frameType, isOwed: false, datagrams: 0, repeatAt: 1, endAt: 0, isSilence: false,
	};
}

// RFC 9000 §10.2: "These states SHOULD persist for at least three times the current PTO interval".
function enter(state: ConnectionState, status: number, now: number): void {
	state.status = status;
	state.ending!.endAt = now + 3 * state.loss.probeTimeout | 0;
}
