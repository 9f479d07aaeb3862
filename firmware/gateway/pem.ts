/** PEM files (RFC 7468): certificates and public keys as text. */
import { decodeBase64 } from "../wire/base64.js";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

const BEGIN_KEY = "-----BEGIN PUBLIC KEY-----";
const END_KEY = "-----END PUBLIC KEY-----";

/** The DER bytes of every certificate in the file, in its order; other blocks and text are passed over.
 *  Throws an Error that says what is wrong with the file. */
export function readCertificates(file: Uint8Array): Uint8Array[] {
	const certificates: Uint8Array[] = [];
	for (let at = find(file, BEGIN, 0); at >= 0;) {
		const from = at + BEGIN.length, to = find(file, END, from);
		if (to < 0)
			throw new Error(`has a certificate without "${END}"`);
		const certificate = decodeBase64(file, from, to);
		if (certificate === undefined)
			throw new Error("has a certificate that is not base64");
		certificates.push(certificate);
		at = find(file, BEGIN, to);
	}
	if (certificates.length === 0)
		throw new Error(`holds no certificate; a PEM file has lines "${BEGIN}"`);
	return certificates;
}

/** The DER bytes of the file's public key. Throws an Error that says what is wrong with the file. */
export function readPublicKey(file: Uint8Array): Uint8Array {
	const at = find(file, BEGIN_KEY, 0), to = at < 0 ? -1 : find(file, END_KEY, at);
	const key = to < 0 ? undefined : decodeBase64(file, at + BEGIN_KEY.length, to);
	if (key === undefined)
		throw new Error(`holds no public key; a PEM file has lines "${BEGIN_KEY}"`);
	return key;
}

function find(bytes: Uint8Array, text: string, from: number): number {
	const first = text.charCodeAt(0);
	for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
		let i = 1;
		while (i < text.length && bytes[at + i] === text.charCodeAt(i))
			i++;
		if (i === text.length)
			return at;
	}
	return -1;
}
