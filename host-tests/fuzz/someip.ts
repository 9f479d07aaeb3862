/** Every role of SOME/IP under mutated datagrams and streams. Nothing may throw, nothing may grow, and a good request, a good
 *  Subscribe and a good Offer must be served in between. */
import { Client, CALL_NONE } from "../../firmware/someip/client.js";
import { ClientTable } from "../../firmware/someip/client-table.js";
import type { Connection } from "../../firmware/someip/connection.js";
import { Consumer } from "../../firmware/someip/consumer.js";
import { E2eTable, type E2eOptions } from "../../firmware/someip/e2e/e2e-table.js";
import { EventReceiver } from "../../firmware/someip/event-receiver.js";
import { MessageStore } from "../../firmware/someip/message-store.js";
import { decode } from "../../firmware/someip/payload/decode.js";
import { Reader } from "../../firmware/someip/payload/reader.js";
import type { Type } from "../../firmware/someip/payload/type.js";
import { Provider } from "../../firmware/someip/provider.js";
import { REQUEST_NONE, Server } from "../../firmware/someip/server.js";
import { STREAM_BROKEN } from "../../firmware/someip/stream-framing.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { Prng } from "../support/prng.js";
import { Mutator } from "./someip-mutator.js";
import { PAYLOAD_TYPES } from "./someip-types.js";

const SD = 30490;
const SERVICE = 0x1234, PORT = 30509, TCP_PORT = 30600, CALL_PORT = 41000, EVENT_PORT = 40000, ECHO = 1, EVENTGROUP = 0x10, CLIENT_ID = 0x4a01;
const PROTECTION: E2eOptions = { profile: "P07", dataId: 77, maxDeltaCounter: 3 };
const SENDS_MAX = 600;

export class SomeipFuzz {
	/** Mutants so far. */
	count = 0;
	readonly #prng: Prng;
	readonly #seed: number;
	readonly #isIpv6: boolean;
	readonly #addresses = new AddressTable();
	readonly #serverHost: number;
	readonly #clientHost: number;
	readonly #group: number;
	readonly #hosts: readonly number[];
	#now = 0;
	readonly #clients: ClientTable;
	readonly #provider: Provider;
	readonly #server: Server;
	readonly #consumer: Consumer;
	readonly #receiver: EventReceiver;
	readonly #client: Client;
	#connection: Connection | undefined = undefined;
	readonly #samples: Uint8Array[] = [];
	readonly #mutator: Mutator;
	readonly #out = new Uint8Array(1500);
	readonly #payload = new Uint8Array(64);
	readonly #event: number;
	readonly #reader = new Reader({});
	readonly #tagged = new Reader({ tagged: true });
	#answers = 0;

