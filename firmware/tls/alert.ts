/** TLS alerts (RFC 8446 §6). Over QUIC an alert travels as CRYPTO_ERROR 0x100 + code (RFC 9001 §4.8). */

export const ALERT_UNEXPECTED_MESSAGE = 10;
export const ALERT_BAD_RECORD_MAC = 20;
export const ALERT_RECORD_OVERFLOW = 22;
export const ALERT_HANDSHAKE_FAILURE = 40;
export const ALERT_BAD_CERTIFICATE = 42;
export const ALERT_UNSUPPORTED_CERTIFICATE = 43;
export const ALERT_CERTIFICATE_REVOKED = 44;
export const ALERT_CERTIFICATE_EXPIRED = 45;
export const ALERT_CERTIFICATE_UNKNOWN = 46;
export const ALERT_ILLEGAL_PARAMETER = 47;
export const ALERT_UNKNOWN_CA = 48;
export const ALERT_ACCESS_DENIED = 49;
export const ALERT_DECODE_ERROR = 50;
export const ALERT_DECRYPT_ERROR = 51;
export const ALERT_PROTOCOL_VERSION = 70;
export const ALERT_INSUFFICIENT_SECURITY = 71;
export const ALERT_INTERNAL_ERROR = 80;
export const ALERT_USER_CANCELED = 90;
export const ALERT_MISSING_EXTENSION = 109;
export const ALERT_UNSUPPORTED_EXTENSION = 110;
export const ALERT_UNRECOGNIZED_NAME = 112;
export const ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113;
export const ALERT_CERTIFICATE_REQUIRED = 116;
export const ALERT_NO_APPLICATION_PROTOCOL = 120;

/** The handshake must end: `alert` goes to the peer, `reason` to the log. */
export class AlertError extends Error {
	readonly alert: number;
	readonly reason: string;

	constructor(alert: number, reason: string) {
		super(reason);
		this.alert = alert;
		this.reason = reason;
	}
}

/** What a peer's alert means, in words that tell the user where to look. */
export function alertText(alert: number): string {
	switch (alert) {
		case 0: return "close_notify";
		case ALERT_UNEXPECTED_MESSAGE: return "unexpected_message";
		case ALERT_BAD_RECORD_MAC: return "bad_record_mac";
		case ALERT_RECORD_OVERFLOW: return "record_overflow";
		case ALERT_HANDSHAKE_FAILURE: return "handshake_failure: no cipher suite, group or signature scheme in common";
		case ALERT_BAD_CERTIFICATE: return "bad_certificate: the certificate was refused";
		case ALERT_UNSUPPORTED_CERTIFICATE: return "unsupported_certificate: the certificate is of a kind that is not supported";
		case ALERT_CERTIFICATE_REVOKED: return "certificate_revoked";
		case ALERT_CERTIFICATE_EXPIRED: return "certificate_expired";
		case ALERT_CERTIFICATE_UNKNOWN: return "certificate_unknown: the certificate was not accepted";
		case ALERT_ILLEGAL_PARAMETER: return "illegal_parameter";
		case ALERT_UNKNOWN_CA: return "unknown_ca: the certificate's CA is not trusted";
		case ALERT_ACCESS_DENIED: return "access_denied";
		case ALERT_DECODE_ERROR: return "decode_error";
		case ALERT_DECRYPT_ERROR: return "decrypt_error: a signature or a Finished message did not verify";
		case ALERT_PROTOCOL_VERSION: return "protocol_version: TLS 1.3 is not supported";
		case ALERT_INSUFFICIENT_SECURITY: return "insufficient_security";
		case ALERT_INTERNAL_ERROR: return "internal_error";
		case ALERT_USER_CANCELED: return "user_canceled";
		case ALERT_MISSING_EXTENSION: return "missing_extension";
		case ALERT_UNSUPPORTED_EXTENSION: return "unsupported_extension";
		case ALERT_UNRECOGNIZED_NAME: return "unrecognized_name: the server does not know the host name";
		case ALERT_BAD_CERTIFICATE_STATUS_RESPONSE: return "bad_certificate_status_response";
		case ALERT_CERTIFICATE_REQUIRED: return "certificate_required: the server wants a client certificate";
		case ALERT_NO_APPLICATION_PROTOCOL: return "no_application_protocol: the server does not speak the application protocol (ALPN) that was asked for";
		default: return `alert ${alert}`;
	}
}

/** The same of an alert from a server that can only be about the client's certificate, or its lack; "" for others.
 *  Under TLS 1.3 it comes when the client has finished the handshake. */
export function clientCertificateText(alert: number): string {
	switch (alert) {
		case ALERT_BAD_CERTIFICATE: return "the server refuses the client certificate";
		case ALERT_UNSUPPORTED_CERTIFICATE: return "the server refuses the client certificate: it does not take its kind";
		case ALERT_CERTIFICATE_REVOKED: return "the server refuses the client certificate: it was revoked";
		case ALERT_CERTIFICATE_EXPIRED: return "the server refuses the client certificate: it has expired, or is not valid yet";
		case ALERT_CERTIFICATE_UNKNOWN: return "the server refuses the client certificate: it does not say why";
		case ALERT_UNKNOWN_CA: return "the server refuses the client certificate: it does not trust its CA";
		case ALERT_CERTIFICATE_REQUIRED: return "the server wants a client certificate, and got none";
		default: return "";
	}
}
