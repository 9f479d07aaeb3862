/** What stands before the image in an update file, 160 bytes, integers big-endian:
 *
 *  | at | bytes | |
 *  |---|---|---|
 *  | 0 | 4 | "ZNLU" |
 *  | 4 | 4 | format: 1 |
 *  | 8 | 4 | version of the image |
 *  | 12 | 4 | bytes of the image |
 *  | 16 | 32 | SHA-256 of the image |
 *  | 48 | 32 | what it is for, ASCII, zeros behind it |
 *  | 80 | 2 | bytes of the signature |
 *  | 82 | 78 | ECDSA P-256 signature (SHA-256, DER) of the first 80 bytes, zeros behind it |
 */
import { getUint16, getUint32, putUint16, putUint32 } from "../wire/big-endian.js";

export const UPDATE_HEADER = 160;
const SIGNED_BYTES = 80;
export const DIGEST_AT = 16;
export const DIGEST_BYTES = 32;
const MAGIC = 0x5a4e4c55, FORMAT = 1;
const TARGET_AT = 48, TARGET_BYTES = 32, SIGNATURE_AT = 82;

export interface UpdateHeader {
	readonly version: number;
	/** Of the image. */
	readonly length: number;
	readonly target: string;
	readonly signature: Uint8Array;
}

/** Throws an Error in words where it is none. Nothing of it is to be believed before its signature is checked. */
export function readHeader(bytes: Uint8Array): UpdateHeader {
	if (getUint32(bytes, 0) !== MAGIC)
		throw new Error("this is no update file");
	if (getUint32(bytes, 4) !== FORMAT)
		throw new Error(`format ${getUint32(bytes, 4)} of update files is not known`);
	const end = SIGNATURE_AT + getUint16(bytes, SIGNED_BYTES);
	if (end === SIGNATURE_AT || end > UPDATE_HEADER)
		throw new Error("the update is not signed");
	let target = "";
	for (let i = TARGET_AT; i < TARGET_AT + TARGET_BYTES && bytes[i] !== 0; i++)
		target += bytes[i]! > 32 && bytes[i]! < 127 ? String.fromCharCode(bytes[i]!) : "?";
	return { version: getUint32(bytes, 8), length: getUint32(bytes, 12), target, signature: bytes.slice(SIGNATURE_AT, end) };
}

/** The first SIGNED_BYTES of a header. Throws where `target` is none. */
export function writeHeader(version: number, length: number, digest: Uint8Array, target: string): Uint8Array {
	const bytes = new Uint8Array(UPDATE_HEADER);
	if (target.length === 0 || target.length > TARGET_BYTES)
		throw new RangeError(`target "${target}": 1 to ${TARGET_BYTES} characters`);
	putUint32(bytes, 0, MAGIC);
	putUint32(bytes, 4, FORMAT);
	putUint32(bytes, 8, version);
	putUint32(bytes, 12, length);
	bytes.set(digest, DIGEST_AT);
	for (let i = 0; i < target.length; i++)
		bytes[TARGET_AT + i] = target.charCodeAt(i);
	return bytes;
}

/** What the signature is of. */
export function signedPart(header: Uint8Array): Uint8Array {
	return header.slice(0, SIGNED_BYTES);
}

/** Completes what `writeHeader` made. */
export function putSignature(header: Uint8Array, signature: Uint8Array): void {
	putUint16(header, SIGNED_BYTES, signature.length);
	header.set(signature, SIGNATURE_AT);
}
