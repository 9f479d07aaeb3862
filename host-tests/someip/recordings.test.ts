import { describe, equal, deepEqual, hex, it, ok, readBytes, skip } from "#test";
import { Consumer, CHANNEL_MULTICAST, CHANNEL_UNICAST } from "../../firmware/someip/consumer.js";
import { MULTICAST_JOIN, SERVICE_AVAILABLE, SERVICE_LOST, SUBSCRIBED } from "../../firmware/someip/consumer-event.js";
import { DROP_UNEXPECTED_RESPONSE } from "../../firmware/someip/drop.js";
import { EventReceiver } from "../../firmware/someip/event-receiver.js";
import { TYPE_NOTIFICATION } from "../../firmware/someip/header.js";
import { Provider } from "../../firmware/someip/provider.js";
import { SEGMENT_MAX, writeSegment } from "../../firmware/someip/tp-segmenter.js";
import { Prng } from "../support/prng.js";
import { CAPTURES, readPcap, type Datagram } from "./support/pcap.js";

const SERVER = 0x0a4d0001, CLIENT = 0x0a4d0002, SD_GROUP = 0xe0f4e0f5, SD = 30490;

interface Heard {
	events: { event: number; payload: Uint8Array }[];
	told: number[];
	subscribes: Uint8Array[];
	consumer: Consumer;
	receiver: EventReceiver;
}

/** Plays the server's side of a recording to a consumer with the recorded client's address. */
function play(datagrams: Datagram[], eventgroup: number): Heard {
	const consumer = new Consumer({
		localAddress: CLIENT, netmask: 0xffffff00, sdPort: SD, sdGroup: SD_GROUP, eventPort: 40000, topologyCheck: true, ttl: 3, random: new Prng(1),
	});
	const receiver = new EventReceiver(consumer.services), buffer = new Uint8Array(1500), out = new Uint8Array(1500);
	const heard: Heard = { events: [], told: [], subscribes: [], consumer, receiver };
	consumer.request(0x1234, 0x5678, eventgroup);
	consumer.start(datagrams[0]!.time);
	for (const { time, source, sourcePort, destination, destinationPort, payload } of datagrams) {
		if (source !== SERVER || destination === CLIENT && destinationPort !== SD && destinationPort !== 40000)
			continue;
		while (consumer.pollTimeout(time) === 0) {
			consumer.onTimeout(time);
			drain(time);
		}
		buffer.set(payload);
		if (destinationPort === SD)
			consumer.receiveSd(destination === SD_GROUP ? CHANNEL_MULTICAST : CHANNEL_UNICAST, buffer, payload.length, source, sourcePort, time);
		else {
			receiver.begin(buffer, payload.length, source, sourcePort, time);
			while (receiver.next() === 1)
				heard.events.push({ event: receiver.methodId, payload: receiver.payload.slice(receiver.payloadOffset, receiver.payloadEnd) });
		}
		drain(time);
	}
	return heard;

	function drain(time: number): void {
		for (let length = consumer.pollTransmit(out, time); length > 0; length = consumer.pollTransmit(out, time))
			if (consumer.destinationAddress === SERVER)
				heard.subscribes.push(out.slice(0, length));
		for (let event = consumer.pollEvent(); event !== 0; event = consumer.pollEvent())
			heard.told.push(event);
	}
}

/** The recorded payloads of the events, segments put together the simplest way: they are in order there. */
function recorded(datagrams: Datagram[]): { event: number; payload: string }[] {
	const events: { event: number; payload: string }[] = [];
	let whole = "";
	for (const { source, sourcePort, payload } of datagrams) {
		if (source !== SERVER || sourcePort !== 30509 || (payload[14]! & 0xdf) !== 2)
			continue;
		const segment = (payload[14]! & 0x20) !== 0, more = segment && (payload[19]! & 1) !== 0;
		whole += hex(payload, segment ? 20 : 16);
		if (!more) {
			events.push({ event: payload[2]! << 8 | payload[3]!, payload: whole });
			whole = "";
		}
	}
	return events;
}

