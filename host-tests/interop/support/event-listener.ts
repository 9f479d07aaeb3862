/** The firmware's Consumer and EventReceiver on real sockets (Node only): what a board is to a vehicle. */
import { clock, datagramSocket, random, timer } from "#hal";
import { NO_DATAGRAM, type DatagramSocket } from "../../../firmware/ports/datagram-socket.js";
import { CHANNEL_MULTICAST, CHANNEL_UNICAST, Consumer } from "../../../firmware/someip/consumer.js";
import { EVENT_NONE, MULTICAST_JOIN, PEER_REBOOTED, SERVICE_LOST } from "../../../firmware/someip/consumer-event.js";
import { EventReceiver } from "../../../firmware/someip/event-receiver.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";
import { address } from "../../support/mock-socket.js";
import { until } from "../../support/patience.js";

export interface Wish {
	service: number;
	instance: number;
	eventgroup: number;
}

export interface Heard {
	service: number;
	instance: number;
	event: number;
	payload: Buffer;
	/** ms. */
	time: number;
}

export class EventListener {
	readonly heard: Heard[] = [];
	readonly consumer: Consumer;
	reboots = 0;
	lost = 0;
	#receiver: EventReceiver;
	#sockets: DatagramSocket[] = [];
	#sd: DatagramSocket;
	#timer = timer(() => {
		this.consumer.onTimeout(clock.now());
		this.#drive();
	});
	#in = new Uint8Array(65507);
	#out = new Uint8Array(1500);
	#local: number;

	constructor(own: string, group: string, port: number, wishes: readonly Wish[]) {
		const local = this.#local = address(own);
		const events = this.#open(local, 0, local, socket => this.#onEvents(socket));
		this.#sd = this.#open(local, port, local, socket => this.#onSd(socket, CHANNEL_UNICAST));
		this.#open(address(group), port, local, socket => this.#onSd(socket, CHANNEL_MULTICAST));
		this.consumer = new Consumer({
			localAddress: local, netmask: address("255.255.255.0"), sdPort: port, sdGroup: address(group), eventPort: events.localPort,
			topologyCheck: false, ttl: 3, random,
		});
		this.#receiver = new EventReceiver(this.consumer.services);
		for (const { service, instance, eventgroup } of wishes)
			this.consumer.request(service, instance, eventgroup);
		this.consumer.start(clock.now());
		this.#drive();
	}

	until(done: () => boolean, what: string): Promise<void> {
		return until(() => `${what} (${this.heard.length} events heard)`, done);
	}

	async stop(): Promise<void> {
		this.consumer.stop(clock.now());
		this.#drive();
		this.#timer.close();
		await new Promise(resolve => { setImmediate(resolve); });
		for (const socket of this.#sockets)
			socket.close();
	}

	#open(local: number, port: number, device: number, onReadable: (socket: DatagramSocket) => void): DatagramSocket {
		const socket: DatagramSocket = datagramSocket({ address: local, port, interface: device, onReadable: () => onReadable(socket) });
		this.#sockets.push(socket);
		return socket;
	}

	#onSd(socket: DatagramSocket, channel: number): void {
		for (let length = socket.receive(this.#in); length !== NO_DATAGRAM; length = socket.receive(this.#in))
			this.consumer.receiveSd(channel, this.#in, length, socket.sourceAddress, socket.sourcePort, clock.now());
		this.#drive();
	}

	#onEvents(socket: DatagramSocket): void {
		const receiver = this.#receiver;
		for (let length = socket.receive(this.#in); length !== NO_DATAGRAM; length = socket.receive(this.#in)) {
			receiver.begin(this.#in, length, socket.sourceAddress, socket.sourcePort, clock.now());
			while (receiver.next() === 1) {
				this.heard.push({
					service: receiver.serviceId, instance: receiver.instanceId, event: receiver.methodId,
					payload: Buffer.from(receiver.payload.slice(receiver.payloadOffset, receiver.payloadEnd)), time: performance.now(),
				});
			}
		}
	}

	#drive(): void {
		const { consumer } = this, now = clock.now();
		for (let event = consumer.pollEvent(); event !== EVENT_NONE; event = consumer.pollEvent()) {
			if (event === MULTICAST_JOIN)
				this.#open(consumer.event.address, consumer.event.port, this.#local, socket => this.#onEvents(socket));
			else if (event === PEER_REBOOTED)
				this.reboots++;
			else if (event === SERVICE_LOST)
				this.lost++;
		}
		for (let length = consumer.pollTransmit(this.#out, now); length > 0; length = consumer.pollTransmit(this.#out, now))
			this.#sd.send(this.#out, 0, length, consumer.destinationAddress, consumer.destinationPort);
		const delay = consumer.pollTimeout(now);
		if (delay !== NO_TIMEOUT)
			this.#timer.schedule(delay);
	}
}
