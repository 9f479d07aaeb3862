/** Tokens of Retry packets (RFC 9000 §8.1.2): the client's address and its first connection id, sealed by a key of this run. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const MAC_LENGTH = 32;
const CID_MIN = 8;

export class RetryTokens {
	#key = randomBytes(32);

	mint(id: Uint8Array, address: string, port: number): Uint8Array {
		return Buffer.concat([this.#mac(id, address, port), id]);
	}

	/** The connection id that was sealed, or undefined where the token is not ours or not for this address. */
	read(token: Uint8Array, address: string, port: number): Uint8Array | undefined {
		if (token.length < MAC_LENGTH + CID_MIN)
			return undefined;
		const id = token.slice(MAC_LENGTH);
		return timingSafeEqual(token.subarray(0, MAC_LENGTH), this.#mac(id, address, port)) ? id : undefined;
	}

	#mac(id: Uint8Array, address: string, port: number): Buffer {
		return createHmac("sha256", this.#key).update(`${address}:${port} `).update(id).digest();
	}
}
