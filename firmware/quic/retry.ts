/** The integrity tag of a Retry packet (RFC 9001 §5.8): proof that its sender saw the client's Initial. */
import { AEAD_AES_128_GCM, TAG_LENGTH, type Crypto, type PacketKey } from "../ports/crypto.js";
import { bytesOfHex, VERSION_1, versionOf, type Version } from "./versions.js";

/** True where the Retry packet packet[at, end) ends in the tag that belongs to `originalId`, the Destination
 *  Connection ID of the client's first Initial. */
export function isRetryAuthentic(crypto: Crypto, originalId: Uint8Array, packet: Uint8Array, at: number, end: number, version = versionOf(VERSION_1)!): boolean {
	const pseudo = new Uint8Array(1 + originalId.length + end - at);
	pseudo[0] = originalId.length;
	pseudo.set(originalId, 1);
	pseudo.set(packet.subarray(at, end), 1 + originalId.length);
	const key = retryKey(crypto, version);
	const textAt = pseudo.length - TAG_LENGTH;
	const opened = key.open(pseudo, 0, textAt, pseudo.length, 0);
	key.close();
	return opened === textAt;
}

/** The key and the nonce are constants of the protocol; the tag guards against accidents and strangers off the path. */
export function retryKey(crypto: Crypto, version: Version): PacketKey {
	return crypto.packetKey(AEAD_AES_128_GCM, bytesOfHex(version.retryKey), bytesOfHex(version.retryNonce), new Uint8Array(16));
}
