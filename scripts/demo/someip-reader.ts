/** Reads SOME/IP messages and SD entries of recordings. Written apart from the firmware's parsers, so that the two
 *  judge each other; it may allocate as it likes. Open SOME/IP Specification. */
import { dottedAt } from "./ip-packet.js";

export const NOTIFICATION = 0x02;
/** Bit of the message type: a segment of a larger message. */
export const TP_BIT = 0x20;
export const SD_SERVICE = 0xffff;
export const SD_METHOD = 0x8100;

export interface Message {
	service: number;
	method: number;
	client: number;
	session: number;
	interfaceVersion: number;
	type: number;
	/** The whole message, and what comes after its header (with the TP header, where it has one). */
	bytes: Buffer;
	payload: Buffer;
}

/** The messages of a datagram, or undefined where it is not SOME/IP from its first to its last byte. */
export function readMessages(datagram: Buffer): Message[] | undefined {
	const messages: Message[] = [];
	for (let at = 0; at < datagram.length;) {
		if (datagram.length - at < 16)
			return undefined;
		const length = datagram.readUInt32BE(at + 4), end = at + 8 + length;
		if (length < 8 || end > datagram.length || datagram[at + 12] !== 1)
			return undefined;
		messages.push({
			service: datagram.readUInt16BE(at), method: datagram.readUInt16BE(at + 2),
			client: datagram.readUInt16BE(at + 8), session: datagram.readUInt16BE(at + 10),
			interfaceVersion: datagram[at + 13]!, type: datagram[at + 14]!,
			bytes: datagram.subarray(at, end), payload: datagram.subarray(at + 16, end),
		});
		at = end;
	}
	return messages;
}

export interface TpSegment {
	offset: number;
	more: boolean;
	bytes: Buffer;
}

/** feat_req_someiptp_766 to _768. */
export function readTpSegment(message: Message): TpSegment | undefined {
	if (message.payload.length < 4)
		return undefined;
	const word = message.payload.readUInt32BE(0);
	return { offset: (word & 0xfffffff0) >>> 0, more: (word & 1) === 1, bytes: message.payload.subarray(4) };
}

export const FIND = 0x00;
export const OFFER = 0x01;
export const SUBSCRIBE = 0x06;
export const SUBSCRIBE_ACK = 0x07;
const IPV4_ENDPOINT = 0x04;
const IPV4_MULTICAST = 0x14;
const OPTION_UDP = 17;
const OPTION_TCP = 6;

export interface Endpoint {
	address: string;
	port: number;
}

export interface SdEntry {
	type: number;
	service: number;
	instance: number;
	major: number;
	/** Seconds. */
	ttl: number;
	/** Of offers and finds. */
	minor: number;
	/** Of the subscribe family. */
	eventgroup: number;
	udp: Endpoint | undefined;
	tcp: Endpoint | undefined;
	multicast: Endpoint | undefined;
}

/** The entries of an SD message with the endpoints that they refer to; undefined where its lengths lie. */
export function readSd(message: Message): SdEntry[] | undefined {
	const { payload } = message;
	if (payload.length < 12)
		return undefined;
	const entriesEnd = 8 + payload.readUInt32BE(4);
	if (payload.length < entriesEnd + 4)
		return undefined;
	const optionsEnd = entriesEnd + 4 + payload.readUInt32BE(entriesEnd);
	if (payload.length < optionsEnd)
		return undefined;
	const options: Buffer[] = [];
	for (let at = entriesEnd + 4; at + 3 <= optionsEnd;) {
		const end = at + 3 + payload.readUInt16BE(at);
		if (end > optionsEnd)
			return undefined;
		options.push(payload.subarray(at, end));
		at = end;
	}
	const entries: SdEntry[] = [];
	for (let at = 8; at + 16 <= entriesEnd; at += 16)
		entries.push(readEntry(payload.subarray(at, at + 16), options));
	return entries;
}

function readEntry(entry: Buffer, options: Buffer[]): SdEntry {
	const type = entry[0]!, isService = type < 4, counts = entry[3]!;
	const own = [
		...options.slice(entry[1]!, entry[1]! + (counts >> 4)),
		...options.slice(entry[2]!, entry[2]! + (counts & 15)),
	];
	const find = (kind: number, protocol: number) => {
		const option = own.find(bytes => bytes[2] === kind && bytes.length === 12 && bytes[9] === protocol);
		return option && { address: dottedAt(option, 4), port: option.readUInt16BE(10) };
	};
	return {
		type, service: entry.readUInt16BE(4), instance: entry.readUInt16BE(6), major: entry[8]!, ttl: entry.readUIntBE(9, 3),
		minor: isService ? entry.readUInt32BE(12) : 0, eventgroup: isService ? 0 : entry.readUInt16BE(14),
		udp: find(IPV4_ENDPOINT, OPTION_UDP), tcp: find(IPV4_ENDPOINT, OPTION_TCP), multicast: find(IPV4_MULTICAST, OPTION_UDP),
	};
}
