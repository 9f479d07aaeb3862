/** A provider with a server and a consumer with a client on TCP in memory, service discovery passed by hand; a fake clock. */
import { Client, CALL_NONE } from "../../../firmware/someip/client.js";
import { ClientTable } from "../../../firmware/someip/client-table.js";
import { ConnectionTable } from "../../../firmware/someip/connection-table.js";
import { Consumer, CHANNEL_MULTICAST, CHANNEL_UNICAST } from "../../../firmware/someip/consumer.js";
import type { ConsumerOptions } from "../../../firmware/someip/consumer-options.js";
import { EventReceiver } from "../../../firmware/someip/event-receiver.js";
import { TYPE_NOTIFICATION } from "../../../firmware/someip/header.js";
import { MessageStore } from "../../../firmware/someip/message-store.js";
import { Provider } from "../../../firmware/someip/provider.js";
import { REQUEST_NONE, Server } from "../../../firmware/someip/server.js";
import { StreamServer } from "../../../firmware/someip/stream-server.js";
import { StreamSockets } from "../../../firmware/someip/stream-sockets.js";
import { AddressTable } from "../../../firmware/wire/address-table.js";
import { FakeClock } from "../../support/fake-clock.js";
import { MockStreamNetwork } from "../../support/mock-stream.js";
import { Prng } from "../../support/prng.js";
import { CLIENT, EVENT_PORT, GROUP, NETMASK, SD, SERVER, SERVICE_PORT } from "./pair.js";

export const TCP_PORT = 30600;

export interface StreamPairOptions {
	/** 0: not offered by UDP. */
	port?: number;
	tcpPort?: number;
	cookies?: boolean;
	consumer?: Partial<ConsumerOptions>;
	storeBytes?: number;
}

/** One life of the service's host. */
export class ServerSide {
	readonly clients: ClientTable;
	readonly provider: Provider;
	readonly server = new Server();
	readonly streams: StreamServer;
	readonly requests: Uint8Array[] = [];
	readonly event: number;
	readonly field: number;
	onRequest: (server: Server) => void = server => { server.respond(server.request, server.payload, server.payloadOffset, server.payloadEnd); };

	constructor(pair: StreamPair, { port = 0, tcpPort = TCP_PORT, cookies = false, storeBytes = 16_896 }: StreamPairOptions) {
		this.clients = new ClientTable(new Uint8Array(1500), new MessageStore(storeBytes), cookies);
		this.provider = new Provider({ localAddress: SERVER, netmask: NETMASK, sdPort: SD, sdGroup: GROUP, topologyCheck: true, random: new Prng(3), clients: this.clients });
		const service = this.provider.offer(0x1234, 1, 1, 0, port, 3, { tcpPort }), eventgroup = this.provider.eventgroup(service, 0x10);
		this.event = this.provider.event(0x8001, [eventgroup], true);
		this.field = this.provider.field(0x8002, [eventgroup], true);
		this.server.addMethod(this.server.service(0x1234, 1, port, tcpPort), 1);
		this.streams = new StreamServer(this.clients, pair.serverHost.streamListener, new AddressTable(), () => { });
		this.streams.listen(SERVER, tcpPort);
		this.provider.start(pair.now);
	}

	notify(event: number, bytes: Uint8Array): number {
		return this.provider.notify(event, bytes, 0, bytes.length);
	}
}

export class StreamPair {
	readonly clock = new FakeClock();
	readonly network = new MockStreamNetwork(this.clock);
	readonly serverHost = this.network.host(SERVER);
	readonly clientHost = this.network.host(CLIENT);
	readonly connections: ConnectionTable;
	readonly consumer: Consumer;
	readonly receiver: EventReceiver;
	readonly client: Client;
	readonly sockets: StreamSockets;
	host: ServerSide | undefined;
	/** What the consumer told; events as "id:length"; ended calls as "code". */
	told: number[] = [];
	events: { id: number; payload: Uint8Array }[] = [];
	ended: { code: number; payload: Uint8Array; time: number }[] = [];
	/** Service discovery of the client is lost. */
	deafServer = false;
	/** SD messages with a Subscribe. */
	subscribes = 0;
	readonly #options: StreamPairOptions;

