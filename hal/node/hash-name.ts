import { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 } from "../../firmware/ports/crypto.js";

/** What node:crypto calls a HASH_*. */
export function hashName(algorithm: number): string {
	switch (algorithm) {
		case HASH_SHA256: return "sha256";
		case HASH_SHA384: return "sha384";
		case HASH_SHA512: return "sha512";
		case HASH_SHA1: return "sha1";
	}
	throw new RangeError(`hash: no algorithm ${algorithm}`);
}
