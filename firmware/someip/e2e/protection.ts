/** E2E protection of one event or method: the sender's and the receiver's side. In place, nothing allocated. */
import { copyBytes } from "../../wire/big-endian.js";
import { DEFAULT_OFFSET, FAULT_CRC, FAULT_DATA_ID, FAULT_LENGTH, INTACT, type Profile, Profile04, Profile05, Profile06, Profile07 } from "./profile.js";

export interface ProtectionOptions {
	readonly profile: "P04" | "P05" | "P06" | "P07";
	/** 32 bits in P04 and P07, 16 bits in P05 and P06. */
	readonly dataId: number;
	/** Bytes from the message's Request ID to the E2E header. Default: 8, behind the Return Code. */
	readonly offset?: number;
	/** Bytes of the protected range, from the Request ID to the message's end. Default: whatever holds the header. */
	readonly minLength?: number;
	readonly maxLength?: number;
	/** P05: the CRC as vsomeip has it; AUTOSAR's is little-endian. */
	readonly bigEndianCrc?: boolean;
}
export interface CheckerOptions extends ProtectionOptions {
	/** How far the counter may go between two messages: 1 = none may be lost. */
	readonly maxDeltaCounter: number;
}

/** What `check` says. */
export const CHECK_OK = 0;
/** Intact, with no more lost before it than maxDeltaCounter allows. */
export const CHECK_OK_SOME_LOST = 1;
/** The counter of the message before. */
export const CHECK_REPEATED = 2;
/** The counter went further than maxDeltaCounter allows, or back. */
export const CHECK_WRONG_SEQUENCE = 3;
/** CRC, data id or length are wrong. */
export const CHECK_ERROR = 4;
export const CHECK_NO_NEW_DATA = 5;

/** What `protect` says where the message does not have the length that the options ask for. */
export const NOT_PROTECTED = -1;

export class Protector {
	/** The counter that the next message gets. */
	counter = 0;
	protectedMessages = 0;
	/** Messages whose length was wrong. */
	refused = 0;
	readonly #place: Place;

	constructor(options: ProtectionOptions) {
		this.#place = new Place(options);
	}

	/** Bytes that a message is longer by. */
	get headerLength(): number {
		return this.#place.profile.headerLength;
	}

	/** Whether a payload of `length` bytes can be protected. */
	fits(length: number): boolean {
		return this.#place.allows(DEFAULT_OFFSET + this.headerLength + length);
	}

	/** Copies the payload bytes[offset, end) to into[at…], with room for the header in it. */
	place(bytes: Uint8Array, offset: number, end: number, into: Uint8Array, at: number): void {
		const before = this.#place.offset - DEFAULT_OFFSET;
		copyBytes(bytes, offset, offset + before, into, at);
		copyBytes(bytes, offset + before, end, into, at + before + this.headerLength);
	}

	/** The next message gets the counter of the one before: it is that one, for a receiver who came later. */
	repeat(): void {
		if (this.protectedMessages > 0)
			this.counter = this.counter === 0 ? this.#place.profile.counterMax : this.counter - 1;
	}

	/** Writes the E2E header into bytes[start, end), the range from the Request ID to the message's end; room for the header
	 *  is there already. Returns the counter that was used, or NOT_PROTECTED. */
	protect(bytes: Uint8Array, start: number, end: number): number {
		const { profile, offset } = this.#place, counter = this.counter;
		if (!this.#place.holds(bytes, start, end)) {
			this.refused = (this.refused + 1) >>> 0;
			return NOT_PROTECTED;
		}
		profile.seal(bytes, start + offset, start, end, counter);
		this.counter = counter === profile.counterMax ? 0 : counter + 1;
		this.protectedMessages = (this.protectedMessages + 1) >>> 0;
		return counter;
	}
}

export class Checker {
	/** The last CHECK_*. */
	status = CHECK_NO_NEW_DATA;
	/** The last intact message's counter; -1 before the first. */
	counter = -1;
	// How often each status came. They wrap at 2^32.
	ok = 0;
	someLost = 0;
	repeated = 0;
	wrongSequence = 0;
	noNewData = 0;
	wrongCrc = 0;
	wrongDataId = 0;
	wrongLength = 0;
	/** Messages that the counters say were lost, those before a wrong sequence left out. */
	lost = 0;
	readonly #place: Place;
	readonly #maxDelta: number;