describe("recordings of vsomeip", () => {
	for (const [name, events] of [["vsomeip_sd_rr_event_udp", 21], ["vsomeip_tp_udp", 6], ["vsomeip_multicast_field_notify", 8]] as const) {
		const file = readBytes(`${CAPTURES}${name}.pcap`);
		if (file === undefined) {
			skip(name, `${CAPTURES} is not there`);
			continue;
		}
		it(`${name}: every event arrives once, byte for byte`, () => {
			const datagrams = readPcap(file), heard = play(datagrams, 0x4465), wanted = recorded(datagrams);
			equal(wanted.length, events);
			deepEqual(heard.events.map(({ event, payload }) => ({ event, payload: hex(payload) })), wanted);
			equal(heard.receiver.statistics.received, events);
			// The recorded client's calls were answered, too: nobody here asked.
			equal(heard.receiver.statistics.dropped, heard.receiver.statistics.droppedBy(DROP_UNEXPECTED_RESPONSE));
			equal(heard.consumer.statistics.dropped, 0);
			ok(heard.told.includes(SERVICE_AVAILABLE) && heard.told.includes(SUBSCRIBED));
		});
		it(`${name}: our Subscribe is the recorded one but for the TCP endpoint`, () => {
			const datagrams = readPcap(file);
			const theirs = datagrams.find(({ source, destination, destinationPort }) => source === CLIENT && destination === SERVER && destinationPort === SD)!.payload;
			const ours = play(datagrams, 0x4465).subscribes[0]!;
			equal(hex(ours, 24, 40).slice(8), hex(theirs, 24, 40).slice(8));
			ok(hex(theirs).includes(hex(ours, 44 + 4)), "the endpoint option");
		});
	}
	for (const [name, major, group, port] of [["vsomeip_sd_rr_event_udp", 1, 0, 0], ["vsomeip_tp_udp", 1, 0, 0], ["vsomeip_multicast_field_notify", 0, 0xe0e1e2e9, 32344]] as const) {
		const file = readBytes(`${CAPTURES}${name}.pcap`);
		if (file !== undefined)
			it(`${name}: our provider acknowledges the recorded client with the recorded bytes`, () => {
				const datagrams = readPcap(file), provider = new Provider({
					localAddress: SERVER, netmask: 0xffffff00, sdPort: SD, sdGroup: SD_GROUP, topologyCheck: true, random: new Prng(1),
				});
				provider.eventgroup(provider.offer(0x1234, 0x5678, major, 0, 30509), 0x4465, group, port);
				provider.start(0);
				provider.onTimeout(200);
				const acks: string[] = [], out = new Uint8Array(1500);
				for (const { source, sourcePort, destination, destinationPort, payload, time } of datagrams)
					if (source === CLIENT && destinationPort === SD) {
						provider.receiveSd(destination === SD_GROUP ? CHANNEL_MULTICAST : CHANNEL_UNICAST, payload, payload.length, CLIENT, sourcePort, time + 200);
						for (let length = provider.pollTransmit(out, time + 200); length > 0; length = provider.pollTransmit(out, time + 200))
							if (out[24] === 7)
								acks.push(hex(out, 0, length).slice(24));
					}
				// Without the session ids: vsomeip answers searches by multicast, we by unicast as the specification says.
				deepEqual(acks, datagrams.filter(({ source, destination, payload }) => source === SERVER && destination === CLIENT && payload[24] === 7 && payload[0] === 0xff)
					.map(({ payload }) => hex(payload).slice(24)));
				ok(acks.length >= 2);
			});
	}
	const segmented = readBytes(`${CAPTURES}vsomeip_tp_udp.pcap`);
	if (segmented !== undefined)
		it("vsomeip_tp_udp: our segments of its events are its segments", () => {
			const datagrams = readPcap(segmented), out = new Uint8Array(1500), ours: string[] = [];
			play(datagrams, 0x4465).events.slice(1).forEach(({ event, payload }, index) => {
				for (let offset = 0; offset < payload.length; offset += SEGMENT_MAX)
					ours.push(hex(out, 0, writeSegment(out, 0x1234, event, 0, 2 + index, 1, TYPE_NOTIFICATION, payload, offset, payload.length)));
			});
			deepEqual(ours, datagrams.filter(({ payload }) => payload[14] === 0x22).map(({ payload }) => hex(payload)));
			equal(ours.length, 20);
		});
	const file = readBytes(`${CAPTURES}vsomeip_multicast_field_notify.pcap`);
	if (file !== undefined)
		it("vsomeip_multicast_field_notify: the Ack tells where to listen", () => {
			const heard = play(readPcap(file), 0x4465);
			ok(heard.told.includes(MULTICAST_JOIN));
			equal(heard.told.includes(SERVICE_LOST), false);
		});
});
