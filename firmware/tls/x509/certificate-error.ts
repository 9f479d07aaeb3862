/** The certificate's bytes break X.509 or DER. */
export const FAULT_MALFORMED = 1;
/** Well-formed, but of a kind that this verifier does not support. */
export const FAULT_UNSUPPORTED = 2;
/** Outside of its validity. */
export const FAULT_EXPIRED = 3;
/** No path to a configured root. */
export const FAULT_UNTRUSTED = 4;
/** A rule of the path or the name check is broken. */
export const FAULT_REFUSED = 5;
/** Cannot be judged: the clock is not set. */
export const FAULT_CLOCK = 6;

/** Revoked, by its CA's word. */
export const FAULT_REVOKED = 7;
/** Its OCSP response is missing or bad. */
export const FAULT_STATUS = 8;

/** A certificate or a chain was refused. The message is a sentence for the log. */
export class CertificateError extends Error {
	/** One of FAULT_*. */
	readonly fault: number;

	constructor(fault: number, message: string) {
		super(message);
		this.fault = fault;
	}
}
