import { TAG_LENGTH, type Crypto } from "../../../firmware/ports/crypto.js";
import { retryKey } from "../../../firmware/quic/retry.js";
import { VERSION_1, versionOf } from "../../../firmware/quic/versions.js";

/** Writes the integrity tag for the Retry packet bytes[at, end) at `end`; returns the offset after it (RFC 9001 §5.8). */
export function sealRetry(crypto: Crypto, originalId: Uint8Array, bytes: Uint8Array, at: number, end: number, version = versionOf(VERSION_1)!): number {
	const pseudo = new Uint8Array(1 + originalId.length + end - at + TAG_LENGTH);
	pseudo[0] = originalId.length;
	pseudo.set(originalId, 1);
	pseudo.set(bytes.subarray(at, end), 1 + originalId.length);
	const key = retryKey(crypto, version);
	const textAt = pseudo.length - TAG_LENGTH;
	key.seal(pseudo, 0, textAt, textAt, 0);
	key.close();
	bytes.set(pseudo.subarray(textAt), end);
	return end + TAG_LENGTH;
}
