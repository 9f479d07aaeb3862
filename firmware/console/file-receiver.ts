import { RECEIVED_FILE_MAX, RECEIVED_FILES_MAX } from "../config.js";
import { HASH_SHA256, type Crypto, type Hash } from "../ports/crypto.js";
import type { FileStore } from "../ports/file-store.js";
import { decodeBase64 } from "../wire/base64.js";
import { parseDecimal } from "../wire/decimal.js";

/** What a file is called until all of them are taken over. */
export const FRESH = ".new";

/** With FRESH and what SPIFFS adds, 31 characters are the most. */
const NAME_MAX = 24;
const NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
/** Files of the board's own. */
const RESERVED: readonly string[] = ["takeover", "provision"];
const HEX = "0123456789abcdef";
const DIGEST_BYTES = 32;

/** Files that come over the console, line by line, into `folder`, beside those that are in use:
 *  `put NAME LENGTH SHA256`, then `data BASE64` as often as it takes, then `end`. A line's answer says how far it is;
 *  what is wrong is thrown as an Error in words, and ends the file. Nothing of a file's content is ever said. */
export class FileReceiver {
	/** Names of the files that came whole. */
	readonly names: string[] = [];
	#store: FileStore;
	#crypto: Pick<Crypto, "hash">;
	#folder: string;
	#name = "";
	#length = 0;
	#received = 0;
	#digest = "";
	#hash: Hash | undefined;

	/** `folder` ends with a slash. */
	constructor(store: FileStore, crypto: Pick<Crypto, "hash">, folder: string) {
		this.#store = store;
		this.#crypto = crypto;
		this.#folder = folder;
	}

	/** Between `put` and `end`: what comes may be a key. */
	get isReceiving(): boolean {
		return this.#hash !== undefined;
	}

	/** `words`: the line behind "file". Returns the answer. */
	take(words: readonly string[]): string {
		try {
			switch (words[0]) {
				case "put":
					return this.#put(words[1] ?? "", words[2] ?? "", words[3] ?? "");
				case "data":
					return this.#data(words[1] ?? "");
				case "end":
					return this.#end();
				case "cancel":
					this.cancel();
					return "cancelled";
				default:
					throw new Error("file put NAME LENGTH SHA256, file data BASE64, file end, or file cancel");
			}
		}
		catch (error) {
			this.#drop();
			throw error;
		}
	}

	/** Forgets what came so far. */
	cancel(): void {
		this.#drop();
		for (const name of this.names)
			this.#store.deleteFile(this.#folder + name + FRESH);
		this.names.length = 0;
	}

	#put(name: string, length: string, digest: string): string {
		this.#drop();
		checkName(name);
		this.#length = parseDecimal(length, RECEIVED_FILE_MAX);
		if (this.#length < 1)
			throw new Error(`${name}: ${length.slice(0, 10)} bytes; 1 to ${RECEIVED_FILE_MAX} are taken`);
		if (digest.length !== 2 * DIGEST_BYTES)
			throw new Error(`${name}: the SHA-256 has ${2 * DIGEST_BYTES} digits`);
		if (!this.names.includes(name) && this.names.length >= RECEIVED_FILES_MAX)
			throw new Error(`${name}: at most ${RECEIVED_FILES_MAX} files at a time`);
		this.#store.writeFile(this.#folder + name + FRESH, new Uint8Array(0), false);
		this.#name = name;
		this.#digest = digest.toLowerCase();
		this.#received = 0;
		this.#hash = this.#crypto.hash(HASH_SHA256);
		return `ready for ${name}`;
	}

	#data(text: string): string {
		if (this.#hash === undefined)
			throw new Error("no file was begun");
		const digits = new Uint8Array(text.length);
		for (let i = 0; i < text.length; i++)
			digits[i] = text.charCodeAt(i) > 0x7f ? 0 : text.charCodeAt(i);
		const bytes = decodeBase64(digits, 0, digits.length);
		digits.fill(0);
		if (bytes === undefined)
			throw new Error(`${this.#name}: a line is no base64`);
		if (this.#received + bytes.length > this.#length)
			throw new Error(`${this.#name}: more than its ${this.#length} bytes`);
		this.#hash.update(bytes, 0, bytes.length);
		this.#store.writeFile(this.#folder + this.#name + FRESH, bytes, true);
		bytes.fill(0);
		this.#received += bytes.length;
		return `${this.#received}`;
	}

	#end(): string {
		if (this.#hash === undefined)
			throw new Error("no file was begun");
		if (this.#received !== this.#length)
			throw new Error(`${this.#name}: ${this.#received} of ${this.#length} bytes came`);
		const digest = new Uint8Array(DIGEST_BYTES);
		this.#hash.digest(digest, 0);
		for (let i = 0; i < DIGEST_BYTES; i++)
			if (this.#digest.charAt(2 * i) !== HEX.charAt(digest[i]! >> 4) || this.#digest.charAt(2 * i + 1) !== HEX.charAt(digest[i]! & 15))
				throw new Error(`${this.#name}: what came has another SHA-256`);
		// What is in the flash is what counts.
		if (this.#store.fileSize(this.#folder + this.#name + FRESH) !== this.#length)
			throw new Error(`${this.#name}: it was not written whole`);
		const name = this.#name;
		if (!this.names.includes(name))
			this.names.push(name);
		this.#close();
		return `received ${name}`;
	}

	// A file that did not come whole.
	#drop(): void {
		if (this.#hash === undefined)
			return;
		const at = this.names.indexOf(this.#name);
		if (at >= 0)
			this.names.splice(at, 1);
		this.#close();
		this.#store.deleteFile(this.#folder + this.#name + FRESH);
	}

	#close(): void {
		this.#hash?.close();
		this.#hash = undefined;
	}
}

function checkName(name: string): void {
	let good = name.length > 0 && name.length <= NAME_MAX && !name.startsWith(".") && !name.endsWith(FRESH) && !RESERVED.includes(name);
	for (let i = 0; good && i < name.length; i++)
		good = NAME_CHARACTERS.includes(name.charAt(i));
	if (!good)
		throw new Error(`"${name.slice(0, NAME_MAX)}": a name has 1 to ${NAME_MAX} letters, digits, . - or _, does not begin with . or end with ${FRESH}, and is none of ${RESERVED.join(", ")}`);
}
