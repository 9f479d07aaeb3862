import type { Crypto } from "../ports/crypto.js";
import { AlertError, ALERT_DECRYPT_ERROR, ALERT_ILLEGAL_PARAMETER } from "./alert.js";
import type { Reader } from "./reader.js";
import { signatureScheme } from "./signature-scheme.js";
import type { PublicKey } from "./x509/public-key.js";

/** RFC 8446 §4.4.3. */
export const SERVER_CONTEXT = "TLS 1.3, server CertificateVerify";
export const CLIENT_CONTEXT = "TLS 1.3, client CertificateVerify";

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
	if (!crypto.verify(scheme.signature, scheme.hash, key.bytes, signedContent(transcript, SERVER_CONTEXT), signature))
		throw new AlertError(ALERT_DECRYPT_ERROR, "CertificateVerify is wrong: the server does not hold its certificate's key");
}

/** What is signed: 64 spaces, the context, a zero and the digest. */
export function signedContent(transcript: Uint8Array, context: string): Uint8Array {
	const content = new Uint8Array(64 + context.length + 1 + transcript.length);
	content.fill(0x20, 0, 64);
	for (let i = 0; i < context.length; i++)
		content[64 + i] = context.charCodeAt(i);
	content.set(transcript, 64 + context.length + 1);
	return content;
}
