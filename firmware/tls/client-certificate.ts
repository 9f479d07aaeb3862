import { TLS_CLIENT_CHAIN_BYTES_MAX } from "../config.js";
import { SIGNATURE_ECDSA, type SigningKey } from "../ports/crypto.js";
import { MESSAGE_CERTIFICATE } from "./extension.js";
import { equalConstantTime } from "./key-schedule.js";
import { Writer } from "./writer.js";
import { enterSequence, TAG_INTEGER, TAG_SEQUENCE } from "./x509/der.js";
import { KEY_P256, KEY_RSA, readPublicKey } from "./x509/public-key.js";

/** What a client shows to a server that asks for a certificate. */
export interface ClientCertificate {
	/** The Certificate message (RFC 8446 §4.4.2), with an empty context: that of a handshake's CertificateRequest. */
	readonly message: Uint8Array;
	readonly key: SigningKey;
	/** KEY_* of the certificate. */
	readonly kind: number;
}

/** Makes it of DER certificates, the client's own first, and its key. Whether the server likes them is the server's to
 *  say; throws an Error in words where they cannot be used at all. */
export function clientCertificate(chain: readonly Uint8Array[], key: SigningKey): ClientCertificate {
	let length = 0;
	for (let i = 0; i < chain.length; i++)
		length += chain[i]!.length;
	if (length > TLS_CLIENT_CHAIN_BYTES_MAX)
		throw new Error(`has certificates of ${length} bytes together, at most ${TLS_CLIENT_CHAIN_BYTES_MAX} are sent: leave out those that the broker has`);
	if (!isOf(chain[0]!, key))
		throw new Error("begins with a certificate that is not for this key");
	return Object.freeze({ message: encode(chain, length), key, kind: key.signature === SIGNATURE_ECDSA ? KEY_P256 : KEY_RSA });
}

function encode(chain: readonly Uint8Array[], length: number): Uint8Array {
	// Type and length, context, list; of each certificate its length and its extensions'.
	const writer = new Writer(8 + length + 5 * chain.length);
	writer.numbers(1, MESSAGE_CERTIFICATE);
	const body = writer.open(3);
	writer.numbers(1, 0);
	const list = writer.open(3);
	for (let i = 0; i < chain.length; i++) {
		writer.vector(3, chain[i]!);
		writer.numbers(2, 0);
	}
	writer.close(list, 3);
	writer.close(body, 3);
	return writer.finish();
}

/** Compares the public keys; passes over all else: a client's certificate may be of a kind that no server's may be. */
function isOf(der: Uint8Array, key: SigningKey): boolean {
	const fields = enterSequence(der).enter(TAG_SEQUENCE);
	fields.optional(0xa0); // version
	fields.expect(TAG_INTEGER);
	for (let i = 0; i < 4; i++)
		fields.expect(TAG_SEQUENCE); // algorithm, issuer, validity, subject
	return equalConstantTime(readPublicKey(fields).bytes, key.publicKey);
}
