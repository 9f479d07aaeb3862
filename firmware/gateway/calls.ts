import { CLIENT_CALLS, CORRELATION_MAX, TOPIC_MAX } from "../config.js";
import type { Log } from "../ports/log.js";
import { CALL_NOT_REACHABLE, type Client } from "../someip/client.js";
import { E_NOT_REACHABLE, E_NOT_READY } from "../someip/return-code.js";
import type { Uplink } from "../uplink/uplink.js";
import { encodeUtf8 } from "../wire/utf8.js";
import { AnswerCache } from "./answer-cache.js";
import type { Caller } from "./caller.js";
import type { Configuration, MethodConfiguration } from "./configuration/configuration.js";
import { responsePrefix, responseTopic } from "./configuration/rules.js";
import { LossReport } from "./loss-report.js";

type Message = Uplink["message"];
type Publisher = Uplink["publisher"];

/** Ends in the two digits that `writeHex` sets. */
const RETURN_CODE = Object.freeze({ userProperties: Object.freeze([Object.freeze(["rc", "0x00"] as const)]) });

/** A request that is answered, or may still be: its answer's topic and properties stand in the handle `topic`. */
class Answer {
	/** Of the Client; 0: none is under way. */
	request = 0;
	topic = 0;
	qos: 0 | 1 = 0;
}

/** Requests by MQTT, answered with what the vehicle's methods return. A request without a response topic is answered to
 *  its method's own; correlation data comes back as it was; the user property `rc` is SOME/IP's return code. */
export class Calls {
	/** Requests that came; answers of the vehicle's services; and requests that got none: refused, or ended here with
	 *  E_TIMEOUT, E_NOT_REACHABLE or E_NOT_READY. */
	requested = 0;
	answered = 0;
	failed = 0;
	#methods: readonly MethodConfiguration[];
	#requestTopics: Uint8Array[] = [];
	#responseTopics: Uint8Array[] = [];
	#prefix: Uint8Array;
	#answers: Answer[] = [];
	#caller: Caller;
	#uplink: Uplink;
	#publisher: Publisher;
	#cache = new AnswerCache();
	#refused = 0;
	#refusals: LossReport;

	/** Throws a RangeError that says what to change where the methods do not fit the tables of config.ts. */
	constructor(configuration: Configuration, uplink: Uplink, caller: Caller, log: Log) {
		this.#methods = configuration.methods;
		this.#caller = caller;
		this.#uplink = uplink;
		this.#publisher = uplink.publisher;
		this.#prefix = encodeUtf8(responsePrefix(configuration.vin));
		for (const { topic, qos } of configuration.methods) {
			this.#requestTopics.push(encodeUtf8(topic));
			this.#responseTopics.push(encodeUtf8(responseTopic(topic)));
			uplink.addSubscription(topic, qos);
		}
		const first = this.#publisher.topics.reserve(CLIENT_CALLS, TOPIC_MAX + CORRELATION_MAX, RETURN_CODE);
		for (let i = 0; i < CLIENT_CALLS; i++) {
			const answer = new Answer();
			answer.topic = first + i;
			this.#answers.push(answer);
		}
		this.#refusals = new LossReport(log, "calls", "request was refused: retained, too many at a time, or a response topic that is not below vehicle/{vin}/", "requests were refused: retained, too many at a time, or a response topic that is not below vehicle/{vin}/");
	}

