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

function isExpected(state: number, type: number): boolean {
	switch (state) {
		case STATE_SERVER_HELLO: return type === message.MESSAGE_SERVER_HELLO;
		case STATE_ENCRYPTED_EXTENSIONS: return type === message.MESSAGE_ENCRYPTED_EXTENSIONS;
		case STATE_REQUEST_OR_CERTIFICATE: return type === message.MESSAGE_CERTIFICATE_REQUEST || type === message.MESSAGE_CERTIFICATE;
		case STATE_CERTIFICATE: return type === message.MESSAGE_CERTIFICATE;
		case STATE_CERTIFICATE_VERIFY: return type === message.MESSAGE_CERTIFICATE_VERIFY;
		case STATE_FINISHED: return type === message.MESSAGE_FINISHED;
		case STATE_CONNECTED: return type === message.MESSAGE_NEW_SESSION_TICKET;
		default: return false;
	}
}
