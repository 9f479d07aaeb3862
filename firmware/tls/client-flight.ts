import { SIGNATURE_MAX } from "../ports/crypto.js";
import { CLIENT_CONTEXT, signedContent } from "./certificate-verify.js";
import type { ClientCertificate } from "./client-certificate.js";
import * as message from "./extension.js";
import type { HandshakeKeys } from "./handshake-keys.js";
import { MESSAGE_HEADER_LENGTH } from "./incoming-message.js";
import type { SignatureScheme } from "./signature-scheme.js";

const EMPTY_CERTIFICATE: readonly number[] = Object.freeze([message.MESSAGE_CERTIFICATE, 0, 0, 4, 0, 0, 0, 0]);

/** What ends the client's side of the handshake: where a certificate was asked for, Certificate and, with a scheme,
 *  CertificateVerify; and Finished. All of it goes into the transcript.
 *  RFC 8446 §4.4.2: without a certificate "the client MUST send a Certificate message containing no certificates". */
export function clientFlight(keys: HandshakeKeys, isRequested: boolean, certificate: ClientCertificate | undefined, scheme: SignatureScheme | undefined): Uint8Array {
	let shown = new Uint8Array(0), proof = shown;
	if (isRequested) {
		const hasOne = certificate !== undefined && scheme !== undefined;
		shown = hasOne ? certificate.message as Uint8Array<ArrayBuffer> : new Uint8Array(EMPTY_CERTIFICATE);
		keys.absorb(shown, 0, shown.length);
		if (hasOne)
			proof = certificateVerify(keys, certificate, scheme);
		keys.absorb(proof, 0, proof.length);
	}
	const verifyData = keys.verifyData(keys.clientHandshake);
	const flight = new Uint8Array(shown.length + proof.length + MESSAGE_HEADER_LENGTH + verifyData.length);
	flight.set(shown);
	flight.set(proof, shown.length);
	const at = shown.length + proof.length;
	flight[at] = message.MESSAGE_FINISHED;
	flight[at + 3] = verifyData.length;
	flight.set(verifyData, at + MESSAGE_HEADER_LENGTH);
	return flight;
}

/** RFC 8446 §4.4.3. */
function certificateVerify(keys: HandshakeKeys, { key }: ClientCertificate, { id, signature, hash }: SignatureScheme): Uint8Array<ArrayBuffer> {
	const bytes = new Uint8Array(SIGNATURE_MAX);
	const length = key.sign(signature, hash, signedContent(keys.transcript(), CLIENT_CONTEXT), bytes);
	const verify = new Uint8Array(MESSAGE_HEADER_LENGTH + 4 + length);
	verify[0] = message.MESSAGE_CERTIFICATE_VERIFY;
	verify[2] = (4 + length) >> 8;
	verify[3] = 4 + length;
	verify[4] = id >> 8;
	verify[5] = id;
	verify[6] = length >> 8;
	verify[7] = length;
	for (let i = 0; i < length; i++)
		verify[8 + i] = bytes[i]!;
	return verify;
}
