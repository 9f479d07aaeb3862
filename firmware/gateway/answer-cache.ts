import { ANSWER_CACHE, ANSWER_CACHE_BYTES, ANSWER_CACHE_TIME, ANSWER_REPEAT_TIME, CORRELATION_MAX } from "../config.js";
import { copyBytes } from "../wire/big-endian.js";
import type { Uplink } from "../uplink/uplink.js";

type Message = Uplink["message"];

/** A request that is under way or was answered. */
class KeptAnswer {
	/** Of the Client, while it is under way; 0: answered, or not to be found again. */
	request = 0;
	isKnown = false;
	method = 0;
	correlation = new Uint8Array(CORRELATION_MAX);
	correlationLength = 0;
	/** FNV-1a of the request's payload: the same correlation data with another payload is another request. */
	hash = 0;
	/** When the request came, int32 ms. */
	at = 0;
	returnCode = 0;
	payload = new Uint8Array(ANSWER_CACHE_BYTES);
	length = 0;
}

/** Answers to the last requests of QoS 1, which a broker may send twice: the second one gets the answer of the first, and
 *  the vehicle is not asked again. Known by method, correlation data and payload; without correlation data none is. */
export class AnswerCache {
	#answers: KeptAnswer[] = [];
	#next = 0;

	/** What is known of the request in `message`, for method `method`: it was sent again by the broker, or anew within
	 *  ANSWER_REPEAT_TIME. */
	find(method: number, message: Message, now: number): KeptAnswer | undefined {
		const { bytes, correlationStart, correlationEnd } = message, most = message.duplicate ? ANSWER_CACHE_TIME : ANSWER_REPEAT_TIME;
		if (message.qos !== 1 || correlationStart === correlationEnd)
			return undefined;
		const hash = hashOf(bytes, message.payloadStart, message.payloadEnd);
		for (let i = 0; i < this.#answers.length; i++) {
			const answer = this.#answers[i]!;
			if (answer.isKnown && answer.method === method && answer.hash === hash && answer.correlationLength === correlationEnd - correlationStart
				&& ((now - answer.at) | 0) < most && begins(answer.correlation, bytes, correlationStart, correlationEnd))
				return answer;
		}
		return undefined;
	}

	/** The request in `message` is under way as `request`. */
	begin(method: number, message: Message, request: number, now: number): void {
		const { bytes, correlationStart, correlationEnd } = message;
		if (message.qos !== 1 || correlationStart === correlationEnd)
			return;
		if (this.#next === this.#answers.length)
			this.#answers.push(new KeptAnswer());
		const answer = this.#answers[this.#next]!;
		this.#next = this.#next + 1 < ANSWER_CACHE ? this.#next + 1 : 0;
		answer.request = request;
		answer.isKnown = true;
		answer.method = method;
		answer.hash = hashOf(bytes, message.payloadStart, message.payloadEnd);
		answer.at = now;
		answer.correlationLength = correlationEnd - correlationStart;
		copyBytes(bytes, correlationStart, correlationEnd, answer.correlation, 0);
	}

	/** It has ended with this answer. What was not answered by the vehicle, or is too long, may be asked for again. */
	end(request: number, isLocal: boolean, returnCode: number, bytes: Uint8Array, offset: number, end: number): void {
		for (let i = 0; i < this.#answers.length; i++) {
			const answer = this.#answers[i]!;
			if (answer.request !== request)
				continue;
			answer.request = 0;
			answer.isKnown = !isLocal && end - offset <= ANSWER_CACHE_BYTES;
			if (!answer.isKnown)
				return;
			answer.returnCode = returnCode;
			answer.length = end - offset;
			copyBytes(bytes, offset, end, answer.payload, 0);
			return;
		}
	}

	/** Once a second: what is old must not look new again as the clock wraps. */
	watch(now: number): void {
		for (let i = 0; i < this.#answers.length; i++)
			if (((now - this.#answers[i]!.at) | 0) >= ANSWER_CACHE_TIME)
				this.#answers[i]!.isKnown = false;
	}
}

function begins(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
	for (let i = start; i < end; i++)
		if (bytes[i] !== known[i - start])
			return false;
	return true;
}

function hashOf(bytes: Uint8Array, at: number, end: number): number {
	let hash = 0x811c9dc5 | 0;
	for (; at < end; at++)
		hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
	return hash;
}
