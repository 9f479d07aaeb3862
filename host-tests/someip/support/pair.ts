/** A provider and a consumer over a simulated link with a fake clock: everything that they send, in order. */
import { Consumer, CHANNEL_MULTICAST, CHANNEL_UNICAST } from "../../../firmware/someip/consumer.js";
import type { ConsumerOptions } from "../../../firmware/someip/consumer-options.js";
import { EventReceiver } from "../../../firmware/someip/event-receiver.js";
import { Provider } from "../../../firmware/someip/provider.js";
import type { ProviderOptions } from "../../../firmware/someip/provider-options.js";
import { SendSessions } from "../../../firmware/someip/sd/session.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";
import { FakeClock } from "../../support/fake-clock.js";
import { FaultyLink, type LinkOptions } from "../../support/faulty-link.js";
import { Prng } from "../../support/prng.js";
import type { Datagram } from "./pcap.js";

export const SERVER = 0x0a000001, CLIENT = 0x0a000002, NETMASK = 0xffffff00, GROUP = 0xe0f4e0f5, SD = 30490;
export const SERVICE_PORT = 30509, EVENT_PORT = 40000;
export const TTL_FOREVER = 0xffffff;

export interface PairOptions {
	link?: LinkOptions;
	provider?: Partial<ProviderOptions>;
	consumer?: Partial<ConsumerOptions>;
	/** The clock's first reading. */
	now?: number;
	/** False: nothing is kept in `sent`. */
	record?: boolean;
}

export interface ReceivedEvent {
	service: number;
	instance: number;
	event: number;
	payload: Uint8Array;
}

export class Pair {
	readonly clock: FakeClock;
	readonly toClient: FaultyLink;
	readonly toServer: FaultyLink;
	provider: Provider;
	consumer: Consumer;
	receiver: EventReceiver;
	/** What both sent, before the link had it. */
	sent: Datagram[] = [];
	/** Codes that the consumer told, and how often. */
	told = new Map<number, number>();
	events: ReceivedEvent[] = [];
	/** Events of which only the number is wanted. */
	onEvent: (event: ReceivedEvent) => void = event => { this.events.push(event); };
	/** Multicast endpoints that were joined, "address:port". */
	joined = new Set<string>();
	onTold: (code: number) => void = () => { };
	#options: PairOptions;
	#buffer = new Uint8Array(1500);
	#takeBack: (() => void)[] = [];

	constructor(options: PairOptions = {}) {
		this.#options = options;
		this.clock = new FakeClock(options.now ?? 0);
		const seed = options.link?.seed ?? 1;
		this.toClient = new FaultyLink(this.clock, { ...options.link, seed });
		this.toServer = new FaultyLink(this.clock, { ...options.link, seed: seed + 1 });
		this.provider = this.newProvider();
		this.consumer = this.newConsumer();
		this.receiver = new EventReceiver(this.consumer.services);
	}

	newProvider(): Provider {
		return new Provider({
			localAddress: SERVER, netmask: NETMASK, sdPort: SD, sdGroup: GROUP, topologyCheck: true, random: new Prng(3), ...this.#options.provider,
		});
	}

	newConsumer(): Consumer {
		return new Consumer({
			localAddress: CLIENT, netmask: NETMASK, sdPort: SD, sdGroup: GROUP, eventPort: EVENT_PORT, topologyCheck: true, ttl: 3, random: new Prng(4), ...this.#options.consumer,
		});
	}

	/** The provider that is made next counts its sessions from 1. */
	resetSessions(): void {
		this.#options = { ...this.#options, provider: { ...this.#options.provider, sessions: new SendSessions() } };
	}

	/** Another life of the client, as after a power cycle. `ask`: its wishes. */
	restartConsumer(ask: (consumer: Consumer) => void): void {
		this.consumer = this.newConsumer();
		this.receiver = new EventReceiver(this.consumer.services);
		this.joined.clear();
		ask(this.consumer);
		this.consumer.start(this.clock.now());
		this.drain();
	}

	restartProvider(offer: (provider: Provider) => void): void {
		this.provider = this.newProvider();
		offer(this.provider);
		this.provider.start(this.clock.now());
		this.drain();
	}

	start(): void {
		this.provider.start(this.clock.now());
		this.consumer.start(this.clock.now());
		this.drain();
	}

	advance(ms: number): void {
		this.clock.advance(ms);
	}

	toldTimes(code: number): number {
		return this.told.get(code) ?? 0;
	}

