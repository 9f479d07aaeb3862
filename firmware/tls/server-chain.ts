import * as alert from "./alert.js";
import { CertificateError, FAULT_CLOCK, FAULT_EXPIRED, FAULT_REVOKED, FAULT_STATUS, FAULT_UNSUPPORTED, FAULT_UNTRUSTED } from "./x509/certificate-error.js";

/** What is to be thrown for an error of `verifyPath`: the alert that RFC 8446 §6.2 has for a certificate's fault. */
export function chainError(error: unknown): unknown {
	return error instanceof CertificateError ? new alert.AlertError(alertOf(error.fault), error.message) : error;
}

function alertOf(fault: number): number {
	switch (fault) {
		case FAULT_UNSUPPORTED: return alert.ALERT_UNSUPPORTED_CERTIFICATE;
		case FAULT_EXPIRED: return alert.ALERT_CERTIFICATE_EXPIRED;
		case FAULT_UNTRUSTED: return alert.ALERT_UNKNOWN_CA;
		case FAULT_REVOKED: return alert.ALERT_CERTIFICATE_REVOKED;
		case FAULT_STATUS: return alert.ALERT_BAD_CERTIFICATE_STATUS_RESPONSE;
		case FAULT_CLOCK: return alert.ALERT_CERTIFICATE_UNKNOWN;
		default: return alert.ALERT_BAD_CERTIFICATE;
	}
}
