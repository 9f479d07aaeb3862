/** A handshake that is the same each time: the client's random and key agreement are given, so that the server's
 *  bytes can be recorded (fixtures/handshake.ts) and played back without a server. */
import type { Crypto, KeyPair } from "../../../firmware/ports/crypto.js";
import type { Random } from "../../../firmware/ports/random.js";
import type { HandshakeOptions } from "../../../firmware/tls/handshake-options.js";
import { CALENDAR, certificates } from "./certificates.js";

const SHARED_SECRET = 0x5a;
const PUBLIC_KEY = 0x42;

/** Both sides agree on the same secret, whatever key the other one sends. */
class FixedKeyPair implements KeyPair {
	readonly publicKey: Uint8Array;

	constructor(length: number) {
		this.publicKey = new Uint8Array(length).fill(PUBLIC_KEY);
	}

	derive(_peerKey: Uint8Array, into: Uint8Array): number {
		into.fill(SHARED_SECRET, 0, 32);
		return 32;
	}

	close(): void {}
}

/** `crypto` with key pairs that agree on one secret. */
export function fixedCrypto(crypto: Crypto): Crypto {
	return {
		packetKey: (aead, key, iv, headerKey) => crypto.packetKey(aead, key, iv, headerKey),
		hash: algorithm => crypto.hash(algorithm),
		hmac: (algorithm, key, data, offset, end, into, at) => crypto.hmac(algorithm, key, data, offset, end, into, at),
		keyPair: group => new FixedKeyPair(group === 0x17 ? 65 : 32),
		verify: (signature, hash, publicKey, message, bytes) => crypto.verify(signature, hash, publicKey, message, bytes),
		signingKey: name => crypto.signingKey(name),
	};
}

const random: Random = { fill: bytes => { bytes.fill(0x77); } };

export function recordedOptions(crypto: Crypto): HandshakeOptions {
	return {
		crypto: fixedCrypto(crypto), random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt",
		roots: certificates("root"), transportParameters: new Uint8Array(60),
	};
}
