/** What a Provider answers to SD messages: Acks, Nacks and Offers to those who search, packed per host. */
import { SD_ANSWERS_MAX } from "../config.js";
import type { Eventgroup, OfferedService } from "./offered-service.js";
import { ENTRY_SUBSCRIBE_ACK } from "./sd/entry.js";
import type { SdReader } from "./sd/sd-reader.js";
import type { SdWriter } from "./sd/sd-writer.js";

class Answer {
	address = 0;
	port = 0;
	/** When it is due, int32 ms. */
	at = 0;
	/** Of an Offer. */
	service: OfferedService | undefined = undefined;
	/** Of an Ack: what it may name a multicast endpoint of. */
	eventgroup: Eventgroup | undefined = undefined;
	serviceId = 0;
	instanceId = 0;
	majorVersion = 0;
	ttl = 0;
	bits = 0;
	eventgroupId = 0;
	done = false;
}

export class AnswerQueue {
	#answers: Answer[] = [];
	#count = 0;
	#limit: number;

	/** `limit`: answers that wait at a time. */
	constructor(limit = SD_ANSWERS_MAX) {
		this.#limit = limit;
	}

	/** Offers `service` to a host that searched, at `at`; an answer that waits already will do. False: full. */
	offer(address: number, port: number, service: OfferedService, at: number): boolean {
		for (let i = 0; i < this.#count; i++)
			if (this.#answers[i]!.service === service && this.#answers[i]!.address === address)
				return true;
		const answer = this.#add(address, port, at);
		if (answer === undefined)
			return false;
		answer.service = service;
		answer.eventgroup = undefined;
		return true;
	}

	/** Answers the Subscribe in `reader`: an Ack where `eventgroup` is given, otherwise a Nack. False: full. */
	subscription(address: number, port: number, reader: SdReader, eventgroup: Eventgroup | undefined, now: number): boolean {
		const answer = this.#add(address, port, now);
		if (answer === undefined)
			return false;
		answer.service = undefined;
		answer.eventgroup = eventgroup;
		answer.serviceId = reader.serviceId;
		answer.instanceId = reader.instanceId;
		answer.majorVersion = reader.majorVersion;
		answer.ttl = eventgroup === undefined ? 0 : reader.ttl;
		answer.bits = reader.eventgroupBits;
		answer.eventgroupId = reader.eventgroupId;
		return true;
	}

	clear(): void {
		this.#count = 0;
	}

	/** The host that the first due answer goes to, into `destination`; false: none is due. */
	due(now: number, destination: { destinationAddress: number; destinationPort: number }): boolean {
		for (let i = 0; i < this.#count; i++) {
			const answer = this.#answers[i]!;
			if (((now - answer.at) | 0) < 0)
				continue;
			destination.destinationAddress = answer.address;
			destination.destinationPort = answer.port;
			return true;
		}
		return false;
	}

	/** Writes the due answers to one host in the order they came, as many as fit. `local`: our address in Offers.
	 *  feat_req_someipsd_836: "all SubscribeEventgroup entries of a message shall be responded combined in single message". */
	write(writer: SdWriter, address: number, port: number, local: number, now: number): void {
		for (let i = 0; i < this.#count; i++) {
			const answer = this.#answers[i]!, service = answer.service, eventgroup = answer.eventgroup;
			if (answer.address !== address || answer.port !== port || ((now - answer.at) | 0) < 0)
				continue;
			if (service === undefined ? !writer.fits(1, 1) : !service.fits(writer))
				break;
			answer.done = true;
			if (service !== undefined) {
				if (service.phases.offered)
					service.write(writer, local, service.ttl);
				continue;
			}
			if (eventgroup !== undefined && eventgroup.threshold > 0)
				writer.multicast(eventgroup.address, eventgroup.port);
			writer.eventgroup(ENTRY_SUBSCRIBE_ACK, answer.serviceId, answer.instanceId, answer.majorVersion, answer.ttl, answer.bits, answer.eventgroupId);
		}
		this.#compact();
	}

	/** ms until the earliest answer is due, at most `delay`. */
	timeout(now: number, delay: number): number {
		for (let i = 0; i < this.#count; i++)
			if (((this.#answers[i]!.at - now) | 0) < delay)
				delay = (this.#answers[i]!.at - now) | 0;
		return delay;
	}

	#add(address: number, port: number, at: number): Answer | undefined {
		if (this.#count === this.#limit)
			return undefined;
		if (this.#count === this.#answers.length)
			this.#answers.push(new Answer());
		const answer = this.#answers[this.#count++]!;
		answer.address = address;
		answer.port = port;
		answer.at = at;
		answer.done = false;
		return answer;
	}

	// Closes the gaps of those that are done; the others keep their order, the objects are used again.
	#compact(): void {
		const answers = this.#answers;
		let kept = 0;
		for (let i = 0; i < this.#count; i++) {
			const answer = answers[i]!;
			if (answer.done)
				continue;
			answers[i] = answers[kept]!;
			answers[kept++] = answer;
		}
		this.#count = kept;
	}
}
