import { deepEqual, describe, ENGINE, equal, it, ok } from "#test";
import { Message, writeHeader } from "../../../firmware/someip/header.js";
import { encodeConfiguration } from "../../../firmware/someip/sd/configuration-strings.js";
import { ENTRY_OFFER, ENTRY_SUBSCRIBE, ENTRY_SUBSCRIBE_ACK, PROTOCOL_TCP } from "../../../firmware/someip/sd/entry.js";
import { SdReader } from "../../../firmware/someip/sd/sd-reader.js";
import { SdWriter } from "../../../firmware/someip/sd/sd-writer.js";
import { Topology } from "../../../firmware/someip/sd/topology.js";
import { Prng } from "../../support/prng.js";

const ROUNDS = ENGINE as string === "xs" ? 60 : 3000;

/** An entry as it is written, and as it is to be read. */
interface Entry {
	type: number;
	ids: [number, number, number];
	ttl: number;
	tail: number;
	udp: number;
	tcp: number;
	group: number;
	balance: [number, number];
}

function random(prng: Prng): Entry {
	const type = prng.below(4) === 0 ? ENTRY_SUBSCRIBE_ACK : prng.chance(0.5) ? ENTRY_OFFER : ENTRY_SUBSCRIBE;
	return {
		type, ids: [prng.below(0x10000), prng.below(0x10000), prng.below(0x100)], ttl: prng.below(0x1000000), tail: type === ENTRY_OFFER ? prng.next() : prng.below(0x10000),
		udp: type !== ENTRY_SUBSCRIBE_ACK && prng.chance(0.7) ? 30000 + prng.below(3) : 0, tcp: type !== ENTRY_SUBSCRIBE_ACK && prng.chance(0.3) ? 31000 + prng.below(2) : 0,
		group: type === ENTRY_SUBSCRIBE_ACK && prng.chance(0.5) ? 32000 : 0, balance: type === ENTRY_OFFER && prng.chance(0.3) ? [1 + prng.below(0xffff), prng.below(0x10000)] : [0, 0],
	};
}

/** Writes as many of the entries as fit; returns how many, and the message's length. */
function write(writer: SdWriter, into: Uint8Array, entries: Entry[], strings: Uint8Array): [number, number] {
	let count = 0;
	writer.begin(into);
	for (; count < entries.length && writer.fits(1, 3, 64); count++) {
		const { type, ids, ttl, tail, udp, tcp, group, balance } = entries[count]!;
		if (udp > 0)
			writer.endpoint(0x0a000001, udp);
		if (tcp > 0)
			writer.endpoint(0x0a000001, tcp, PROTOCOL_TCP);
		if (group > 0)
			writer.multicast(0xefc00101, group);
		if (balance[0] > 0) {
			writer.configuration(strings);
			writer.loadBalancing(balance[0], balance[1]);
		}
		if (type === ENTRY_OFFER)
			writer.service(type, ids[0], ids[1], ids[2], ttl, tail);
		else
			writer.eventgroup(type, ids[0], ids[1], ids[2], ttl, 0, tail);
	}
	return [count, writer.finish(1, true)];
}

describe("codecs of headers and discovery, at random", () => {
	it("entries with their options come back as they were written; truncations and changes end with a code or within bounds", () => {
		const prng = new Prng(2026), writer = new SdWriter(), into = new Uint8Array(1400), reader = new SdReader(new Topology(0x0a000002, 0xffffff00, true));
		const strings = encodeConfiguration(["hostname=ecu", "flag", "empty="]);
		for (let round = 0; round < ROUNDS; round++) {
			const entries = Array.from({ length: 1 + prng.below(30) }, () => random(prng)), [count, length] = write(writer, into, entries, strings);
			ok(count > 0 && length <= 1400);
			equal(reader.open(into, 16, length), 0);
			equal(reader.entryCount, count);
			for (let i = 0; i < count; i++) {
				const entry = entries[i]!;
				reader.entry(i);
				equal(reader.endpoints(), 0);
				deepEqual([reader.type, reader.serviceId, reader.instanceId, reader.majorVersion, reader.ttl, entry.type === ENTRY_OFFER ? reader.minorVersion : reader.eventgroupId,
					reader.udpPort, reader.tcpPort, reader.multicastPort, reader.priority, reader.weight],
					[entry.type, ...entry.ids, entry.ttl, entry.tail, entry.udp, entry.tcp, entry.group, ...entry.balance]);
			}
			if (round % 20 === 0)
				for (let end = 16; end < length; end++)
					ok(reader.open(into, 16, end) < 0, `${end} of ${length} bytes`);
			into[16 + prng.below(length - 16)] = prng.below(256);
			if (reader.open(into, 16, length) === 0)
				for (let i = 0; i < reader.entryCount; i++) {
					reader.entry(i);
					reader.endpoints();
					ok(reader.configurationEnd === 0 || (reader.configurationAt <= reader.configurationEnd && reader.configurationEnd <= length));
				}
		}
	});

	it("headers come back as they were written; every truncation is refused, and no change leads beyond the end", () => {
		const prng = new Prng(7), bytes = new Uint8Array(200), message = new Message(), types = [0, 1, 2, 0x80, 0x81, 0x20, 0x21, 0x22, 0xa0, 0xa1];
		message.attach(bytes);
		for (let round = 0; round < ROUNDS; round++) {
			const at = prng.below(50), length = prng.below(100), ids = [prng.below(0x10000), prng.below(0x10000), prng.below(0x10000), prng.below(0x10000), prng.below(256)] as const;
			const type = types[prng.below(types.length)]!;
			equal(writeHeader(bytes, at, ids[0], ids[1], length, ids[2], ids[3], ids[4], type), at + 16);
			equal(message.wrap(at, at + 16 + length), 16 + length);
			deepEqual([message.serviceId, message.methodId, message.clientId, message.sessionId, message.interfaceVersion, message.type | (message.isSegment ? 0x20 : 0), message.returnCode, message.payloadOffset, message.payloadEnd],
				[...ids, type, 0, at + 16, at + 16 + length]);
			for (let end = at; end < at + 16 + length; end += 1 + (round & 7))
				ok(message.wrap(at, end) < 0);
			bytes[at + prng.below(16)] = prng.below(256);
			if (message.wrap(at, at + 16 + length) > 0)
				ok(message.payloadOffset <= message.payloadEnd && message.payloadEnd <= at + 16 + length);
		}
	});
});
