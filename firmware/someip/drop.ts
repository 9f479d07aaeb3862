/** Why a message, a segment or an SD entry was dropped: negative codes, so that a parser can return a length or one
 *  of these; and the counters of them. */

// The header
export const DROP_TRUNCATED = -1;
export const DROP_LENGTH = -2;
export const DROP_PROTOCOL_VERSION = -3;
export const DROP_MESSAGE_TYPE = -4;
export const DROP_INTERFACE_VERSION = -5;
// Events
/** No subscription, or not from the endpoint that offers the service. */
export const DROP_NOT_SUBSCRIBED = -6;
export const DROP_UNEXPECTED_REQUEST = -7;
export const DROP_UNEXPECTED_RESPONSE = -8;
// SOME/IP-TP
export const DROP_TP_HEADER = -9;
/** More segments are to follow, but the length is not a multiple of 16. */
export const DROP_TP_LENGTH = -10;
/** Reaches beyond what a buffer holds. */
export const DROP_TP_SIZE = -11;
/** Contradicts the end that an earlier segment gave. */
export const DROP_TP_END = -12;
export const DROP_TP_DUPLICATE = -13;
/** A message that a newer session, the timeout or a fuller pool made an end of. */
export const DROP_TP_INCOMPLETE = -14;
/** A segment of a session that is over. */
export const DROP_TP_STALE = -15;
// Service discovery, whole messages
export const DROP_SD_HEADER = -16;
/** The length of the entries or of the options array. */
export const DROP_SD_ARRAY = -17;
// Service discovery, single entries
export const DROP_SD_ENTRY_TYPE = -18;
export const DROP_SD_CHANNEL = -19;
export const DROP_SD_OPTION_INDEX = -20;
export const DROP_SD_OPTION_LENGTH = -21;
export const DROP_SD_OPTION_VALUE = -22;
export const DROP_SD_OPTION_CONFLICT = -23;
/** An endpoint that is needed is not there. */
export const DROP_SD_NO_ENDPOINT = -24;
/** An address outside of the subnet, our own, multicast, or loopback. */
export const DROP_SD_TOPOLOGY = -25;
/** Somebody else's offer or subscription, or an answer that nobody waits for. */
export const DROP_SD_NOT_OWNER = -26;
/** A table of config.ts is full. */
export const DROP_TABLE_FULL = -27;
/** A Subscribe that was answered with a Nack: unknown service, version or eventgroup. */
export const DROP_SD_UNKNOWN_EVENTGROUP = -28;
/** An event or answer of ours that found the queue full or its payload too long. */
export const DROP_NOT_SENT = -29;
// Method calls
/** A response to a call that has ended without it; to one that was answered before. */
export const DROP_LATE_RESPONSE = -30;
export const DROP_DUPLICATE_RESPONSE = -31;
/** A request that was refused, with a return code where it wanted one: unknown service or method. */
export const DROP_UNKNOWN_SERVICE = -32;
export const DROP_UNKNOWN_METHOD = -33;
// TCP
/** A message whose length cannot be: where no cookie helps, the connection is reset. */
export const DROP_STREAM_LENGTH = -34;
/** A message that found no room while it came in pieces. */
export const DROP_STREAM_SKIPPED = -35;
/** A message that the peer is too slow to take. */
export const DROP_STREAM_SLOW = -36;
// End-to-end protection
export const DROP_E2E_REPEATED = -37;
export const DROP_E2E_WRONG_SEQUENCE = -38;
export const DROP_E2E_ERROR = -39;

/** Names for a log, index = -code. */
export const DROP_NAMES: readonly string[] = Object.freeze([
	"", "truncated", "length", "protocol version", "message type", "interface version", "not subscribed",
	"unexpected request", "unexpected response", "TP header", "TP length", "TP size", "TP end", "TP duplicate",
	"TP incomplete", "TP stale", "SD header", "SD array", "SD entry type", "SD channel", "SD option index",
	"SD option length", "SD option value", "SD option conflict", "SD endpoint missing", "SD topology", "SD not owner",
	"table full", "SD unknown eventgroup", "not sent", "late response", "duplicate response", "unknown service",
	"unknown method", "TCP length", "TCP skipped", "TCP slow reader", "E2E repeated", "E2E wrong sequence", "E2E error",
]);

/** Counters of one role. They wrap at 2^32. */
export class Statistics {
	/** Messages that were taken. */
	received = 0;
	/** Everything that `drop` counted. */
	dropped = 0;
	#reasons = new Uint32Array(DROP_NAMES.length);

	/** Counts a DROP_* code. */
	drop(code: number): void {
		this.dropped = (this.dropped + 1) >>> 0;
		this.#reasons[-code]!++;
	}

	/** How often a DROP_* code was counted. */
	droppedBy(code: number): number {
		return this.#reasons[-code]!;
	}
}
