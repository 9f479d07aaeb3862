import { SIGNATURE_ECDSA } from "../ports/crypto.js";
import { CLIENT_CONTEXT, signedContent } from "./certificate-verify.js";
import type { ClientCertificate } from "./client-certificate.js";
import * as message from "./extension.js";
import type { HandshakeKeys } from "./handshake-keys.js";
import { MESSAGE_HEADER_LENGTH } from "./incoming-message.js";
import type { SignatureScheme } from "./signature-scheme.js";

const EMPTY_CERTIFICATE: readonly number[] = Object.freeze([message.MESSAGE_CERTIFICATE, 0, 0, 4, 0, 0, 0, 0]);

/** In DER: SEQUENCE of two INTEGERs of up to 33 bytes. */
const P256_SIGNATURE_MAX = 72;

/** Type and length, scheme, length of the signature. */
const VERIFY_HEADER_LENGTH = MESSAGE_HEADER_LENGTH + 4;

/** The answer to a CertificateRequest; `scheme` undefined: there is no certificate that the server takes. Goes into the
 *  transcript. RFC 8446 §4.4.2: then "the client MUST send a Certificate message containing no certificates". */
export function answerRequest(keys: HandshakeKeys, certificate: ClientCertificate | undefined, scheme: SignatureScheme | undefined): Uint8Array {
	const answer = certificate === undefined || scheme === undefined ? new Uint8Array(EMPTY_CERTIFICATE) : certificate.message;
	keys.absorb(answer, 0, answer.length);
	return answer;
}

/** What ends the client's side of the handshake: CertificateVerify where there is a scheme, and Finished. Goes into the transcript. */
export function endFlight(keys: HandshakeKeys, certificate: ClientCertificate | undefined, scheme: SignatureScheme | undefined): Uint8Array {
	const hasProof = certificate !== undefined && scheme !== undefined;
	const flight = new Uint8Array((hasProof ? VERIFY_HEADER_LENGTH + signatureRoom(certificate) : 0) + MESSAGE_HEADER_LENGTH + keys.clientHandshake.length);
	const at = hasProof ? putCertificateVerify(keys, certificate, scheme, flight) : 0;
	keys.absorb(flight, 0, at);
	const verifyData = keys.verifyData(keys.clientHandshake);
	flight[at] = message.MESSAGE_FINISHED;
	flight[at + 3] = verifyData.length;
	flight.set(verifyData, at + MESSAGE_HEADER_LENGTH);
	const end = at + MESSAGE_HEADER_LENGTH + verifyData.length;
	keys.absorb(flight, at, end);
	return flight.subarray(0, end);
}

/** Bytes that no signature of that key exceeds: an RSA signature is as long as the modulus, which the public key contains. */
function signatureRoom({ key }: ClientCertificate): number {
	return key.signature === SIGNATURE_ECDSA ? P256_SIGNATURE_MAX : key.publicKey.length;
}

/** RFC 8446 §4.4.3. Returns its length. */
function putCertificateVerify(keys: HandshakeKeys, { key }: ClientCertificate, { id, signature, hash }: SignatureScheme, into: Uint8Array): number {
	const length = key.sign(signature, hash, signedContent(keys.transcript(), CLIENT_CONTEXT), into.subarray(VERIFY_HEADER_LENGTH));
	into[0] = message.MESSAGE_CERTIFICATE_VERIFY;
	into[2] = (4 + length) >> 8;
	into[3] = 4 + length;
	into[4] = id >> 8;
	into[5] = id;
	into[6] = length >> 8;
	into[7] = length;
	return VERIFY_HEADER_LENGTH + length;
}
