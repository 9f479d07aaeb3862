import type { Reader } from "./reader.js";
import { AlertError, ALERT_ILLEGAL_PARAMETER } from "./alert.js";

/** Extension types (RFC 8446 §4.2, RFC 7301, RFC 9001 §8.2). */
export const EXTENSION_SERVER_NAME = 0;
export const EXTENSION_SUPPORTED_GROUPS = 10;
export const EXTENSION_SIGNATURE_ALGORITHMS = 13;
export const EXTENSION_ALPN = 16;
export const EXTENSION_SUPPORTED_VERSIONS = 43;
export const EXTENSION_COOKIE = 44;
export const EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50;
export const EXTENSION_KEY_SHARE = 51;
export const EXTENSION_QUIC_TRANSPORT_PARAMETERS = 57;

/** Handshake messages (RFC 8446 §4). */
export const MESSAGE_CLIENT_HELLO = 1;
export const MESSAGE_SERVER_HELLO = 2;
export const MESSAGE_NEW_SESSION_TICKET = 4;
export const MESSAGE_ENCRYPTED_EXTENSIONS = 8;
export const MESSAGE_CERTIFICATE = 11;
export const MESSAGE_CERTIFICATE_REQUEST = 13;
export const MESSAGE_CERTIFICATE_VERIFY = 15;
export const MESSAGE_FINISHED = 20;
export const MESSAGE_KEY_UPDATE = 24;
export const MESSAGE_HASH = 254;

/** True where the ClientHello carries that extension; `withName`: it has a server_name. */
export function isOffered(type: number, withName: boolean): boolean {
	switch (type) {
		case EXTENSION_SERVER_NAME:
			return withName;
		case EXTENSION_SUPPORTED_GROUPS:
		case EXTENSION_SIGNATURE_ALGORITHMS:
		case EXTENSION_ALPN:
		case EXTENSION_SUPPORTED_VERSIONS:
		case EXTENSION_SIGNATURE_ALGORITHMS_CERT:
		case EXTENSION_KEY_SHARE:
		case EXTENSION_QUIC_TRANSPORT_PARAMETERS:
			return true;
		default:
			return false;
	}
}

/** Walks the extension block that `reader` stands at; refuses a type that comes twice.
 *  RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block." */
export class ExtensionReader {
	type = 0;
	body: Reader;
	#block: Reader;
	#seen: number[] = [];

	constructor(reader: Reader) {
		this.#block = reader.vector16();
		this.body = this.#block;
	}

	/** Moves on to the next extension; false at the end. */
	next(): boolean {
		if (this.#block.atEnd)
			return false;
		this.type = this.#block.uint16();
		this.body = this.#block.vector16();
		if (this.#seen.includes(this.type))
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, `the server sent extension ${this.type} twice`);
		this.#seen.push(this.type);
		return true;
	}
}
