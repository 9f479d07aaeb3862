/** Frames for tests: built from numbers, and parsed into objects. */
import { readVarint, varintSize, writeVarint } from "../../../firmware/quic/varint.js";

export function bytesOf(...parts: (number | Uint8Array)[]): Uint8Array {
	let length = 0, at = 0;
	for (const part of parts)
		length += typeof part === "number" ? 1 : part.length;
	const bytes = new Uint8Array(length);
	for (const part of parts)
		if (typeof part === "number")
			bytes[at++] = part;
		else {
			bytes.set(part, at);
			at += part.length;
		}
	return bytes;
}

/** Varints one after another. */
export function varints(...values: number[]): Uint8Array {
	const bytes = new Uint8Array(values.length * 8);
	let at = 0;
	for (const value of values)
		at = writeVarint(bytes, at, value);
	return bytes.slice(0, at);
}

/** The 8-byte form of high * 2^32 + low, where high < 2^30: for what a Number does not hold. */
export function varint8(high: number, low: number): Uint8Array {
	return bytesOf(0xc0 | high >>> 24, high >>> 16 & 255, high >>> 8 & 255, high & 255, low >>> 24, low >>> 16 & 255, low >>> 8 & 255, low & 255);
}

export const text = (value: string): Uint8Array => Uint8Array.from([...value].map(letter => letter.charCodeAt(0)));

export const ping = () => bytesOf(1);
export const padding = (count: number) => new Uint8Array(count);
/** Ranges as [low, high], descending. */
export function ack(ranges: [number, number][], delay = 0): Uint8Array {
	const [low, high] = ranges[0]!;
	const rest: number[] = [];
	let last = low;
	for (const [nextLow, nextHigh] of ranges.slice(1)) {
		rest.push(last - nextHigh - 2, nextHigh - nextLow);
		last = nextLow;
	}
	return bytesOf(2, varints(high, delay, ranges.length - 1, high - low, ...rest));
}
export const crypto = (offset: number, data: Uint8Array) => bytesOf(6, varints(offset, data.length), data);
export const stream = (id: number, offset: number, data: Uint8Array, fin = false) => bytesOf(0x0e | (fin ? 1 : 0), varints(id, offset, data.length), data);
export const resetStream = (id: number, code: number, size: number) => bytesOf(4, varints(id, code, size));
export const stopSending = (id: number, code: number) => bytesOf(5, varints(id, code));
export const maxData = (limit: number) => bytesOf(0x10, varints(limit));
export const maxStreamData = (id: number, limit: number) => bytesOf(0x11, varints(id, limit));
export const maxStreams = (limit: number, kind = 0) => bytesOf(0x12 + kind, varints(limit));
export const datagram = (data: Uint8Array) => bytesOf(0x31, varints(data.length), data);
export const newToken = (token: Uint8Array) => bytesOf(7, varints(token.length), token);
export const newConnectionId = (sequence: number, retirePriorTo: number, id: Uint8Array, token: Uint8Array) => bytesOf(0x18, varints(sequence, retirePriorTo), id.length, id, token);
export const pathResponse = (data: Uint8Array) => bytesOf(0x1b, data);
export const pathChallenge = (data: Uint8Array) => bytesOf(0x1a, data);
export const connectionClose = (code: number, frameType: number, reason: string) => bytesOf(0x1c, varints(code, frameType, reason.length), text(reason));
export const applicationClose = (code: number, reason: string) => bytesOf(0x1d, varints(code, reason.length), text(reason));
export const handshakeDone = () => bytesOf(0x1e);

export interface ParsedFrame {
	type: number;
	/** The frame's varints in order; for ACK the ranges follow as [low, high] pairs in `ranges`; for ACK with ECN the counts in `values`. */
	values: number[];
	ranges: [number, number][];
	data: Uint8Array;
	fin: boolean;
}

const VARINTS: Record<number, number> = { 1: 0, 4: 3, 5: 2, 0x10: 1, 0x11: 2, 0x12: 1, 0x13: 1, 0x14: 1, 0x15: 2, 0x16: 1, 0x17: 1, 0x19: 1 };

/** Parses what our client sends; throws where it is not well-formed. PADDING is left out. */
export function parseFrames(bytes: Uint8Array): ParsedFrame[] {
	const frames: ParsedFrame[] = [];
	let at = 0;
	const number = () => {
		if (at >= bytes.length || at + varintSize(bytes[at]!) > bytes.length)
			throw new Error("frame is cut off");
		const value = readVarint(bytes, at);
		at += varintSize(bytes[at]!);
		return value;
	};
	const take = (count: number) => {
		if (at + count > bytes.length)
			throw new Error("frame is cut off");
		at += count;
		return bytes.slice(at - count, at);
	};
	while (at < bytes.length) {
		if (bytes[at] === 0) {
			at++;
			continue;
		}
		const frame: ParsedFrame = { type: number(), values: [], ranges: [], data: new Uint8Array(0), fin: false };
		if (frame.type === 2 || frame.type === 3) {
			const high = number();
			frame.values.push(high, number());
			let count = number(), low = high - number();
			frame.ranges.push([low, high]);
			for (; count > 0; count--) {
				const top = low - number() - 2;
				low = top - number();
				frame.ranges.push([low, top]);
			}
			if (frame.type === 3)
				frame.values.push(number(), number(), number());
		}
		else if (frame.type === 6) {
			frame.values.push(number());
			frame.data = take(number());
		}
		else if (frame.type >= 8 && frame.type < 0x10) {
			frame.values.push(number(), frame.type & 4 ? number() : 0);
			frame.data = take(frame.type & 2 ? number() : bytes.length - at);
			frame.fin = (frame.type & 1) !== 0;
		}
		else if (frame.type === 0x1a || frame.type === 0x1b)
			frame.data = take(8);
		else if (frame.type === 0x30 || frame.type === 0x31)
			frame.data = take(frame.type === 0x31 ? number() : bytes.length - at);
		else if (frame.type === 0x1c || frame.type === 0x1d) {
			frame.values.push(number());
			if (frame.type === 0x1c)
				frame.values.push(number());
			frame.data = take(number());
		}
		else {
			const count = VARINTS[frame.type];
			if (count === undefined)
				throw new Error(`a client must not send frame 0x${frame.type.toString(16)}, or the test does not know it`);
			for (let i = 0; i < count; i++)
				frame.values.push(number());
		}
		frames.push(frame);
	}
	return frames;
}
