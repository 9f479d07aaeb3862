import type { Crypto } from "../ports/crypto.js";
import { AlertError, ALERT_DECRYPT_ERROR, ALERT_ILLEGAL_PARAMETER } from "./alert.js";
import type { Reader } from "./reader.js";
import { signatureScheme } from "./signature-scheme.js";
import { Writer } from "./writer.js";
import type { PublicKey } from "./x509/public-key.js";

/** Checks the server's CertificateVerify (RFC 8446 §4.4.3) that `reader` stands at: the scheme is one that was offered,
 *  fits the certificate's key, and the signature covers `transcript`, the digest up to Certificate. Throws AlertError. */
export function checkCertificateVerify(reader: Reader, crypto: Crypto, key: PublicKey, transcript: Uint8Array): void {
	const id = reader.number(2);
	const signature = reader.vector(2).rest();
	reader.finish("CertificateVerify");
	const scheme = signatureScheme(id);
	if (scheme === undefined)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, `signature scheme ${id} was not offered`);
	if (scheme.key !== key.kind)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, `signature scheme ${id} does not fit the certificate's key`);
	if (!crypto.verify(scheme.signature, scheme.hash, key.bytes, signedContent(transcript, "server"), signature))
		throw new AlertError(ALERT_DECRYPT_ERROR, "CertificateVerify is wrong: the server does not hold its certificate's key");
}

/** What is signed: 64 spaces, the context with the side ("server" or "client"), a zero and the digest. */
export function signedContent(transcript: Uint8Array, side: string): Uint8Array {
	const writer = new Writer(192);
	writer.text(`${" ".repeat(64)}TLS 1.3, ${side} CertificateVerify`);
	writer.numbers(1, 0);
	writer.data(transcript);
	return writer.finish();
}
