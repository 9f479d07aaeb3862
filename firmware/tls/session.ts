import type { Crypto } from "../ports/crypto.js";
import { TLS_TICKET_MAX } from "../config.js";
import { AlertError, ALERT_DECODE_ERROR, ALERT_ILLEGAL_PARAMETER } from "./alert.js";
import type { CipherSuite } from "./cipher-suite.js";
import { EXTENSION_EARLY_DATA, ExtensionReader, isKnown, misplaced } from "./extension.js";
import { hashLength, hkdfExpandLabel } from "./hkdf.js";
import type { Reader } from "./reader.js";

/** What a connection can be resumed with (RFC 8446 §2.2): a ticket, and what it stands for. */
export interface Session {
	ticket: Uint8Array;
	/** The pre-shared key; as long as the suite's digest. */
	secret: Uint8Array;
	suite: number;
	ageAdd: number;
	/** s, at most seven days. */
	lifetime: number;
	/** s since 1970. */
	received: number;
	/** s since 1970: when the certificate that the server has shown expires, and the session with it. */
	until: number;
	/** Bytes of early data that the server takes; 0: none. */
	maxEarlyData: number;
	/** Opaque to TLS: QUIC's remembered transport parameters. */
	transport: Uint8Array;
}

/** RFC 8446 §4.6.1: "Servers MUST NOT use any value greater than 604800 seconds (7 days)." */
const LIFETIME_MAX = 604800;

/** What makes sessions of the tickets of one connection. */
export interface TicketKeys {
	readonly crypto: Crypto;
	readonly suite: CipherSuite;
	/** The resumption master secret. */
	readonly secret: Uint8Array;
	/** As in Session. */
	readonly until: number;
}

/** Reads the NewSessionTicket that `reader` stands at (RFC 8446 §4.6.1). `received`: as in Session.
 *  Undefined where the ticket is not to be kept: without `keys`, where its lifetime is 0, or it is longer than TLS_TICKET_MAX. Throws AlertError. */
export function readSession(reader: Reader, keys: TicketKeys | undefined, received: number): Session | undefined {
	const lifetime = reader.number(4), ageAdd = reader.number(4);
	const nonce = reader.vector(1).rest(), ticket = reader.vector(2);
	if (ticket.remaining === 0)
		throw new AlertError(ALERT_DECODE_ERROR, "empty ticket");
	let maxEarlyData = 0;
	const extensions = new ExtensionReader(reader);
	while (extensions.next())
		if (extensions.type === EXTENSION_EARLY_DATA) {
			maxEarlyData = extensions.body.number(4);
			extensions.body.finish("early_data");
		}
		else if (isKnown(extensions.type))
			throw misplaced(extensions.type);
	reader.finish("NewSessionTicket");
	if (lifetime > LIFETIME_MAX)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "a ticket for more than seven days");
	if (lifetime === 0 || ticket.remaining > TLS_TICKET_MAX || keys === undefined)
		return undefined;
	const suite = keys.suite, until = keys.until, secret = hkdfExpandLabel(keys.crypto, suite.hash, keys.secret, "resumption", nonce, hashLength(suite.hash));
	return { ticket: ticket.rest(), secret, suite: suite.id, ageAdd, lifetime, received, until, maxEarlyData, transport: new Uint8Array(0) };
}

/** Whether a session may be offered `now` (s since 1970): within its lifetime and its certificate's, by a clock that was not
 *  set back. */
export function isFresh(session: Session, now: number): boolean {
	return now >= session.received && now - session.received < session.lifetime && now <= session.until;
}

/** obfuscated_ticket_age (RFC 8446 §4.2.11.1), uint32. */
export function obfuscatedAge(session: Session, now: number): number {
	return ((now - session.received) * 1000 + session.ageAdd) % 0x100000000;
}

export function wipeSession(session: Session): void {
	session.secret.fill(0);
	session.ticket.fill(0);
}
