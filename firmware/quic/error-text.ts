/** Why a connection ended, in words for the log. */
import { ALERT_NO_APPLICATION_PROTOCOL, alertText, clientCertificateText } from "../tls/alert.js";
import { CRYPTO_ERROR } from "./transport-error.js";

const NAMES = Object.freeze([
	"NO_ERROR", "INTERNAL_ERROR", "CONNECTION_REFUSED", "FLOW_CONTROL_ERROR", "STREAM_LIMIT_ERROR", "STREAM_STATE_ERROR",
	"FINAL_SIZE_ERROR", "FRAME_ENCODING_ERROR", "TRANSPORT_PARAMETER_ERROR", "CONNECTION_ID_LIMIT_ERROR",
	"PROTOCOL_VIOLATION", "INVALID_TOKEN", "APPLICATION_ERROR", "CRYPTO_BUFFER_EXCEEDED", "KEY_UPDATE_ERROR",
	"AEAD_LIMIT_REACHED", "NO_VIABLE_PATH", "VERSION_NEGOTIATION_ERROR",
]);

/** MsQuic (EMQX, NanoMQ) sends it for APPLICATION_ERROR, as when its application closes a connection in the handshake. */
const INVALID_TOKEN = 0x0b;

const PHRASE_MAX = 120;

/** `code` of CONNECTION_CLOSE, `detail` from our side or the peer's phrase ("": none); `alpn` was asked for. */
export function closeText(code: number, isApplication: boolean, byPeer: boolean, detail: string, alpn: string): string {
	if (isApplication)
		return join(`application error 0x${code.toString(16)}`, detail);
	if (code >= CRYPTO_ERROR && code < CRYPTO_ERROR + 0x100)
		return cryptoText(code, byPeer, detail, alpn);
	const name = code === INVALID_TOKEN ? "INVALID_TOKEN, or the server's application refuses (MsQuic says both so)" : NAMES[code];
	return join(name === undefined ? `transport error 0x${code.toString(16)}` : name, detail);
}

function cryptoText(code: number, byPeer: boolean, detail: string, alpn: string): string {
	const alert = code - CRYPTO_ERROR;
	const text = alertText(alert);
	const colon = text.indexOf(":");
	const name = `CRYPTO_ERROR 0x${code.toString(16)} ${colon < 0 ? text : text.slice(0, colon)}`;
	if (alert === ALERT_NO_APPLICATION_PROTOCOL)
		return join(join(name, `the server does not speak ALPN "${alpn}"`), detail, " ");
	const certificate = byPeer ? clientCertificateText(alert) : "";
	if (certificate !== "")
		return join(join(name, certificate), detail, " ");
	if (detail !== "")
		return join(name, detail);
	return colon < 0 ? name : join(name, text.slice(colon + 2));
}

function join(text: string, detail: string, separator = ": "): string {
	return detail === "" ? text : separator === " " ? `${text} (${detail})` : text + separator + detail;
}

/** A peer's reason phrase as printable ASCII of at most 120 characters: what a stranger sends must not write the log. */
export function phraseText(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	for (let i = at; i < end && text.length < PHRASE_MAX; i++)
		text += bytes[i]! >= 0x20 && bytes[i]! < 0x7f ? String.fromCharCode(bytes[i]!) : "?";
	return text;
}
