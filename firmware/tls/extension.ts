import type { Reader } from "./reader.js";
import { AlertError, ALERT_ILLEGAL_PARAMETER, ALERT_UNSUPPORTED_EXTENSION } from "./alert.js";
import type { Session } from "./session.js";
import type { Host } from "./x509/host-name.js";

/** Extension types (RFC 8446 §4.2, RFC 7301, RFC 9001 §8.2). */
export const EXTENSION_SERVER_NAME = 0;
export const EXTENSION_STATUS_REQUEST = 5;
export const EXTENSION_SUPPORTED_GROUPS = 10;
export const EXTENSION_SIGNATURE_ALGORITHMS = 13;
export const EXTENSION_ALPN = 16;
export const EXTENSION_PRE_SHARED_KEY = 41;
export const EXTENSION_EARLY_DATA = 42;
export const EXTENSION_SUPPORTED_VERSIONS = 43;
export const EXTENSION_COOKIE = 44;
export const EXTENSION_PSK_KEY_EXCHANGE_MODES = 45;
export const EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50;
export const EXTENSION_KEY_SHARE = 51;
export const EXTENSION_QUIC_TRANSPORT_PARAMETERS = 57;

/** Bits of the types below 32, and of those from 32 on. */
const KNOWN_LOW = 1 << EXTENSION_SERVER_NAME | 1 << EXTENSION_STATUS_REQUEST | 1 << EXTENSION_SUPPORTED_GROUPS | 1 << EXTENSION_SIGNATURE_ALGORITHMS | 1 << EXTENSION_ALPN;
const KNOWN_HIGH = 1 << EXTENSION_PRE_SHARED_KEY - 32 | 1 << EXTENSION_EARLY_DATA - 32 | 1 << EXTENSION_SUPPORTED_VERSIONS - 32 | 1 << EXTENSION_COOKIE - 32
	| 1 << EXTENSION_PSK_KEY_EXCHANGE_MODES - 32 | 1 << EXTENSION_SIGNATURE_ALGORITHMS_CERT - 32 | 1 << EXTENSION_KEY_SHARE - 32 | 1 << EXTENSION_QUIC_TRANSPORT_PARAMETERS - 32;

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

/** What a ClientHello says that not every one says. */
export interface Offered {
	readonly host: Host;
	readonly isQuic: boolean;
	readonly wantsTickets: boolean;
	readonly wantsStatus: boolean;
	readonly session: Session | undefined;
	readonly isEarly: boolean;
	readonly sessionId: Uint8Array | undefined;
}

/** True for an extension that this client knows: it may come only where it belongs. */
export function isKnown(type: number): boolean {
	return type < 64 && ((type < 32 ? KNOWN_LOW : KNOWN_HIGH) >> (type & 31) & 1) === 1;
}

/** True where the ClientHello carries that extension. */
export function isOffered(type: number, offered: Offered): boolean {
	switch (type) {
		case EXTENSION_SERVER_NAME: return offered.host.dns !== undefined;
		case EXTENSION_STATUS_REQUEST: return offered.wantsStatus;
		case EXTENSION_PRE_SHARED_KEY: return offered.session !== undefined;
		case EXTENSION_EARLY_DATA: return offered.isEarly;
		case EXTENSION_COOKIE: return false;
		case EXTENSION_PSK_KEY_EXCHANGE_MODES: return offered.wantsTickets;
		case EXTENSION_QUIC_TRANSPORT_PARAMETERS: return offered.isQuic;
		default: return isKnown(type);
	}
}

/** Refuses an extension that may not come where it came: with one alert where it was offered (`offered` undefined: any that is known), with
 *  another where not. */
export function misplaced(type: number, offered?: Offered): AlertError {
	return offered === undefined || isOffered(type, offered) ? new AlertError(ALERT_ILLEGAL_PARAMETER, `extension ${type} does not belong there`)
		: new AlertError(ALERT_UNSUPPORTED_EXTENSION, `extension ${type} was not asked for`);
}

/** Walks the extension block that `reader` stands at; refuses a type that comes twice.
 *  RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block." */
export class ExtensionReader {
	type = 0;
	body: Reader;
	#block: Reader;
	#seen: number[] = [];

	constructor(reader: Reader) {
		this.#block = reader.vector(2);
		this.body = this.#block;
	}

	/** Moves on to the next extension; false at the end. */
	next(): boolean {
		if (this.#block.atEnd)
			return false;
		this.type = this.#block.number(2);
		this.body = this.#block.vector(2);
		if (this.#seen.includes(this.type))
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, `extension ${this.type} twice`);
		this.#seen.push(this.type);
		return true;
	}
}
