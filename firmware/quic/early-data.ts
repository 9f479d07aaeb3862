/** 0-RTT (RFC 9001 §4.6, RFC 9000 §7.4.1): what is remembered of a server, and what its answer to early data means. */
import type { ConnectionState } from "./connection-state.js";
import { PacketProtection } from "./packet-protection.js";
import { PROTOCOL_VIOLATION, TransportError } from "./transport-error.js";
import { ACTIVE_CONNECTION_ID_LIMIT, INITIAL_MAX_DATA, INITIAL_MAX_STREAMS_UNI, TransportParameters } from "./transport-parameters.js";
import { readVarint, varintSize, writeVarint } from "./varint.js";

/** The numbers that are remembered: all from INITIAL_MAX_DATA to INITIAL_MAX_STREAMS_UNI, then ACTIVE_CONNECTION_ID_LIMIT. */
const COUNT = INITIAL_MAX_STREAMS_UNI - INITIAL_MAX_DATA + 2;

function idOf(index: number): number {
	return index < COUNT - 1 ? INITIAL_MAX_DATA + index : ACTIVE_CONNECTION_ID_LIMIT;
}

/** What a session keeps of the connection that it comes from: its version, the datagram limit, the remembered parameters. */
export function rememberParameters(version: number, parameters: TransportParameters): Uint8Array {
	const bytes = new Uint8Array(8 * (COUNT + 2));
	let at = writeVarint(bytes, writeVarint(bytes, 0, version), parameters.maxDatagramFrameSize);
	for (let i = 0; i < COUNT; i++)
		at = writeVarint(bytes, at, parameters.numbers[idOf(i)]!);
	return bytes.slice(0, at);
}

/** The parameters of a session that another connection of that version left; undefined: they are not to be used. */
export function recallParameters(bytes: Uint8Array, version: number): TransportParameters | undefined {
	const parameters = new TransportParameters();
	let at = 0;
	for (let i = -2; i < COUNT; i++) {
		if (at >= bytes.length || at + varintSize(bytes[at]!) > bytes.length)
			return undefined;
		const value = readVarint(bytes, at);
		at += varintSize(bytes[at]!);
		if (i === -2) {
			// RFC 9369 §5: "Clients MUST NOT use a session ticket or token from a QUIC version 1 connection to initiate a QUIC
			// version 2 connection, and vice versa."
			if (value !== version)
				return undefined;
		}
		else if (i === -1)
			parameters.maxDatagramFrameSize = value;
		else
			parameters.numbers[idOf(i)] = value;
	}
	return at === bytes.length ? parameters : undefined;
}

/** TLS has keys for early data. */
export function beginEarlyData(state: ConnectionState): void {
	const tls = state.tls!, setup = state.setup!, remembered = setup.remembered!;
	state.application.sendKeys = new PacketProtection(setup.options.crypto, tls.aead, tls.clientSecret, state.version.label);
	state.isEarly = true;
	state.streams.setLimits(remembered.numbers);
	state.setDatagramLimit(remembered);
}

/** No more early data: there are better keys, or the server wants none. */
export function endEarlyData(state: ConnectionState): void {
	if (!state.isEarly)
		return;
	state.isEarly = false;
	state.application.sendKeys?.close();
	state.application.sendKeys = undefined;
}

/** The server took the early data: RFC 9000 §7.4.1: it "MUST NOT reduce any limits". */
export function checkRemembered(remembered: TransportParameters, parameters: TransportParameters): void {
	let isReduced = parameters.maxDatagramFrameSize < remembered.maxDatagramFrameSize;
	for (let i = 0; i < COUNT; i++)
		isReduced ||= parameters.numbers[idOf(i)]! < remembered.numbers[idOf(i)]!;
	if (isReduced)
		throw new TransportError(PROTOCOL_VIOLATION, "a limit is below the one remembered for early data");
}

/** The server has thrown the early data away: all of it is new again, and `numbers` are the limits (RFC 9001 §4.6.2). */
export function replayEarlyData(state: ConnectionState, numbers: readonly number[], now: number): void {
	state.loss.discard(state.application, now, true);
	state.streams.replay(numbers);
}