	/** A PUBLISH of the broker; false where it is no request. */
	request(message: Message, now: number): boolean {
		const index = this.#find(message);
		if (index < 0)
			return false;
		this.requested++;
		const kept = message.retain ? undefined : this.#cache.find(index, message, now);
		// Its answer is still to come.
		if (kept !== undefined && kept.request !== 0)
			return true;
		const answer = message.retain ? undefined : this.#freeAnswer();
		if (answer === undefined || !this.#address(answer, message, index)) {
			this.failed++;
			this.#refused++;
			return true;
		}
		const method = this.#methods[index]!;
		answer.qos = method.qos;
		if (kept !== undefined) {
			this.answered++;
			this.#publish(answer, kept.returnCode, kept.payload, 0, kept.length, now);
			return true;
		}
		const request = this.#caller.call(method, message.bytes, message.payloadStart, message.payloadEnd, now);
		if (request > 0) {
			answer.request = request;
			this.#cache.begin(index, message, request, now);
		}
		else {
			this.failed++;
			this.#publish(answer, request === CALL_NOT_REACHABLE ? E_NOT_REACHABLE : E_NOT_READY, message.bytes, 0, 0, now);
		}
		return true;
	}

	/** A call has ended. */
	ended(client: Client, now: number): void {
		for (let i = 0; i < this.#answers.length; i++) {
			const answer = this.#answers[i]!;
			if (answer.request !== client.request)
				continue;
			if (client.isLocal)
				this.failed++;
			else
				this.answered++;
			answer.request = 0;
			this.#cache.end(client.request, client.isLocal, client.returnCode, client.payload, client.payloadOffset, client.payloadEnd);
			this.#publish(answer, client.returnCode, client.payload, client.payloadOffset, client.payloadEnd, now);
			return;
		}
	}

	/** Once a second. */
	watch(now: number): void {
		this.#cache.watch(now);
		this.#refusals.update(this.#refused, now);
	}

	#find(message: Message): number {
		for (let i = 0; i < this.#requestTopics.length; i++) {
			const topic = this.#requestTopics[i]!;
			if (message.topicEnd - message.topicStart === topic.length && beginsWith(message.bytes, message.topicStart, message.topicEnd, topic))
				return i;
		}
		return -1;
	}

	/** An answer that still waits for the broker keeps its place. */
	#freeAnswer(): Answer | undefined {
		for (let i = 0; i < this.#answers.length; i++)
			if (this.#answers[i]!.request === 0 && !this.#publisher.isInUse(this.#answers[i]!.topic))
				return this.#answers[i];
		return undefined;
	}

	/** Sets where the answer goes; false where it must not, or does not fit. */
	#address(answer: Answer, message: Message, index: number): boolean {
		const { bytes, responseTopicStart, responseTopicEnd, correlationStart, correlationEnd } = message, { topics } = this.#publisher;
		if (correlationEnd - correlationStart > CORRELATION_MAX)
			return false;
		if (responseTopicStart === 0) {
			const own = this.#responseTopics[index]!;
			return topics.rewrite(answer.topic, own, 0, own.length, bytes, correlationStart, correlationEnd);
		}
		// One of our own requests would answer itself.
		return responseTopicEnd - responseTopicStart <= TOPIC_MAX && beginsWith(bytes, responseTopicStart, responseTopicEnd, this.#prefix)
			&& !this.#isRequestTopic(bytes, responseTopicStart, responseTopicEnd)
			&& topics.rewrite(answer.topic, bytes, responseTopicStart, responseTopicEnd, bytes, correlationStart, correlationEnd);
	}

	#isRequestTopic(bytes: Uint8Array, start: number, end: number): boolean {
		for (let i = 0; i < this.#requestTopics.length; i++)
			if (this.#requestTopics[i]!.length === end - start && beginsWith(bytes, start, end, this.#requestTopics[i]!))
				return true;
		return false;
	}

	#publish(answer: Answer, returnCode: number, bytes: Uint8Array, offset: number, end: number, now: number): void {
		this.#publisher.topics.writeHex(answer.topic, returnCode);
		this.#uplink.publish(answer.topic, answer.qos, false, bytes, offset, end, now);
	}
}

function beginsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
	if (end - start < prefix.length)
		return false;
	for (let i = 0; i < prefix.length; i++)
		if (bytes[start + i] !== prefix[i])
			return false;
	return true;
}
