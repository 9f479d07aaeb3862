/** What SOME/IP costs on XS in the arena. Prints one line per kind of work: slots, chunk bytes and meter per round;
 *  and bytes that things take. Entry for XS. */
import { CALL_NONE, Client } from "../../../firmware/someip/client.js";
import { Consumer } from "../../../firmware/someip/consumer.js";
import { EventReceiver } from "../../../firmware/someip/event-receiver.js";
import { TYPE_NOTIFICATION, writeHeader } from "../../../firmware/someip/header.js";
import { Provider } from "../../../firmware/someip/provider.js";
import { REQUEST_NONE, Server } from "../../../firmware/someip/server.js";
import { writeSegment } from "../../../firmware/someip/tp-segmenter.js";
import { engine } from "../../../hal/system/engine.js";
import { Prng } from "../../support/prng.js";
import { measure, print } from "../../xs/support/measure.js";

const SERVER = 0x0a000001, CLIENT = 0x0a000002, GROUP = 0xe0f4e0f5, SD = 30490;

function pair(services: number): { provider: Provider; consumer: Consumer; step(now: number): void } {
	const common = { netmask: 0xffffff00, sdPort: SD, sdGroup: GROUP, topologyCheck: true, random: new Prng(1) };
	const provider = new Provider({ ...common, localAddress: SERVER, segmentGap: 0 });
	const consumer = new Consumer({ ...common, localAddress: CLIENT, eventPort: 40000, ttl: 3 });
	for (let i = 0; i < services; i++) {
		provider.event(0x8001, [provider.eventgroup(provider.offer(0x1000 + i, 1, 1, 0, 30509), 1)]);
		consumer.request(0x1000 + i, 1, 1);
	}
	const bytes = new Uint8Array(1500);
	provider.start(0);
	consumer.start(0);
	const step = (now: number): void => {
		if (provider.pollTimeout(now) === 0)
			provider.onTimeout(now);
		if (consumer.pollTimeout(now) === 0)
			consumer.onTimeout(now);
		for (let moved = true; moved;) {
			moved = false;
			for (let length = provider.pollTransmit(bytes, now); length > 0; length = provider.pollTransmit(bytes, now)) {
				consumer.receiveSd(provider.destinationAddress === GROUP ? 1 : 0, bytes, length, SERVER, SD, now);
				moved = true;
			}
			for (let length = consumer.pollTransmit(bytes, now); length > 0; length = consumer.pollTransmit(bytes, now)) {
				provider.receiveSd(consumer.destinationAddress === GROUP ? 1 : 0, bytes, length, CLIENT, SD, now);
				moved = true;
			}
		}
		while (consumer.pollEvent() !== 0);
	};
	for (let now = 0; now < 2000; now += 5)
		step(now);
	return { provider, consumer, step };
}

/** One event of 5 000 bytes among many short ones: it is kept in one place, not in every place of the queue in turn. */
function mixed(): void {
	const { provider, step } = pair(1), payload = new Uint8Array(5000), used = engine.usedBytes(true);
	for (let round = 0; round < 50; round++) {
		provider.notify(0, payload, 0, round % 5 === 0 ? payload.length : 32);
		step(2000 + round * 10);
	}
	print(`mixed ${engine.usedBytes(true) - used}`);
}

export default function (): void {
	mixed();
	const { consumer, step } = pair(8), datagram = new Uint8Array(1500);
	const before = engine.usedBytes(true);
	const receiver = new EventReceiver(consumer.services);
	print(`receiver ${engine.usedBytes(true) - before}`);
	let events = 0;
	const receive = (length: number, now: number): void => {
		receiver.begin(datagram, length, SERVER, 30509, now);
		while (receiver.next() === 1)
			events++;
	};
	measure("event", round => {
		writeHeader(datagram, 0, 0x1000 + (round & 7), 0x8001, 32, 0, 1, 1, TYPE_NOTIFICATION);
		receive(48, round);
	});
	const payload = new Uint8Array(5012);
	const list: Uint8Array[] = [];
	for (let offset = 0; offset < payload.length; offset += 1392) {
		const into = new Uint8Array(1500);
		list.push(into.slice(0, writeSegment(into, 0x1000, 0x8002, 0, 1, 1, TYPE_NOTIFICATION, payload, offset, payload.length)));
	}
	measure("segmented", round => {
		for (let i = 0; i < list.length; i++) {
			datagram.set(list[i]!);
			datagram[10] = round >> 8;
			datagram[11] = round;
			receive(list[i]!.length, round);
		}
	});
	print(`events ${events}`);
	let now = 2000;
	measure("discovery", () => {
		step(now);
		now += 1000;
	});
	print(`subscriptions ${consumer.statistics.subscriptions}`);
	let used = engine.usedBytes(true);
	const client = new Client({ clientId: 1, reassembly: receiver.reassembly });
	print(`client ${engine.usedBytes(true) - used}`);
	const server = new Server({ requests: 2, queueBytes: 256, reassembly: receiver.reassembly });
	server.addMethod(server.service(0x1003, 1, 30509), 1);
	let answered = 0;
	measure("call", round => {
		client.call(consumer.services.callable(0x1003, 1, 0xff), 1, payload, 0, 32, 1000, round);
		server.begin(datagram, client.pollTransmit(datagram, round), CLIENT, 40001, 30509);
		while (server.next(round) !== REQUEST_NONE)
			server.respond(server.request, server.payload, server.payloadOffset, server.payloadEnd);
		client.begin(datagram, server.pollTransmit(datagram, round), SERVER, 30509);
		while (client.next(round) !== CALL_NONE)
			answered++;
	});
	print(`answered ${answered}`);
	used = engine.usedBytes(true);
	const small = pair(1);
	const one = engine.usedBytes(true) - used;
	used = engine.usedBytes(true);
	const large = pair(9);
	print(`service ${Math.round((engine.usedBytes(true) - used - one) / 8)} ${small.consumer.statistics.services} ${large.consumer.statistics.services}`);
}
