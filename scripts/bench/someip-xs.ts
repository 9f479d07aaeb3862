/** What SOME/IP costs on XS. Entry for XS, in a growing heap; prints one line of JSON. */
import { Client } from "../../firmware/someip/client.js";
import { Consumer } from "../../firmware/someip/consumer.js";
import { EventReceiver } from "../../firmware/someip/event-receiver.js";
import { Provider } from "../../firmware/someip/provider.js";
import { REQUEST_NONE, Server } from "../../firmware/someip/server.js";
import { engine } from "../../hal/system/engine.js";
import { Prng } from "../../host-tests/support/prng.js";

const print = (line: string): void => native("xs_print").call(undefined, line);
const SERVER = 0x0a000001, CLIENT = 0x0a000002, GROUP = 0xe0f4e0f5, SD = 30490, SERVICE = 0x1101, PORT = 30509, EVENT_PORT = 40000;
const COMMON = { netmask: 0xffffff00, sdPort: SD, sdGroup: GROUP, topologyCheck: true, random: new Prng(1) };
const ROUNDS = 2000, WARM_UP = 200, SERVICES = 16;

interface Cost {
	slots: number;
	chunkBytes: number;
	meter: number;
}

/** Per round, without what the measuring itself takes. */
function measure(work: (round: number) => void): Cost {
	const once = (work: (round: number) => void): Cost => {
		for (let round = 0; round < WARM_UP; round++)
			work(round);
		const slots = engine.slotsAllocated(), chunks = engine.chunkBytesAllocated(), meter = engine.meter();
		for (let round = 0; round < ROUNDS; round++)
			work(round);
		return {
			meter: ((engine.meter() - meter) >>> 0) / ROUNDS, chunkBytes: ((engine.chunkBytesAllocated() - chunks) >>> 0) / ROUNDS,
			slots: ((engine.slotsAllocated() - slots) >>> 0) / ROUNDS,
		};
	};
	const idle = once(() => {}), cost = once(work);
	return { slots: cost.slots - idle.slots, chunkBytes: cost.chunkBytes - idle.chunkBytes, meter: Math.round(cost.meter - idle.meter) };
}

const bytes = new Uint8Array(1500), payload = new Uint8Array(32);

class Pair {
	readonly provider = new Provider({ ...COMMON, localAddress: SERVER });
	readonly consumer = new Consumer({ ...COMMON, localAddress: CLIENT, eventPort: EVENT_PORT, ttl: 3 });
	readonly receiver: EventReceiver;
	readonly server = new Server();
	readonly client: Client;
	readonly event: number;
	events = 0;
	answers = 0;
	now = 0;

	constructor() {
		const { provider, consumer, server } = this;
		this.event = provider.event(0x8001, [provider.eventgroup(provider.offer(SERVICE, 1, 1, 0, PORT), 1)]);
		server.addMethod(server.service(SERVICE, 1, PORT), 1);
		consumer.request(SERVICE, 1, 1);
		this.receiver = new EventReceiver(consumer.services);
		this.client = new Client({ clientId: 1, reassembly: this.receiver.reassembly });
		provider.start(0);
		consumer.start(0);
		for (; this.now < 2000; this.now += 5) {
			provider.onTimeout(this.now);
			consumer.onTimeout(this.now);
			this.exchange();
		}
	}

	exchange(): void {
		const { provider, consumer, receiver, now } = this;
		for (let length = provider.pollTransmit(bytes, now); length > 0; length = provider.pollTransmit(bytes, now)) {
			if (provider.sourcePort === SD)
				consumer.receiveSd(provider.destinationAddress === GROUP ? 1 : 0, bytes, length, SERVER, SD, now);
			else {
				receiver.begin(bytes, length, SERVER, PORT, now);
				while (receiver.next() === 1)
					this.events++;
			}
		}
		for (let length = consumer.pollTransmit(bytes, now); length > 0; length = consumer.pollTransmit(bytes, now))
			provider.receiveSd(consumer.destinationAddress === GROUP ? 1 : 0, bytes, length, CLIENT, SD, now);
		while (consumer.pollEvent() !== 0);
	}

	/** One event, from `notify` to the receiver. */
	notify(): void {
		this.provider.notify(this.event, payload, 0, payload.length);
		this.exchange();
	}

	/** One request, from `call` to its end. */
	call(): void {
		const { client, server, consumer, now } = this;
		client.call(consumer.services.callable(SERVICE, 1, 1), 1, payload, 0, payload.length, 1000, now);
		for (let length = client.pollTransmit(bytes, now); length > 0; length = client.pollTransmit(bytes, now)) {
			server.begin(bytes, length, CLIENT, 41000, PORT);
			while (server.next(now) !== REQUEST_NONE)
				server.respond(server.request, server.payload, server.payloadOffset, server.payloadEnd);
		}
		for (let length = server.pollTransmit(bytes, now); length > 0; length = server.pollTransmit(bytes, now)) {
			client.begin(bytes, length, SERVER, PORT);
			while (client.next(now) !== 0)
				this.answers++;
		}
	}
}

