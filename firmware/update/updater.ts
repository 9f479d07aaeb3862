/** Takes an update file in pieces into the slot that does not run. Performs no I/O but the Update port's.
 *
 *  The header's signature is checked before the slot is touched, the image's length and digest before it is activated. What is
 *  wrong is thrown as an Error in words, and ends the update; the image that runs stays. */
import { UPDATE_CONFIRM_TIME } from "../config.js";
import { HASH_SHA256, SIGNATURE_ECDSA, type Crypto, type Hash } from "../ports/crypto.js";
import type { Storage } from "../ports/storage.js";
import type { Update } from "../ports/update.js";
import { getUint32, putUint32 } from "../wire/big-endian.js";
import { DIGEST_AT, DIGEST_BYTES, readHeader, signedPart, UPDATE_HEADER } from "./update-header.js";

/** Versions: of the last image that was confirmed, and of the one that was activated after it. */
const VERSION_KEY = "fw-version", NEXT_KEY = "fw-next";

export interface UpdaterOptions {
	update: Update;
	crypto: Pick<Crypto, "hash" | "verify">;
	/** As `verify` takes it; undefined: no update is taken. */
	key: Uint8Array | undefined;
	/** Absent: any version is taken. */
	storage?: Storage;
}

export class Updater {
	/** Of the image that is being received; 0: none. */
	length = 0;
	/** Bytes of it that came. */
	received = 0;
	#options: UpdaterOptions;
	#header = new Uint8Array(UPDATE_HEADER);
	/** Bytes of the header that came; -1: nothing is being received. */
	#filled = -1;
	#hash: Hash | undefined;
	#next = 0;
	/** When this start began; undefined once the image that runs is confirmed. */
	#since: number | undefined;

	constructor(options: UpdaterOptions, now: number) {
		this.#options = options;
		this.#since = options.update.isPending ? now : undefined;
		// What was activated and did not stay.
		if (this.#since === undefined)
			this.#forgetNext();
	}

	/** The image that runs is on trial. */
	get isPending(): boolean {
		return this.#since !== undefined;
	}

	/** Of the image that was confirmed last; 0: not known. */
	get version(): number {
		return this.#read(VERSION_KEY);
	}

	begin(): void {
		this.cancel();
		if (this.#options.key === undefined)
			throw new Error("no key for updates is configured");
		// The slot that would be written holds what a failed trial goes back to.
		if (this.isPending)
			throw new Error("the image that runs is on trial itself");
		this.#filled = 0;
	}

	/** bytes[offset, end) of the update file, behind what came before. */
	write(bytes: Uint8Array, offset: number, end: number): void {
		if (this.#filled < 0)
			throw new Error("no update was begun");
		try {
			while (this.#filled < UPDATE_HEADER && offset < end) {
				this.#header[this.#filled++] = bytes[offset++]!;
				if (this.#filled === UPDATE_HEADER)
					this.#open();
			}
			if (offset < end)
				this.#take(bytes, offset, end);
		}
		catch (error) {
			this.cancel();
			throw error;
		}
	}

	/** All has come. Returns the version that the next start is of. */
	end(): number {
		try {
			return this.#finish();
		}
		finally {
			this.cancel();
		}
	}

	/** Idempotent. */
	cancel(): void {
		if (this.#hash !== undefined) {
			this.#hash.close();
			this.#options.update.abort();
		}
		this.#hash = undefined;
		this.#filled = -1;
		this.length = this.received = 0;
	}

	/** At each turn of the board. A new image is good once the broker has answered it; or where there is no broker to be
	 *  reached, once it has run for UPDATE_CONFIRM_TIME. Returns true where it was found good just now. */
	turn(isUp: boolean, now: number): boolean {
		if (this.#since === undefined || !isUp && ((now - this.#since) | 0) < UPDATE_CONFIRM_TIME)
			return false;
		this.#since = undefined;
		const next = this.#read(NEXT_KEY);
		// First: were the power cut between the two, older images would be let in the other way round.
		if (next > 0)
			this.#write(VERSION_KEY, next);
		this.#options.update.confirm();
		this.#forgetNext();
		return true;
	}

	#open(): void {
		const { update, crypto, key } = this.#options, { version, length, target, signature } = readHeader(this.#header);
		if (!crypto.verify(SIGNATURE_ECDSA, HASH_SHA256, key!, signedPart(this.#header), signature))
			throw new Error("the signature is not by the key that is configured");
		if (target !== update.target)
			throw new Error(`the update is for ${target}, and this is ${update.target}`);
		if (length === 0 || length > update.capacity)
			throw new Error(`the image has ${length} bytes, the slot ${update.capacity}`);
		if (version < this.version)
			throw new Error(`version ${version} is older than version ${this.version}, which was here`);
		this.#next = version;
		this.length = length;
		this.#hash = crypto.hash(HASH_SHA256);
		update.begin(length);
	}

	#take(bytes: Uint8Array, offset: number, end: number): void {
		if (end - offset > this.length - this.received)
			throw new Error(`more than the ${this.length} bytes of the image came`);
		this.#hash!.update(bytes, offset, end);
		this.#options.update.write(bytes, offset, end);
		this.received += end - offset;
	}

	#finish(): number {
		const hash = this.#hash;
		if (hash === undefined || this.received < this.length)
			throw new Error(hash === undefined ? "no update came" : `${this.received} of ${this.length} bytes came`);
		const digest = new Uint8Array(DIGEST_BYTES);
		hash.digest(digest, 0);
		for (let i = 0; i < DIGEST_BYTES; i++)
			if (digest[i] !== this.#header[DIGEST_AT + i])
				throw new Error("what came has another SHA-256 than was signed");
		// Before the slot is activated: an image that is confirmed without its version would let older ones in.
		this.#write(NEXT_KEY, this.#next);
		this.#options.update.activate();
		this.#hash = undefined;
		hash.close();
		return this.#next;
	}

	#read(key: string): number {
		const value = this.#options.storage?.read(key);
		return value === undefined || value.length !== 4 ? 0 : getUint32(value, 0);
	}

	#write(key: string, version: number): void {
		const value = new Uint8Array(4);
		putUint32(value, 0, version);
		if (this.#options.storage?.write(key, value) === false)
			throw new Error("there is no room for the version");
	}

	#forgetNext(): void {
		if (this.#read(NEXT_KEY) !== 0)
			this.#options.storage!.delete(NEXT_KEY);
	}
}
