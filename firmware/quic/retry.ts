/** The integrity tag of a Retry packet (RFC 9001 §5.8): proof that its sender saw the client's Initial. */
import { AEAD_AES_128_GCM, TAG_LENGTH, type Crypto, type PacketKey } from "../ports/crypto.js";

const RETRY_KEY = Object.freeze([0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3, 0x68, 0xc8, 0x4e]);
const RETRY_NONCE = Object.freeze([0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb]);

/** True where the Retry packet packet[at, end) ends in the tag that belongs to `originalId`, the Destination
 *  Connection ID of the client's first Initial. */
export function isRetryAuthentic(crypto: Crypto, originalId: Uint8Array, packet: Uint8Array, at: number, end: number): boolean {
	const pseudo = new Uint8Array(1 + originalId.length + end - at);
	pseudo[0] = originalId.length;
	pseudo.set(originalId, 1);
	pseudo.set(packet.subarray(at, end), 1 + originalId.length);
	const key = retryKey(crypto);
	const textAt = pseudo.length - TAG_LENGTH;
	const opened = key.open(pseudo, 0, textAt, pseudo.length, 0);
	key.close();
	return opened === textAt;
}

/** The key and the nonce are constants of the protocol; the tag guards against accidents and strangers off the path. */
export function retryKey(crypto: Crypto): PacketKey {
	return crypto.packetKey(AEAD_AES_128_GCM, Uint8Array.from(RETRY_KEY), Uint8Array.from(RETRY_NONCE), new Uint8Array(16));
}
