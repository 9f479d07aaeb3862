import { AlertError } from "../alert.js";

/** Why a certificate is refused; the low byte is the alert that RFC 8446 §6.2 has for it. The certificate's bytes break X.509 or DER. */
export const FAULT_MALFORMED = 42;
/** A rule of the path or the name check is broken. */
export const FAULT_REFUSED = 0x100 + 42;
/** Well-formed, but of a kind that this verifier does not support. */
export const FAULT_UNSUPPORTED = 43;
/** Revoked, by its CA's word. */
export const FAULT_REVOKED = 44;
/** Outside of its validity. */
export const FAULT_EXPIRED = 45;
/** Cannot be judged: the clock is not set. */
export const FAULT_CLOCK = 46;
/** No path to a configured root. */
export const FAULT_UNTRUSTED = 48;
/** Its OCSP response is missing or bad. */
export const FAULT_STATUS = 113;

/** A certificate or a chain was refused. The message is a sentence for the log. */
export class CertificateError extends AlertError {
	/** One of FAULT_*. */
	readonly fault: number;

	constructor(fault: number, message: string) {
		super(fault & 0xff, message);
		this.fault = fault;
	}
}

/** The same; the sentence begins with "certificate". */
export function refusal(fault: number, text: string): CertificateError {
	return new CertificateError(fault, "certificate " + text);
}
