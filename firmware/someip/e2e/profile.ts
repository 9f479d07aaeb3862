/** E2E profiles 04, 05, 06 and 07 (AUTOSAR E2E protocol): where the header stands and how it is sealed and verified. */
import { getUint16, getUint32, putUint16, putUint32 } from "../../wire/big-endian.js";
import { CRC_16_START, crc16, crc16Of, crc32P4, Crc64 } from "./crc.js";

/** The protected range is [start, end) of a message: from its Request ID to its end. */
export const PROTECTED_START = 8;
/** Bytes from there to the E2E header: 64 bits, behind the Return Code (Open SOME/IP feat_req_someip_102). */
export const DEFAULT_OFFSET = 8;

/** What `verify` finds. */
export const INTACT = 0;
export const FAULT_LENGTH = 1;
export const FAULT_CRC = 2;
export const FAULT_DATA_ID = 3;

/** `header` is where the E2E header begins; the caller has checked that it ends before `end`. */
export interface Profile {
	readonly headerLength: number;
	/** The largest counter; after it comes 0. */
	readonly counterMax: number;
	/** Longest protected range that the length field can tell, bytes. */
	readonly lengthMax: number;
	seal(bytes: Uint8Array, header: number, start: number, end: number, counter: number): void;
	/** INTACT or a FAULT_*. */
	verify(bytes: Uint8Array, header: number, start: number, end: number): number;
	counter(bytes: Uint8Array, header: number): number;
}

/** Length 16, counter 16, data id 32, CRC32P4. */
export class Profile04 implements Profile {
	readonly headerLength = 12;
	readonly counterMax = 0xffff;
	readonly lengthMax = 0xffff;
	readonly #dataId: number;

	constructor(dataId: number) {
		this.#dataId = dataId;
	}

	seal(bytes: Uint8Array, header: number, start: number, end: number, counter: number): void {
		putUint16(bytes, header, end - start);
		putUint16(bytes, header + 2, counter);
		putUint32(bytes, header + 4, this.#dataId);
		putUint32(bytes, header + 8, this.#crc(bytes, header, start, end));
	}

	verify(bytes: Uint8Array, header: number, start: number, end: number): number {
		if (getUint32(bytes, header + 8) !== this.#crc(bytes, header, start, end))
			return FAULT_CRC;
		if (getUint32(bytes, header + 4) !== this.#dataId)
			return FAULT_DATA_ID;
		return getUint16(bytes, header) === end - start ? INTACT : FAULT_LENGTH;
	}

	counter(bytes: Uint8Array, header: number): number {
		return getUint16(bytes, header + 2);
	}

	#crc(bytes: Uint8Array, header: number, start: number, end: number): number {
		return crc32P4(bytes, header + 12, end, crc32P4(bytes, start, header + 8, 0));
	}
}

/** CRC16, counter 8; the data id is counted in, not sent. The CRC is little-endian in AUTOSAR, big-endian in vsomeip. */
export class Profile05 implements Profile {
	readonly headerLength = 3;
	readonly counterMax = 0xff;
	readonly lengthMax = 0xffffffff;
	readonly #dataId: number;
	readonly #bigEndian: boolean;

	constructor(dataId: number, bigEndian: boolean) {
		this.#dataId = dataId;
		this.#bigEndian = bigEndian;
	}

	seal(bytes: Uint8Array, header: number, start: number, end: number, counter: number): void {
		bytes[header + 2] = counter;
		const crc = this.#crc(bytes, header, start, end);
		putUint16(bytes, header, this.#bigEndian ? crc : swapped(crc));
	}

	verify(bytes: Uint8Array, header: number, start: number, end: number): number {
		const crc = this.#crc(bytes, header, start, end);
		return getUint16(bytes, header) === (this.#bigEndian ? crc : swapped(crc)) ? INTACT : FAULT_CRC;
	}

	counter(bytes: Uint8Array, header: number): number {
		return bytes[header + 2]!;
	}

	#crc(bytes: Uint8Array, header: number, start: number, end: number): number {
		const crc = crc16(bytes, header + 2, end, crc16(bytes, start, header, CRC_16_START));
		return crc16Of(this.#dataId >> 8, crc16Of(this.#dataId & 0xff, crc));
	}
}

/** CRC16, length 16, counter 8; the data id is counted in, not sent. */
export class Profile06 implements Profile {
	readonly headerLength = 5;
	readonly counterMax = 0xff;
	readonly lengthMax = 0xffff;
	readonly #dataId: number;

	constructor(dataId: number) {
		this.#dataId = dataId;
	}

	seal(bytes: Uint8Array, header: number, start: number, end: number, counter: number): void {
		putUint16(bytes, header + 2, end - start);
		bytes[header + 4] = counter;
		putUint16(bytes, header, this.#crc(bytes, header, start, end));
	}

	verify(bytes: Uint8Array, header: number, start: number, end: number): number {
		if (getUint16(bytes, header) !== this.#crc(bytes, header, start, end))
			return FAULT_CRC;
		return getUint16(bytes, header + 2) === end - start ? INTACT : FAULT_LENGTH;
	}

	counter(bytes: Uint8Array, header: number): number {
		return bytes[header + 4]!;
	}

	/** Unlike in profile 05 the data id's high byte comes first. */
	#crc(bytes: Uint8Array, header: number, start: number, end: number): number {
		const crc = crc16(bytes, header + 2, end, crc16(bytes, start, header, CRC_16_START));
		return crc16Of(this.#dataId & 0xff, crc16Of(this.#dataId >> 8, crc));
	}
}

/** CRC64, length 32, counter 32, data id 32. */
export class Profile07 implements Profile {
	readonly headerLength = 20;
	readonly counterMax = 0xffffffff;
	readonly lengthMax = 0xffffffff;
	readonly #dataId: number;
	readonly #crc = new Crc64();

	constructor(dataId: number) {
		this.#dataId = dataId;
	}

	seal(bytes: Uint8Array, header: number, start: number, end: number, counter: number): void {
		putUint32(bytes, header + 8, end - start);
		putUint32(bytes, header + 12, counter);
		putUint32(bytes, header + 16, this.#dataId);
		this.#compute(bytes, header, start, end);
		putUint32(bytes, header, this.#crc.high);
		putUint32(bytes, header + 4, this.#crc.low);
	}

	verify(bytes: Uint8Array, header: number, start: number, end: number): number {
		this.#compute(bytes, header, start, end);
		if (getUint32(bytes, header) !== this.#crc.high || getUint32(bytes, header + 4) !== this.#crc.low)
			return FAULT_CRC;
		if (getUint32(bytes, header + 16) !== this.#dataId)
			return FAULT_DATA_ID;
		return getUint32(bytes, header + 8) === end - start ? INTACT : FAULT_LENGTH;
	}

	counter(bytes: Uint8Array, header: number): number {
		return getUint32(bytes, header + 12);
	}

	#compute(bytes: Uint8Array, header: number, start: number, end: number): void {
		this.#crc.reset();
		this.#crc.update(bytes, start, header);
		this.#crc.update(bytes, header + 8, end);
	}
}

function swapped(value: number): number {
	return (value & 0xff) << 8 | value >> 8;
}