	/** SD messages of the client that contain an entry of this type, with TTL 0 or not. */
	entries(source: number, type: number, stop = false): number {
		let count = 0;
		for (const { source: from, payload } of this.sent)
			if (from === source && payload[0] === 0xff)
				for (let at = 24; at < 24 + (payload[22]! << 8 | payload[23]!); at += 16)
					if (payload[at] === type && (payload[at + 9] === 0 && payload[at + 10] === 0 && payload[at + 11] === 0) === stop)
						count++;
		return count;
	}

	/** Gives a datagram to the client as if it came from `source`. */
	injectSd(bytes: Uint8Array, source = SERVER, channel = CHANNEL_UNICAST): void {
		this.#buffer.set(bytes);
		this.consumer.receiveSd(channel, this.#buffer, bytes.length, source, SD, this.clock.now());
		this.drain();
	}

	injectEvent(bytes: Uint8Array, source = SERVER, port = SERVICE_PORT): void {
		this.#buffer.set(bytes);
		this.#receive(bytes.length, source, port);
	}

	/** Sends what is to be sent, tells what is to be told, sets the timers. */
	drain(): void {
		const now = this.clock.now(), { provider, consumer } = this, buffer = new Uint8Array(1500);
		for (let length = provider.pollTransmit(buffer, now); length > 0; length = provider.pollTransmit(buffer, now))
			this.#send(this.toClient, SERVER, provider.sourcePort, provider.destinationAddress, provider.destinationPort, buffer, length);
		for (let length = consumer.pollTransmit(buffer, now); length > 0; length = consumer.pollTransmit(buffer, now))
			this.#send(this.toServer, CLIENT, SD, consumer.destinationAddress, consumer.destinationPort, buffer, length);
		for (let code = consumer.pollEvent(); code !== 0; code = consumer.pollEvent()) {
			this.told.set(code, this.toldTimes(code) + 1);
			if (code === 8)
				this.joined.add(`${consumer.event.address}:${consumer.event.port}`);
			else if (code === 9)
				this.joined.delete(`${consumer.event.address}:${consumer.event.port}`);
			this.onTold(code);
		}
		while (provider.pollEvent() !== 0);
		for (const takeBack of this.#takeBack)
			takeBack();
		this.#takeBack = [];
		this.#schedule(provider);
		this.#schedule(consumer);
	}

	#schedule(core: Provider | Consumer): void {
		const delay = core.pollTimeout(this.clock.now());
		if (delay !== NO_TIMEOUT)
			this.#takeBack.push(this.clock.at(delay, () => {
				core.onTimeout(this.clock.now());
				this.drain();
			}));
	}

	#send(link: FaultyLink, source: number, sourcePort: number, destination: number, destinationPort: number, bytes: Uint8Array, length: number): void {
		if (this.#options.record !== false)
			this.sent.push({ time: this.clock.now(), source, sourcePort, destination, destinationPort, payload: bytes.slice(0, length) });
		link.send(bytes, 0, length, datagram => {
			this.#buffer.set(datagram);
			const now = this.clock.now(), channel = destination === GROUP ? CHANNEL_MULTICAST : CHANNEL_UNICAST;
			if (source === CLIENT)
				this.provider.receiveSd(channel, this.#buffer, datagram.length, CLIENT, SD, now);
			else if (destinationPort === SD)
				this.consumer.receiveSd(channel, this.#buffer, datagram.length, SERVER, sourcePort, now);
			else if (destination === CLIENT ? destinationPort === EVENT_PORT : this.joined.has(`${destination}:${destinationPort}`))
				this.#receive(datagram.length, SERVER, sourcePort);
			this.drain();
		});
	}

	#receive(length: number, address: number, port: number): void {
		const receiver = this.receiver;
		receiver.begin(this.#buffer, length, address, port, this.clock.now());
		while (receiver.next() === 1)
			this.onEvent({
				service: receiver.serviceId, instance: receiver.instanceId, event: receiver.methodId,
				payload: receiver.payload.slice(receiver.payloadOffset, receiver.payloadEnd),
			});
	}
}

/** A pair with one service of one eventgroup with an event (handle 0) and a field (handle 1), wanted by the client. */
export function simplePair(options: PairOptions = {}): Pair {
	const pair = new Pair(options);
	offerSimple(pair.provider);
	pair.consumer.request(0x1234, 1, 0x10);
	return pair;
}

export function offerSimple(provider: Provider, port = SERVICE_PORT, ttl = 3): void {
	const service = provider.offer(0x1234, 1, 1, 0, port, ttl), eventgroup = provider.eventgroup(service, 0x10);
	provider.event(0x8001, [eventgroup]);
	provider.field(0x8002, [eventgroup]);
}
