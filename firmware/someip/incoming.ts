/** Messages on their way in, of one datagram or from a TCP connection: what the receiver of events, the client and the
 *  server have in common. */
import type { Connection } from "./connection.js";
import { DROP_MESSAGE_TYPE, DROP_PROTOCOL_VERSION, Statistics } from "./drop.js";
import { dropOf, type E2eTable, type ProtectedMessage } from "./e2e/e2e-table.js";
import { CHECK_NO_NEW_DATA } from "./e2e/protection.js";
import { HEADER_LENGTH, Message } from "./header.js";
import type { MessageStore } from "./message-store.js";
import { TP_COMPLETE, TpReassembly } from "./tp-reassembly.js";

export class Incoming {
	/** The payload is payload[payloadOffset, payloadEnd), valid until the next call of `next` or `begin`. */
	payload: Uint8Array;
	payloadOffset = 0;
	payloadEnd = 0;
	/** The messages that are protected end to end; undefined: none. Their header is taken out of the payload. */
	e2e: E2eTable | undefined = undefined;
	/** Of the message told last, where it is protected: CHECK_OK or CHECK_OK_SOME_LOST. */
	e2eStatus = CHECK_NO_NEW_DATA;
	readonly statistics = new Statistics();
	/** Where segments are put together: to be shared by all roles of one board. */
	readonly reassembly: TpReassembly;
	protected readonly message = new Message();
	/** Who sent it; `connection` where it came by TCP. */
	protected address = 0;
	protected port = 0;
	protected connection: Connection | undefined = undefined;
	#at = 0;
	#end = 0;

	/** `store`: where it is to put segments together, without a `reassembly` that is shared. */
	constructor(reassembly: TpReassembly | undefined, store?: MessageStore) {
		this.payload = this.message.bytes;
		this.reassembly = reassembly ?? new TpReassembly(this.statistics, { store });
	}

	/** Takes bytes[at, end), whole messages. */
	protected open(bytes: Uint8Array, at: number, end: number, address: number, port: number, connection: Connection | undefined): void {
		this.message.attach(bytes);
		this.#at = at;
		this.#end = end;
		this.address = address;
		this.port = port;
		this.connection = connection;
	}

	/** Forgets what was not read yet. */
	protected discard(): void {
		this.#at = this.#end = 0;
	}

	/** The next message, in `message`. Returns its length; 0: no more; DROP_PROTOCOL_VERSION or DROP_MESSAGE_TYPE, which the
	 *  caller counts. feat_req_someip_319, _702: several messages per datagram. */
	protected nextMessage(): number {
		if (this.#at >= this.#end)
			return 0;
		const message = this.message, length = message.wrap(this.#at, this.#end);
		if (length > 0 || length === DROP_PROTOCOL_VERSION || length === DROP_MESSAGE_TYPE) {
			this.#at = message.payloadEnd;
			return length;
		}
		// Where the length itself cannot be believed, the rest of the datagram is lost.
		this.statistics.drop(length);
		this.#at = this.#end;
		return 0;
	}

	/** Sets `payload` to that of the message at hand, or of the one that it completes; the header is before it. `owner`: as for TpReassembly.
	 *  Returns 1, 0: a segment that was put by, or a DROP_* code. */
	protected take(owner: number, now: number): number {
		const message = this.message;
		if (message.isSegment) {
			const tp = this.reassembly, code = tp.add(owner, message, now);
			if (code !== TP_COMPLETE)
				return code;
			this.payload = tp.bytes;
			this.payloadOffset = tp.start + HEADER_LENGTH;
			this.payloadEnd = tp.end;
			return 1;
		}
		this.payload = message.bytes;
		this.payloadOffset = message.payloadOffset;
		this.payloadEnd = message.payloadEnd;
		return 1;
	}

	/** Checks the message that `take` has set, and takes its header out. feat_req_someip_102. Returns 1 or a DROP_E2E_* code. */
	protected verify(message: ProtectedMessage | undefined, life: number): number {
		if (message === undefined)
			return 1;
		this.e2eStatus = message.check(this.payload, this.payloadOffset, this.payloadEnd, life);
		const code = dropOf(this.e2eStatus);
		if (code < 0)
			return code;
		this.payloadOffset = message.strip(this.payload, this.payloadOffset);
		return 1;
	}
}