	constructor(options: CheckerOptions) {
		this.#place = new Place(options);
		this.#maxDelta = options.maxDeltaCounter;
		if (!(options.maxDeltaCounter >= 1 && options.maxDeltaCounter <= this.#place.profile.counterMax))
			throw new RangeError("E2E " + options.profile + ": maxDeltaCounter must be from 1 to " + this.#place.profile.counterMax);
	}

	/** Bytes of the header, where it begins in the range given: what is not the application's. */
	get headerLength(): number {
		return this.#place.profile.headerLength;
	}

	get offset(): number {
		return this.#place.offset;
	}

	/** Checks bytes[start, end), the range from the Request ID to the message's end. Returns a CHECK_*. The first intact
	 *  message is OK whatever its counter is: whoever subscribes comes in the middle of a sequence. */
	check(bytes: Uint8Array, start: number, end: number): number {
		const place = this.#place, header = start + place.offset;
		const fault = place.holds(bytes, start, end) ? place.profile.verify(bytes, header, start, end) : FAULT_LENGTH;
		if (fault !== INTACT) {
			this.#countFault(fault);
			return this.status = CHECK_ERROR;
		}
		const counter = place.profile.counter(bytes, header), before = this.counter;
		const delta = before < 0 ? 1 : counter >= before ? counter - before : counter - before + place.profile.counterMax + 1;
		this.counter = counter;
		if (delta === 0) {
			this.repeated = (this.repeated + 1) >>> 0;
			return this.status = CHECK_REPEATED;
		}
		if (delta > this.#maxDelta) {
			this.wrongSequence = (this.wrongSequence + 1) >>> 0;
			return this.status = CHECK_WRONG_SEQUENCE;
		}
		if (delta > 1) {
			this.someLost = (this.someLost + 1) >>> 0;
			this.lost = (this.lost + delta - 1) >>> 0;
			return this.status = CHECK_OK_SOME_LOST;
		}
		this.ok = (this.ok + 1) >>> 0;
		return this.status = CHECK_OK;
	}

	/** Another sender, or another life of it: the next message is the first one. */
	reset(): void {
		this.counter = -1;
	}

	/** A cycle has passed without a message. */
	miss(): number {
		this.noNewData = (this.noNewData + 1) >>> 0;
		return this.status = CHECK_NO_NEW_DATA;
	}

	#countFault(fault: number): void {
		if (fault === FAULT_CRC)
			this.wrongCrc = (this.wrongCrc + 1) >>> 0;
		else if (fault === FAULT_DATA_ID)
			this.wrongDataId = (this.wrongDataId + 1) >>> 0;
		else
			this.wrongLength = (this.wrongLength + 1) >>> 0;
	}
}

/** A profile at its place in messages of allowed lengths. Throws where the options contradict each other. */
class Place {
	readonly profile: Profile;
	readonly offset: number;
	readonly #minLength: number;
	readonly #maxLength: number;

	constructor(options: ProtectionOptions) {
		const { profile, dataId, offset = DEFAULT_OFFSET } = options, name = "E2E " + profile;
		const wide = profile === "P04" || profile === "P07";
		if (dataId !== (wide ? dataId >>> 0 : dataId & 0xffff))
			throw new RangeError(name + ": dataId must have at most " + (wide ? 32 : 16) + " bits");
		this.profile = makeProfile(options);
		this.offset = offset;
		this.#minLength = options.minLength ?? offset + this.profile.headerLength;
		this.#maxLength = options.maxLength ?? this.profile.lengthMax;
		if (!(Number.isSafeInteger(offset) && offset >= 0))
			throw new RangeError(name + ": offset must be a number of bytes");
		if (!(this.#minLength >= offset + this.profile.headerLength))
			throw new RangeError(name + ": minLength must be at least " + (offset + this.profile.headerLength) + ", the end of the header");
		if (!(this.#maxLength >= this.#minLength && this.#maxLength <= this.profile.lengthMax))
			throw new RangeError(name + ": maxLength must be from minLength to " + this.profile.lengthMax);
	}

	holds(bytes: Uint8Array, start: number, end: number): boolean {
		return start >= 0 && end <= bytes.length && this.allows(end - start);
	}

	/** `length`: of the protected range. */
	allows(length: number): boolean {
		return length >= this.#minLength && length <= this.#maxLength;
	}
}

function makeProfile(options: ProtectionOptions): Profile {
	switch (options.profile) {
		case "P04": return new Profile04(options.dataId);
		case "P05": return new Profile05(options.dataId, options.bigEndianCrc ?? false);
		case "P06": return new Profile06(options.dataId);
		case "P07": return new Profile07(options.dataId);
	}
	throw new RangeError("E2E: the profile must be P04, P05, P06 or P07, not " + options.profile);
}