/** Bytes in use after a collection. */
function live(): number {
	engine.collect();
	return engine.liveBytes();
}

function subscribe(provider: Provider, service: number, host: number, session: number): void {
	const entry = [6, 0, 0, 0x10, service >> 8, service & 255, 0, 1, 1, 255, 255, 255, 0, 0, 0, 1];
	const option = [0, 9, 4, 0, 10, 0, host >> 8, host & 255, 0, 0x11, 0x9c, 0x40];
	const message = new Uint8Array([0xff, 0xff, 0x81, 0, 0, 0, 0, 48, 0, 0, session >> 8, session & 255, 1, 1, 2, 0, 0xc0, 0, 0, 0, 0, 0, 0, 16, ...entry, 0, 0, 0, 12, ...option]);
	provider.receiveSd(0, message, message.length, 0x0a000000 + host, SD, 1000);
	while (provider.pollTransmit(bytes, 1000) > 0);
	while (provider.pollEvent() !== 0);
}

function heap(): { heapPerServiceBytes: number; heapPerSubscriberBytes: number } {
	const build = (services: number, subscribers: number): [Provider, Server] => {
		const provider = new Provider({ ...COMMON, localAddress: SERVER }), server = new Server();
		for (let i = 0; i < services; i++) {
			const id = SERVICE + i, service = provider.offer(id, 1, 1, 0, PORT + i), group = provider.eventgroup(service, 1), field = provider.field(0x8002, [group]);
			provider.event(0x8001, [group]);
			const served = server.service(id, 1, PORT + i);
			server.addMethod(served, 1);
			server.addMethod(served, 2);
			server.addMethod(served, 3);
			provider.notify(field, payload, 0, payload.length);
		}
		provider.start(0);
		for (let now = 0; now < 1000; now += 10) {
			provider.onTimeout(now);
			while (provider.pollTransmit(bytes, now) > 0);
		}
		for (let i = 0; i < services; i++)
			for (let k = 0; k < subscribers; k++)
				subscribe(provider, SERVICE + i, 16 + k, i + 1);
		if (provider.statistics.subscribers !== services * subscribers)
			throw new Error(`${provider.statistics.subscribers} subscribers`);
		return [provider, server];
	};
	// Kept: what one leaves behind must not be subtracted from the next.
	const kept: [Provider, Server][] = [];
	const sizeOf = (services: number, subscribers: number): number => {
		const before = live();
		kept.push(build(services, subscribers));
		return live() - before;
	};
	// What the first ones make once, everybody has.
	sizeOf(1, 8);
	if (kept.length !== 1)
		throw new Error("nothing was kept");
	const one = sizeOf(1, 4), more = sizeOf(1 + SERVICES, 4), full = sizeOf(1 + SERVICES, 8);
	return { heapPerServiceBytes: Math.round((more - one) / SERVICES), heapPerSubscriberBytes: Math.round((full - more) / (4 * (1 + SERVICES))) };
}

function offers(): Cost {
	const consumer = new Consumer({ ...COMMON, localAddress: CLIENT, eventPort: EVENT_PORT, ttl: 3 });
	consumer.require(SERVICE, 1);
	consumer.start(0);
	const option = [0, 9, 4, 0, 10, 0, 0, 1, 0, 0x11, 0x77, 0x2d], entry = [1, 0, 0, 0x10, SERVICE >> 8, SERVICE & 255, 0, 1, 1, 0, 0, 3, 0, 0, 0, 0];
	const message = new Uint8Array([0xff, 0xff, 0x81, 0, 0, 0, 0, 48, 0, 0, 0, 1, 1, 1, 2, 0, 0xc0, 0, 0, 0, 0, 0, 0, 16, ...entry, 0, 0, 0, 12, ...option]);
	let session = 0;
	return measure(() => {
		session = session % 0xffff + 1;
		message[10] = session >> 8;
		message[11] = session & 255;
		consumer.receiveSd(1, message, message.length, SERVER, SD, 1000);
		while (consumer.pollEvent() !== 0);
		consumer.pollTimeout(1000);
	});
}

export default function (): void {
	const pair = new Pair(), event = measure(() => pair.notify()), request = measure(() => pair.call()), offer = offers();
	if (pair.events !== ROUNDS + WARM_UP || pair.answers !== ROUNDS + WARM_UP)
		throw new Error(`${pair.events} events, ${pair.answers} answers`);
	print(JSON.stringify({
		slotsPerEvent: event.slots, chunkBytesPerEvent: event.chunkBytes, meterPerEvent: event.meter, meterPerRequest: request.meter,
		slotsPerRequest: request.slots, chunkBytesPerRequest: request.chunkBytes, meterPerOffer: offer.meter, slotsPerOffer: offer.slots, chunkBytesPerOffer: offer.chunkBytes,
		...heap(),
	}));
}