	/** `seed`: the same one makes the same mutants; an odd one, of IPv6. */
	constructor(seed: number) {
		this.#isIpv6 = (seed & 1) === 1;
		this.#serverHost = this.#host(1);
		this.#clientHost = this.#host(2);
		this.#group = this.#isIpv6 ? this.#address([0xff, 2], 0xc0de) : 0xe0f4e0f5;
		this.#hosts = [this.#clientHost, this.#clientHost, this.#clientHost, this.#serverHost, this.#host(0x63), this.#host(0x64)];
		const common = { netmask: this.#isIpv6 ? 64 : 0xffffff00, sdPort: SD, sdGroup: this.#group, topologyCheck: true, random: new Prng(1), addresses: this.#addresses };
		const prng = this.#prng = new Prng(seed);
		this.#seed = seed;
		const store = new MessageStore(16_896), scratch = new Uint8Array(1500);
		this.#clients = new ClientTable(scratch, store);
		const provider = this.#provider = new Provider({ ...common, localAddress: this.#serverHost, clients: this.#clients });
		const service = provider.offer(SERVICE, 1, 1, 0, PORT, 3, { tcpPort: TCP_PORT, configuration: ["hostname=x", "flag"], priority: 1, weight: 2 });
		const group = provider.eventgroup(service, EVENTGROUP), wide = provider.eventgroup(service, 0x11, this.#isIpv6 ? this.#address([0xff, 2], 7) : 0xefc00101, 32344, 2);
		this.#event = provider.event(0x8001, [group]);
		provider.field(0x8002, [group, wide]);
		provider.protect(provider.event(0x8003, [group]), PROTECTION);
		const server = this.#server = new Server(), handle = server.service(SERVICE, 1, PORT, TCP_PORT);
		server.addMethod(handle, ECHO);
		server.addMethod(handle, 2, true);
		server.addMethod(handle, 3, false, PROTECTION);
		const consumer = this.#consumer = new Consumer({ ...common, localAddress: this.#clientHost, eventPort: EVENT_PORT, ttl: 3 });
		consumer.request(SERVICE, 1, EVENTGROUP);
		consumer.request(SERVICE, 1, 0x11);
		consumer.request(0x4000, 0xffff, 1);
		this.#receiver = new EventReceiver(consumer.services);
		this.#client = new Client({ clientId: CLIENT_ID, reassembly: this.#receiver.reassembly });
		const e2e = new E2eTable();
		e2e.add(SERVICE, 1, 0x8003, PROTECTION);
		e2e.add(SERVICE, 1, 3, PROTECTION);
		this.#receiver.e2e = this.#client.e2e = e2e;
		provider.start(0);
		consumer.start(0);
		this.#converse();
		this.#mutator = new Mutator(prng, this.#samples);
	}

	/** Messages that were taken, and dropped, by all roles. */
	get taken(): number {
		return this.#provider.statistics.received + this.#consumer.statistics.received + this.#server.statistics.received + this.#receiver.statistics.received;
	}

	get dropped(): number {
		return this.#provider.statistics.dropped + this.#consumer.statistics.dropped + this.#server.statistics.dropped + this.#receiver.statistics.dropped;
	}

	/** Gives `count` mutants to whoever they may concern. Throws with the seed where something is wrong. */
	run(count: number): void {
		try {
			for (let i = 0; i < count; i++) {
				this.#step();
				if (++this.count % 1000 === 0)
					this.probe();
			}
		}
		catch (error) {
			(error as Error).message += ` (seed ${this.#seed}, mutant ${this.count})`;
			throw error;
		}
	}

	/** What is good is served, whatever came before. */
	probe(): void {
		this.#checkServer();
		this.#checkProvider();
		this.#checkConsumer();
	}

	#step(): void {
		const prng = this.#prng, mutator = this.#mutator, { bytes } = mutator;
		this.#now = (this.#now + prng.below(prng.chance(0.01) ? 5000 : 20)) | 0;
		const now = this.#now, host = this.#hosts[prng.below(this.#hosts.length)]!;
		mutator.next();
		switch (prng.below(6)) {
			case 0:
				this.#provider.receiveSd(prng.below(2), bytes, mutator.length, host, SD, now);
				break;
			case 1:
				this.#consumer.receiveSd(prng.below(2), bytes, mutator.length, host === this.#clientHost ? this.#serverHost : host, SD, now);
				break;
			case 2:
				this.#server.begin(bytes, mutator.length, host, CALL_PORT, PORT);
				this.#serve();
				break;
			case 3:
				this.#receiver.begin(bytes, mutator.length, host === this.#clientHost ? this.#serverHost : host, PORT, now);
				while (this.#receiver.next() === 1)
					this.#decode(this.#receiver);
				break;
			case 4:
				if (prng.chance(0.3))
					this.#client.call(this.#consumer.services.callable(SERVICE, 1, 1), prng.chance(0.5) ? ECHO : 3, this.#payload, 0, prng.below(64), 50, now);
				this.#client.begin(bytes, mutator.length, this.#serverHost, PORT);
				break;
			default:
				this.#stream();
		}
		this.#drain();
	}

	/** The mutant as a piece of a TCP stream, and then some of it again. */
	#stream(): void {
		const { bytes, length } = this.#mutator, prng = this.#prng;
		const connection = this.#connection ??= this.#clients.accept(this.#clientHost, CALL_PORT, TCP_PORT, this.#now), input = connection!.input;
		for (let at = 0; at < length;) {
			input.prepare(this.#now);
			let count = 1 + prng.below(prng.chance(0.5) ? 8 : 1500);
			if (count > input.end - input.at)
				count = input.end - input.at;
			if (count > length - at)
				count = length - at;
			for (let i = 0; i < count; i++)
				input.into[input.at + i] = bytes[at++]!;
			input.received(count);
			for (let total = input.next(); total !== 0; total = input.next()) {
				if (total === STREAM_BROKEN) {
					this.#disconnect();
					return;
				}
				this.#server.beginStream(input.bytes, input.messageStart, input.messageEnd, connection!);
				this.#serve();
			}
		}
		const { output } = connection!;
		output.sent(output.to - output.from);
		if (prng.chance(0.02))
			this.#disconnect();
	}

	#disconnect(): void {
		this.#clients.lose(this.#connection!);
		this.#connection = undefined;
	}

	#serve(): void {
		const server = this.#server;
		for (let code = server.next(this.#now); code !== REQUEST_NONE; code = server.next(this.#now)) {
			this.#decode(server);
			server.respond(server.request, server.payload, server.payloadOffset, server.payloadEnd);
		}
	}

	#decode({ payload, payloadOffset, payloadEnd }: Server | EventReceiver): void {
		if (payloadOffset > payloadEnd || payloadEnd > payload.length)
			throw new Error("a payload that lies outside of its message");
		const type: Type = PAYLOAD_TYPES[this.#prng.below(PAYLOAD_TYPES.length)]!, reader = this.#prng.chance(0.5) ? this.#reader : this.#tagged;
		reader.attach(payload);
		reader.begin(payloadOffset, payloadOffset, payloadEnd);
		decode(type, reader);
		if (reader.at > payloadEnd && reader.error === 0)
			throw new Error("a decoder that reads beyond the payload");
	}

	/** Lets all of them do what they are due to, without a network. */
	#drain(): void {
		const now = this.#now, out = this.#out, consumer = this.#consumer, provider = this.#provider;
		if (provider.pollTimeout(now) === 0)
			provider.onTimeout(now);
		if (consumer.pollTimeout(now) === 0)
			consumer.onTimeout(now);
		let sends = 0;
		while (provider.pollTransmit(out, now) > 0 || this.#server.pollTransmit(out, now) > 0 || consumer.pollTransmit(out, now) > 0 || this.#client.pollTransmit(out, now) > 0)
			if (++sends > SENDS_MAX)
				throw new Error("sends without an end");
		while (consumer.pollEvent() !== 0);
		while (provider.pollEvent() !== 0);
		while (this.#client.next(now) !== CALL_NONE)
			this.#answers++;
	}

	/** A request gets its answer. */
	#checkServer(): void {
		const request = this.#request(0x0102), server = this.#server, out = this.#out;
		server.begin(request, request.length, this.#clientHost, CALL_PORT, PORT);
		this.#serve();
		// Behind the segments of answers that were there before, each 1 ms after the other.
		for (let wait = 0; wait < 100; wait++, this.#now = (this.#now + 1) | 0)
			for (let length = server.pollTransmit(out, this.#now); length > 0; length = server.pollTransmit(out, this.#now))
				if (length === request.length && out[10] === 1 && out[11] === 2 && out[14] === 0x80 && out[15] === 0 && out[16] === 0xab)
					return;
		throw new Error("a good request was not answered");
	}

	/** A host that has started again subscribes with its first message, and gets the next event. */
	#checkProvider(): void {
		const provider = this.#provider, out = this.#out;
		// Strangers may have filled the table for ever: that is the link's flap's to end.
		if (provider.statistics.subscribers > 200) {
			provider.reset();
			provider.start(this.#now);
			this.#now = (this.#now + 500) | 0;
			this.#drain();
		}
		const subscribe = this.#sd(6, 0xffffff, EVENTGROUP, this.#clientHost, EVENT_PORT);
		provider.receiveSd(0, subscribe, subscribe.length, this.#clientHost, SD, this.#now);
		this.#drain();
		if (provider.notify(this.#event, this.#payload, 0, 4) !== 1)
			throw new Error("an event was refused");
		let isSent = false;
		// As above.
		for (let wait = 0; wait < 100; wait++, this.#now = (this.#now + 1) | 0)
			for (let length = provider.pollTransmit(out, this.#now); length > 0; length = provider.pollTransmit(out, this.#now))
				isSent = isSent || (provider.destinationAddress === this.#clientHost && provider.destinationPort === EVENT_PORT && out[2] === 0x80 && out[3] === 1);
		if (!isSent)
			throw new Error("a good Subscribe was not served");
	}

	/** An offer of now is taken, its event delivered, its method called. */
	#checkConsumer(): void {
		const consumer = this.#consumer, receiver = this.#receiver, client = this.#client, out = this.#out;
		consumer.start(this.#now);
		this.#drain();
		const offer = this.#sd(1, 3, 0, this.#serverHost, PORT);
		consumer.receiveSd(1, offer, offer.length, this.#serverHost, SD, this.#now);
		this.#drain();
		this.#drain();
		const event = this.#message(0x8001, 2, 1);
		receiver.begin(event, event.length, this.#serverHost, PORT, this.#now);
		if (receiver.next() !== 1)
			throw new Error("a good event was not delivered");
		const { pending } = client, answers = this.#answers;
		for (let i = 0; i < 10 && client.pending > 0; i++) {
			this.#now = (this.#now + 50) | 0;
			while (client.next(this.#now) !== CALL_NONE);
		}
		const request = client.call(consumer.services.callable(SERVICE, 1, 1), ECHO, this.#payload, 0, 4, 1000, this.#now);
		if (request < 0)
			throw new Error(`a good call was refused: ${request}, ${pending} were pending`);
		while (client.pollTransmit(out, this.#now) > 0);
		const answer = this.#message(ECHO, 0x80, request & 0xffff);
		client.begin(answer, answer.length, this.#serverHost, PORT);
		while (client.next(this.#now) !== CALL_NONE)
			if (client.request === request && client.returnCode === 0)
				this.#answers++;
		if (this.#answers === answers)
			throw new Error("a good answer was not taken");
	}

	#request(session: number): Uint8Array {
		return this.#message(ECHO, 0, session);
	}

	#message(methodId: number, type: number, session: number): Uint8Array {
		return new Uint8Array([SERVICE >> 8, SERVICE & 255, methodId >> 8, methodId & 255, 0, 0, 0, 12, type === 2 ? 0 : CLIENT_ID >> 8, type === 2 ? 0 : CLIENT_ID & 255,
			session >> 8 & 255, session & 255, 1, 1, type, 0, 0xab, 0xcd, 0xef, 1]);
	}

	/** A good SD message with one entry, of a host that has just started. */
	#sd(type: number, ttl: number, tail: number, address: number, port: number): Uint8Array {
		const place = new Uint8Array(this.#isIpv6 ? 16 : 4), length = place.length + 5;
		if (this.#isIpv6)
			this.#addresses.write(address, place, 0);
		else
			new DataView(place.buffer).setUint32(0, address);
		return new Uint8Array([0xff, 0xff, 0x81, 0, 0, 0, 0, 36 + length + 3, 0, 0, 0, 1, 1, 1, 2, 0, 0xc0, 0, 0, 0, 0, 0, 0, 16,
			type, 0, 0, 0x10, SERVICE >> 8, SERVICE & 255, 0, 1, 1, ttl >> 16, ttl >> 8 & 255, ttl & 255, 0, 0, tail >> 8, tail & 255,
			0, 0, 0, length + 3, 0, length, this.#isIpv6 ? 6 : 4, 0, ...place, 0, 0x11, port >> 8, port & 255]);
	}

	#host(number: number): number {
		return this.#isIpv6 ? this.#address([0xfd, 0], number) : 0x0a000000 + number;
	}

	/** The Number of the IPv6 address that begins and ends like this. */
	#address([first, second]: [number, number], last: number): number {
		const bytes = new Uint8Array(16);
		bytes[0] = first;
		bytes[1] = second;
		bytes[14] = last >> 8;
		bytes[15] = last & 255;
		return this.#addresses.intern(bytes, 0);
	}

	/** What the roles say to each other when all goes well: what mutants are made of. */
	#converse(): void {
		const { provider, consumer, server, client, out, payload } = { provider: this.#provider, consumer: this.#consumer, server: this.#server, client: this.#client, out: this.#out, payload: new Uint8Array(3000) };
		const keep = (length: number): void => {
			if (this.#samples.length < 200)
				this.#samples.push(out.slice(0, length));
		};
		for (let now = 0; now < 1500; now += 5) {
			this.#now = now;
			provider.onTimeout(now);
			consumer.onTimeout(now);
			if (now === 600)
				provider.notify(1, payload, 0, 3000);
			if (now % 100 === 0 && now > 600) {
				provider.notify(0, payload, 0, now % 300);
				provider.notify(2, payload, 0, now % 200);
				client.call(consumer.services.callable(SERVICE, 1, 1), 3, payload, 0, 24, 300, now);
				client.call(consumer.services.callable(SERVICE, 1, 1), ECHO, payload, 0, now % 700 === 0 ? 2000 : 40, 300, now);
				client.send(consumer.services.callable(SERVICE, 1, 1), 2, payload, 0, 8);
			}
			for (let length = provider.pollTransmit(out, now); length > 0; length = provider.pollTransmit(out, now)) {
				keep(length);
				if (provider.sourcePort === SD)
					consumer.receiveSd(provider.destinationAddress === this.#group ? 1 : 0, out, length, this.#serverHost, SD, now);
			}
			for (let length = consumer.pollTransmit(out, now); length > 0; length = consumer.pollTransmit(out, now)) {
				keep(length);
				provider.receiveSd(consumer.destinationAddress === this.#group ? 1 : 0, out, length, this.#clientHost, SD, now);
			}
			for (let length = client.pollTransmit(out, now); length > 0; length = client.pollTransmit(out, now)) {
				keep(length);
				server.begin(out, length, this.#clientHost, CALL_PORT, PORT);
				this.#serve();
			}
			for (let length = server.pollTransmit(out, now); length > 0; length = server.pollTransmit(out, now)) {
				keep(length);
				client.begin(out, length, this.#serverHost, PORT);
				while (client.next(now) !== CALL_NONE);
			}
			while (consumer.pollEvent() !== 0);
		}
		consumer.stop(this.#now);
		provider.stop();
		for (let length = consumer.pollTransmit(out, this.#now); length > 0; length = consumer.pollTransmit(out, this.#now))
			keep(length);
		for (let length = provider.pollTransmit(out, this.#now); length > 0; length = provider.pollTransmit(out, this.#now))
			keep(length);
		consumer.start(this.#now);
		provider.start(this.#now);
		// A magic cookie, and an SD endpoint option in an offer.
		this.#samples.push(new Uint8Array([0xff, 0xff, 0, 0, 0, 0, 0, 8, 0xde, 0xad, 0xbe, 0xef, 1, 1, 1, 0]));
		const moved = this.#sd(1, 3, 0, this.#serverHost, PORT);
		moved[46] = moved[46]! | 0x20;
		this.#samples.push(moved);
	}
}
