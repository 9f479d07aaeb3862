/** TLS alerts (RFC 8446 §6). Over QUIC an alert travels as CRYPTO_ERROR 0x100 + code (RFC 9001 §4.8). */

export const ALERT_UNEXPECTED_MESSAGE = 10;
export const ALERT_BAD_RECORD_MAC = 20;
export const ALERT_RECORD_OVERFLOW = 22;
export const ALERT_BAD_CERTIFICATE = 42;
export const ALERT_UNSUPPORTED_CERTIFICATE = 43;
export const ALERT_CERTIFICATE_REVOKED = 44;
export const ALERT_CERTIFICATE_EXPIRED = 45;
export const ALERT_CERTIFICATE_UNKNOWN = 46;
export const ALERT_ILLEGAL_PARAMETER = 47;
export const ALERT_UNKNOWN_CA = 48;
export const ALERT_DECODE_ERROR = 50;
export const ALERT_DECRYPT_ERROR = 51;
export const ALERT_PROTOCOL_VERSION = 70;
export const ALERT_INTERNAL_ERROR = 80;
export const ALERT_USER_CANCELED = 90;
export const ALERT_MISSING_EXTENSION = 109;
export const ALERT_UNSUPPORTED_EXTENSION = 110;
export const ALERT_BAD_CERTIFICATE_STATUS_RESPONSE = 113;
export const ALERT_CERTIFICATE_REQUIRED = 116;
export const ALERT_NO_APPLICATION_PROTOCOL = 120;

/** The handshake must end: `alert` goes to the peer, the message to the log. */
export class AlertError extends Error {
	readonly alert: number;

	constructor(alert: number, message: string) {
		super(message);
		this.alert = alert;
	}
}

/** By number; some with words that tell the user where to look. */
const NAMES = `
0:close_notify
10:unexpected_message
20:bad_record_mac
22:record_overflow
40:handshake_failure: nothing in common
42:bad_certificate
43:unsupported_certificate
44:certificate_revoked
45:certificate_expired
46:certificate_unknown
47:illegal_parameter
48:unknown_ca
49:access_denied
50:decode_error
51:decrypt_error: a signature or a Finished message did not verify
70:protocol_version: TLS 1.3 is not supported
71:insufficient_security
80:internal_error
90:user_canceled
109:missing_extension
110:unsupported_extension
112:unrecognized_name: the server does not know the host name
113:bad_certificate_status_response
116:certificate_required
120:no_application_protocol: the server does not speak that ALPN
`;

/** Of a server they can only be about the client's certificate. */
const ABOUT_CERTIFICATE = `
42:
43:: it does not take its kind
44:: it was revoked
45:: it has expired, or is not valid yet
46:: it does not say why
48:: it does not trust its CA
`;

/** What a peer's alert means. */
export function alertText(alert: number): string {
	return find(NAMES, alert) ?? `alert ${alert}`;
}

/** The same of an alert from a server that can only be about the client's certificate, or its lack; "" for others.
 *  Under TLS 1.3 it comes when the client has finished the handshake. */
export function clientCertificateText(alert: number): string {
	if (alert === ALERT_CERTIFICATE_REQUIRED)
		return "the server wants a client certificate, and got none";
	const text = find(ABOUT_CERTIFICATE, alert);
	return text === undefined ? "" : "the server refuses the client certificate" + text;
}

function find(lines: string, alert: number): string | undefined {
	const start = `\n${alert}:`, at = lines.indexOf(start);
	return at < 0 ? undefined : lines.slice(at + start.length, lines.indexOf("\n", at + 1));
}
