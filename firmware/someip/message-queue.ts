/** Requests or responses on their way out: each kept until it was sent, in segments where it is long. */
import { copyBytes } from "../wire/big-endian.js";
import { DEFAULT_OFFSET } from "./e2e/profile.js";
import type { Protector } from "./e2e/protection.js";
import { HEADER_LENGTH, RETURN_CODE_OFFSET, UDP_PAYLOAD_MAX, writeHeader, writeProtected } from "./header.js";
import { needsSegments, SEGMENT_MAX, writeSegment } from "./tp-segmenter.js";

/** One message; whoever gets it from `push` sets the header's fields and its way. */
export class QueuedMessage {
	address = 0;
	port = 0;
	sourcePort = 0;
	serviceId = 0;
	methodId = 0;
	clientId = 0;
	sessionId = 0;
	interfaceVersion = 0;
	type = 0;
	returnCode = 0;
	/** Its payload within the queue's bytes. */
	start = 0;
	length = 0;
}

export class MessageQueue {
	/** Of what `transmit` wrote. */
	destinationAddress = 0;
	destinationPort = 0;
	sourcePort = 0;
	#messages: QueuedMessage[] = [];
	#head = 0;
	#count = 0;
	/** Payloads one behind another; begun anew whenever everything was sent, which is after every drain. */
	#bytes: Uint8Array;
	#used = 0;
	/** Bytes of the first message that were sent. */
	#offset = 0;
	#segmentGap: number;
	#segmentAt = 0;
	#paced = false;

	/** `bytes`: of all payloads that wait; `segmentGap`: ms between two segments (feat_req_someiptp_801). */
	constructor(messages: number, bytes: number, segmentGap: number) {
		for (let i = 0; i < messages; i++)
			this.#messages.push(new QueuedMessage());
		this.#bytes = new Uint8Array(bytes);
		this.#segmentGap = segmentGap;
	}

	/** Longest payload. */
	get capacity(): number {
		return this.#bytes.length;
	}

	/** Takes a copy of bytes[offset, end); undefined where there is no room. With a `protector` the caller calls `seal` as
	 *  soon as the message's fields are set. */
	push(bytes: Uint8Array, offset: number, end: number, protector?: Protector): QueuedMessage | undefined {
		const messages = this.#messages, before = protector === undefined ? 0 : DEFAULT_OFFSET;
		const length = end - offset + (protector === undefined ? 0 : protector.headerLength);
		if (this.#count === messages.length || this.#used + before + length > this.#bytes.length)
			return undefined;
		let index = this.#head + this.#count;
		if (index >= messages.length)
			index -= messages.length;
		const message = messages[index]!;
		message.start = this.#used + before;
		message.length = length;
		if (protector === undefined)
			copyBytes(bytes, offset, end, this.#bytes, message.start);
		else
			protector.place(bytes, offset, end, this.#bytes, message.start);
		this.#used += before + length;
		this.#count++;
		return message;
	}

	/** Protects what `push` returned. */
	seal(message: QueuedMessage, protector: Protector): void {
		const { start } = message;
		writeProtected(this.#bytes, start - DEFAULT_OFFSET, message.clientId, message.sessionId, message.interfaceVersion, message.type, message.returnCode);
		protector.protect(this.#bytes, start - DEFAULT_OFFSET, start + message.length);
	}

	clear(): void {
		this.#count = this.#used = this.#offset = 0;
		this.#paced = false;
	}

	/** Writes the next datagram into `into`; returns its length, or 0: none, or not yet. */
	transmit(into: Uint8Array, now: number): number {
		if (this.#count === 0)
			return 0;
		const message = this.#messages[this.#head]!, isLong = needsSegments(message.length);
		if (isLong && this.#paced && ((now - this.#segmentAt) | 0) < 0)
			return 0;
		this.destinationAddress = message.address;
		this.destinationPort = message.port;
		this.sourcePort = message.sourcePort;
		return isLong ? this.#segment(message, into, now) : this.#pack(message, into);
	}

	/** ms until `transmit` has something, at most `delay`. */
	timeout(now: number, delay: number): number {
		if (this.#count === 0)
			return delay;
		const wait = this.#paced && needsSegments(this.#messages[this.#head]!.length) ? (this.#segmentAt - now) | 0 : 0;
		return wait < delay ? wait : delay;
	}

	// feat_req_someip_702: what follows for the same destination goes along, as far as a datagram reaches.
	#pack(first: QueuedMessage, into: Uint8Array): number {
		const { address, port, sourcePort } = first;
		const end = into.length < HEADER_LENGTH + UDP_PAYLOAD_MAX ? into.length : HEADER_LENGTH + UDP_PAYLOAD_MAX;
		let at = 0, message = first;
		do {
			const start = at;
			at = writeHeader(into, at, message.serviceId, message.methodId, message.length, message.clientId, message.sessionId, message.interfaceVersion, message.type);
			into[start + RETURN_CODE_OFFSET] = message.returnCode;
			copyBytes(this.#bytes, message.start, message.start + message.length, into, at);
			at += message.length;
			this.#advance();
			message = this.#messages[this.#head]!;
		} while (this.#count > 0 && message.address === address && message.port === port && message.sourcePort === sourcePort
			&& at + HEADER_LENGTH + message.length <= end);
		return at;
	}

	#segment(message: QueuedMessage, into: Uint8Array, now: number): number {
		const written = writeSegment(into, message.serviceId, message.methodId, message.clientId, message.sessionId, message.interfaceVersion, message.type, this.#bytes, this.#offset, message.length, message.start);
		into[RETURN_CODE_OFFSET] = message.returnCode;
		this.#offset += SEGMENT_MAX;
		this.#paced = this.#segmentGap > 0;
		this.#segmentAt = (now + this.#segmentGap) | 0;
		if (this.#offset >= message.length)
			this.#advance();
		return written;
	}

	#advance(): void {
		this.#offset = 0;
		this.#head = this.#head + 1 < this.#messages.length ? this.#head + 1 : 0;
		this.#count--;
		if (this.#count === 0)
			this.#used = 0;
	}
}