	constructor(options: StreamPairOptions = {}, ask: (consumer: Consumer) => void = consumer => { consumer.request(0x1234, 1, 0x10); }) {
		this.#options = options;
		const store = new MessageStore(16_896);
		this.connections = new ConnectionTable(new Uint8Array(1500), store, options.cookies);
		this.consumer = new Consumer({
			localAddress: CLIENT, netmask: NETMASK, sdPort: SD, sdGroup: GROUP, eventPort: EVENT_PORT, topologyCheck: true, ttl: 3, random: new Prng(4),
			connections: this.connections, ...options.consumer,
		});
		ask(this.consumer);
		this.receiver = new EventReceiver(this.consumer.services, store);
		this.client = new Client({ clientId: 0x4a01, reassembly: this.receiver.reassembly });
		this.sockets = new StreamSockets(this.connections, this.clientHost.streamSocket, CLIENT, new AddressTable(), () => { });
		this.host = new ServerSide(this, options);
		this.consumer.start(0);
	}

	get now(): number {
		return this.clock.now();
	}

	/** The server's process dies: the connections are reset, nothing is said. */
	kill(): void {
		this.network.cut();
		this.host!.streams.close();
		this.host = undefined;
	}

	restart(): void {
		this.host = new ServerSide(this, this.#options);
	}

	call(bytes: Uint8Array, timeout = 1000): number {
		const request = this.client.call(this.consumer.services.callable(0x1234, 1, 0xff), 1, bytes, 0, bytes.length, timeout, this.now);
		this.step();
		return request;
	}

	advance(ms: number): void {
		for (let i = 0; i < ms; i++) {
			this.clock.advance(1);
			this.step();
		}
	}

	step(): void {
		this.#clientTurn();
		if (this.host !== undefined)
			this.#serverTurn(this.host);
		this.#discovery();
	}

	#clientTurn(): void {
		const { now, sockets, receiver, client, consumer } = this;
		sockets.turn(now);
		while (sockets.receive(now)) {
			const { input } = sockets.connection!;
			if (input.bytes[input.messageStart + 14] === TYPE_NOTIFICATION) {
				receiver.beginStream(input.bytes, input.messageStart, input.messageEnd, sockets.connection!, now);
				while (receiver.next() === 1)
					this.events.push({ id: receiver.methodId, payload: receiver.payload.slice(receiver.payloadOffset, receiver.payloadEnd) });
			}
			else {
				client.beginStream(input.bytes, input.messageStart, input.messageEnd, sockets.connection!);
				this.#ended();
			}
		}
		this.#ended();
		if (consumer.pollTimeout(now) === 0)
			consumer.onTimeout(now);
		for (let code = consumer.pollEvent(); code !== 0; code = consumer.pollEvent())
			this.told.push(code);
		sockets.flush(now);
	}

	#ended(): void {
		const { client, now } = this;
		while (client.next(now) !== CALL_NONE)
			this.ended.push({ code: client.returnCode, payload: client.payload.slice(client.payloadOffset, client.payloadEnd), time: now });
	}

	#serverTurn(host: ServerSide): void {
		const { now } = this, { streams, server, provider } = host;
		streams.turn(now);
		while (streams.receive(now)) {
			const { input } = streams.connection!;
			server.beginStream(input.bytes, input.messageStart, input.messageEnd, streams.connection!);
			while (server.next(now) !== REQUEST_NONE) {
				host.requests.push(server.payload.slice(server.payloadOffset, server.payloadEnd));
				host.onRequest(server);
			}
		}
		if (provider.pollTimeout(now) === 0)
			provider.onTimeout(now);
		while (provider.pollEvent() !== 0);
	}

	#discovery(): void {
		const { now, consumer, host } = this, bytes = new Uint8Array(1500);
		for (let length = consumer.pollTransmit(bytes, now); length > 0; length = consumer.pollTransmit(bytes, now)) {
			if (bytes[24] === 6)
				this.subscribes++;
			if (host !== undefined && !this.deafServer)
				host.provider.receiveSd(consumer.destinationAddress === GROUP ? CHANNEL_MULTICAST : CHANNEL_UNICAST, bytes, length, CLIENT, SD, now);
		}
		if (host === undefined)
			return;
		for (let length = host.provider.pollTransmit(bytes, now); length > 0; length = host.provider.pollTransmit(bytes, now)) {
			if (host.provider.sourcePort === SD)
				consumer.receiveSd(host.provider.destinationAddress === GROUP ? CHANNEL_MULTICAST : CHANNEL_UNICAST, bytes, length, SERVER, SD, now);
			else if (host.provider.sourcePort === SERVICE_PORT) {
				this.receiver.begin(bytes, length, SERVER, SERVICE_PORT, now);
				while (this.receiver.next() === 1)
					this.events.push({ id: this.receiver.methodId, payload: this.receiver.payload.slice(this.receiver.payloadOffset, this.receiver.payloadEnd) });
			}
		}
		host.streams.flush(now);
	}
}
