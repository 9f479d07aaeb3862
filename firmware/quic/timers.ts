/** The clock's part of a connection: idle timeout, keep-alive, pacing, loss and probes (RFC 9000 §10.1, RFC 9002). */
import { QUIC_HANDSHAKE_TIMEOUT, QUIC_SILENCE_MAX } from "../config.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { closeSilently, end } from "./close.js";
import { type ConnectionState, STATUS_ENDED, STATUS_IDLE, STATUS_OPEN } from "./connection-state.js";
import { checkPath, PATH_NONE } from "./path.js";
import type { Setup } from "./setup.js";
import { hasStreamFrames } from "./stream-writer.js";
import { NO_ERROR } from "./transport-error.js";

/** Does what is due. */
export function handleTimeout(state: ConnectionState, now: number): void {
	if (state.status === STATUS_IDLE || state.status === STATUS_ENDED)
		return;
	if (state.status !== STATUS_OPEN) {
		if ((now - state.ending!.endAt | 0) >= 0)
			end(state);
		return;
	}
	const setup = state.setup, isIdle = idleDelay(state, now) <= 0;
	if (!state.isComplete && (isIdle || handshakeDelay(setup!, now) <= 0)) {
		closeSilently(state, NO_ERROR, false, setup!.serverId === undefined && setup!.retryId === undefined
			? `no answer from the server: ${state.counters.datagramsSent} datagrams were sent`
			: `the handshake did not complete within ${now - setup!.startedAt | 0} ms`);
		return;
	}
	if (isIdle) {
		closeSilently(state, NO_ERROR, false, state.hasElicited
			? `the server has not answered for ${now - state.activityAt | 0} ms`
			: `idle timeout: nothing came from the server for ${state.idleTimeout} ms`);
		state.ending!.isSilence = state.isKeepAlive;
		return;
	}
	if (state.keepAlive > 0 && state.isComplete && (now - state.keepAliveAt | 0) >= 0) {
		state.application.wantsPing = true;
		state.isKeepAlive ||= !state.hasElicited;
		state.keepAliveAt = now + state.keepAlive | 0;
	}
	checkPath(state, now);
	state.loss.onTimeout(now);
}

/** ms until `handleTimeout` is wanted, or a datagram can be sent that cannot now; NO_TIMEOUT: never. */
export function nextTimeout(state: ConnectionState, now: number): number {
	if (state.status === STATUS_IDLE || state.status === STATUS_ENDED)
		return NO_TIMEOUT;
	if (state.status !== STATUS_OPEN)
		return atLeastZero(state.ending!.endAt - now | 0);
	const loss = state.loss, path = state.path;
	let delay = smaller(loss.pollTimeout(now), idleDelay(state, now));
	if (!state.isComplete)
		delay = smaller(delay, handshakeDelay(state.setup!, now));
	else {
		if (state.keepAlive > 0)
			delay = smaller(delay, state.keepAliveAt - now | 0);
		if (path !== undefined && path.status !== PATH_NONE)
			delay = smaller(delay, path.delay(now));
		const pacing = loss.congestion.pacingDelay(loss.rtt.smoothed, now);
		if (pacing > 0 && loss.congestion.hasRoom && hasStreamFrames(state.streams))
			delay = smaller(delay, pacing);
	}
	for (let i = 0; i < state.spaces.length; i++) {
		const space = state.spaces[i]!;
		if (space.received.eliciting > 0 && space.sendKeys !== undefined)
			delay = smaller(delay, space.received.delay(now));
	}
	return atLeastZero(delay);
}

function handshakeDelay(setup: Setup, now: number): number {
	return (setup.options.handshakeTimeout ?? QUIC_HANDSHAKE_TIMEOUT) - (now - setup.startedAt | 0);
}

// RFC 9000 §10.1: "endpoints MUST increase the idle timeout period to be at least three times the current Probe
// Timeout (PTO)." Where an answer is owed (a path that died, a server that forgot us) we give up sooner.
function idleDelay(state: ConnectionState, now: number): number {
	let limit = state.idleTimeout;
	if (state.isComplete && state.hasElicited && (limit === 0 || limit > QUIC_SILENCE_MAX))
		limit = QUIC_SILENCE_MAX;
	if (limit === 0)
		return NO_TIMEOUT;
	const least = 3 * state.loss.probeTimeout;
	return (limit > least ? limit : least) - (now - state.activityAt | 0);
}

function smaller(a: number, b: number): number {
	return b < a ? b : a;
}

function atLeastZero(delay: number): number {
	return delay > 0 ? delay : 0;
}
