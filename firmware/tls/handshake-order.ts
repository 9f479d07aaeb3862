import { AlertError, ALERT_UNEXPECTED_MESSAGE } from "./alert.js";
import * as message from "./extension.js";

/** What the client waits for (RFC 8446 §A.1). */
export const STATE_IDLE = 0;
export const STATE_SERVER_HELLO = 1;
export const STATE_ENCRYPTED_EXTENSIONS = 2;
export const STATE_REQUEST_OR_CERTIFICATE = 3;
export const STATE_CERTIFICATE = 4;
export const STATE_CERTIFICATE_VERIFY = 5;
export const STATE_FINISHED = 6;
export const STATE_CONNECTED = 7;
export const STATE_CLOSED = 8;

/** Throws AlertError where a message of that type may not come in that state. */
export function checkOrder(state: number, type: number, isQuic: boolean): void {
	if (isExpected(state, type) || !isQuic && state === STATE_CONNECTED && type === message.MESSAGE_KEY_UPDATE)
		return;
	// RFC 9001 §6: "Endpoints MUST treat the receipt of a TLS KeyUpdate message as a connection error of type 0x010a".
	if (type === message.MESSAGE_KEY_UPDATE && isQuic)
		throw new AlertError(ALERT_UNEXPECTED_MESSAGE, "KeyUpdate over QUIC");
	if (type === message.MESSAGE_CERTIFICATE_REQUEST && state === STATE_CONNECTED)
		throw new AlertError(ALERT_UNEXPECTED_MESSAGE, "CertificateRequest after the handshake");
	throw new AlertError(ALERT_UNEXPECTED_MESSAGE, `message ${type} out of order`);
}

/** By state, from STATE_SERVER_HELLO to STATE_CONNECTED. */
const EXPECTED: readonly number[] = Object.freeze([
	-1, message.MESSAGE_SERVER_HELLO, message.MESSAGE_ENCRYPTED_EXTENSIONS, message.MESSAGE_CERTIFICATE, message.MESSAGE_CERTIFICATE, message.MESSAGE_CERTIFICATE_VERIFY,
	message.MESSAGE_FINISHED, message.MESSAGE_NEW_SESSION_TICKET,
]);

function isExpected(state: number, type: number): boolean {
	return type === EXPECTED[state] || type === message.MESSAGE_CERTIFICATE_REQUEST && state === STATE_REQUEST_OR_CERTIFICATE;
}
