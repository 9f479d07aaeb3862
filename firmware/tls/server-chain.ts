import type { Calendar } from "../ports/calendar.js";
import type { Crypto } from "../ports/crypto.js";
import * as alert from "./alert.js";
import { CertificateError, FAULT_CLOCK, FAULT_EXPIRED, FAULT_UNSUPPORTED, FAULT_UNTRUSTED } from "./x509/certificate-error.js";
import type { Host } from "./x509/host-name.js";
import { verifyPath } from "./x509/path.js";
import type { PublicKey } from "./x509/public-key.js";

/** Judges the server's chain (DER, its own certificate first) against the configured roots, the host and the clock;
 *  returns the server's key. Throws AlertError with the alert that RFC 8446 §6.2 has for the fault. */
export function verifyServerChain(crypto: Crypto, calendar: Calendar, roots: readonly Uint8Array[], host: Host, chain: readonly Uint8Array[]): PublicKey {
	try {
		return verifyPath(crypto, calendar, roots, host, chain);
	}
	catch (error) {
		if (error instanceof CertificateError)
			throw new alert.AlertError(alertOf(error.fault), error.message);
		throw error;
	}
}

function alertOf(fault: number): number {
	switch (fault) {
		case FAULT_UNSUPPORTED: return alert.ALERT_UNSUPPORTED_CERTIFICATE;
		case FAULT_EXPIRED: return alert.ALERT_CERTIFICATE_EXPIRED;
		case FAULT_UNTRUSTED: return alert.ALERT_UNKNOWN_CA;
		case FAULT_CLOCK: return alert.ALERT_CERTIFICATE_UNKNOWN;
		default: return alert.ALERT_BAD_CERTIFICATE;
	}
}
