import { SIGNATURE_MAX } from "../ports/crypto.js";
import { signedContent } from "./certificate-verify.js";
import type { ClientCertificate } from "./client-certificate.js";
import * as message from "./extension.js";
import type { HandshakeKeys } from "./handshake-keys.js";
import type { SignatureScheme } from "./signature-scheme.js";
import { Writer } from "./writer.js";

const EMPTY_CERTIFICATE: readonly number[] = Object.freeze([message.MESSAGE_CERTIFICATE, 0, 0, 4, 0, 0, 0, 0]);

/** The answer to a CertificateRequest; `scheme` undefined: there is no certificate that the server takes. Goes into the
 *  transcript. RFC 8446 §4.4.2: then "the client MUST send a Certificate message containing no certificates". */
export function answerRequest(keys: HandshakeKeys, certificate: ClientCertificate | undefined, scheme: SignatureScheme | undefined): Uint8Array {
	const answer = certificate === undefined || scheme === undefined ? new Uint8Array(EMPTY_CERTIFICATE) : certificate.message;
	keys.absorb(answer, 0, answer.length);
	return answer;
}

/** What ends the client's side of the handshake: CertificateVerify (RFC 8446 §4.4.3) where there is a scheme, and Finished. Goes into the
 *  transcript. */
export function endFlight(keys: HandshakeKeys, certificate: ClientCertificate | undefined, scheme: SignatureScheme | undefined): Uint8Array {
	const writer = new Writer(SIGNATURE_MAX);
	if (certificate !== undefined && scheme !== undefined) {
		const into = new Uint8Array(SIGNATURE_MAX), length = certificate.key.sign(scheme.signature, scheme.hash, signedContent(keys.transcript(), "client"), into);
		writer.numbers(1, message.MESSAGE_CERTIFICATE_VERIFY);
		writer.numbers(3, 4 + length);
		writer.numbers(2, scheme.id);
		writer.vector(2, into.subarray(0, length));
	}
	const proof = writer.finish();
	keys.absorb(proof, 0, proof.length);
	writer.numbers(1, message.MESSAGE_FINISHED);
	writer.vector(3, keys.verifyData(keys.clientHandshake));
	const flight = writer.finish();
	keys.absorb(flight, proof.length, flight.length);
	return flight;
}
