/** Signed update files, and a disk that loses its power. */
import { crypto } from "#hal";
import { HASH_SHA256, SIGNATURE_ECDSA } from "../../../firmware/ports/crypto.js";
import type { FileStore } from "../../../firmware/ports/file-store.js";
import type { Storage } from "../../../firmware/ports/storage.js";
import { putSignature, signedPart, writeHeader } from "../../../firmware/update/update-header.js";
import { Updater } from "../../../firmware/update/updater.js";
import { FileUpdate } from "../../../hal/storage/file-update.js";

export const CAPACITY = 4096;

export class PowerCut extends Error {}

/** Files and settings that stay over a cut. The operation number `cutAt` (from 1) does half of its work, and nothing after
 *  it does anything. */
export class Disk implements FileStore {
	readonly files = new Map<string, Uint8Array>();
	readonly values = new Map<string, Uint8Array>();
	operations = 0;
	cutAt = 0;
	readonly storage: Storage = {
		read: key => this.values.get(key),
		write: (key, value) => {
			this.#work(() => {});
			this.values.set(key, value.slice());
			return true;
		},
		delete: key => {
			this.#work(() => {});
			this.values.delete(key);
		},
	};

	fileSize(path: string): number {
		return this.files.get(path)?.length ?? -1;
	}

	readFile(path: string): Uint8Array | undefined {
		return this.files.get(path)?.slice();
	}

	writeFile(path: string, bytes: Uint8Array, append: boolean): void {
		const before = append ? this.files.get(path) ?? new Uint8Array(0) : new Uint8Array(0);
		const put = (length: number) => {
			const all = new Uint8Array(before.length + length);
			all.set(before);
			all.set(bytes.subarray(0, length), before.length);
			this.files.set(path, all);
		};
		this.#work(() => put(bytes.length >> 1));
		put(bytes.length);
	}

	renameFile(from: string, to: string): void {
		this.#work(() => {});
		this.files.set(to, this.files.get(from)!);
		this.files.delete(from);
	}

	deleteFile(path: string): void {
		this.#work(() => {});
		this.files.delete(path);
	}

	/** The power is back. */
	restore(): void {
		this.cutAt = 0;
	}

	#work(half: () => void): void {
		if (this.cutAt > 0 && this.operations >= this.cutAt)
			throw new PowerCut("no power");
		if (++this.operations !== this.cutAt)
			return;
		half();
		throw new PowerCut("no power");
	}
}

const signer = () => crypto.signingKey("host-tests/ports/fixtures/p256.pem");

export function publicKey(): Uint8Array {
	const key = signer(), bytes = key.publicKey.slice();
	key.close();
	return bytes;
}

export function image(length: number, seed: number): Uint8Array {
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++)
		bytes[i] = (i * 31 + seed * 17) & 255;
	return bytes;
}

/** The update file of an image. `change`: what a forger does to the header after it was signed. */
export function updateFile(bytes: Uint8Array, version: number, { target = "pc", change = (_header: Uint8Array): void => {} } = {}): Uint8Array {
	const hash = crypto.hash(HASH_SHA256), digest = new Uint8Array(32), signature = new Uint8Array(512), key = signer();
	hash.update(bytes, 0, bytes.length);
	hash.digest(digest, 0);
	hash.close();
	const header = writeHeader(version, bytes.length, digest, target);
	const length = key.sign(SIGNATURE_ECDSA, HASH_SHA256, signedPart(header), signature);
	key.close();
	putSignature(header, signature.slice(0, length));
	change(header);
	const file = new Uint8Array(header.length + bytes.length);
	file.set(header);
	file.set(bytes, header.length);
	return file;
}

/** A start: what the loader does, and the firmware's updater. */
export function start(disk: Disk, now = 0): { slots: FileUpdate, updater: Updater } {
	const slots = new FileUpdate(disk, "", CAPACITY);
	return { slots, updater: new Updater({ update: slots, crypto, key: publicKey(), storage: disk.storage }, now) };
}

/** The whole file in pieces; returns the version. */
export function send(updater: Updater, file: Uint8Array, piece = 100): number {
	updater.begin();
	for (let at = 0; at < file.length; at += piece)
		updater.write(file, at, Math.min(at + piece, file.length));
	return updater.end();
}
