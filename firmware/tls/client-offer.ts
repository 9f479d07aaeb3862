import { GROUP_P256, GROUP_X25519 } from "../ports/crypto.js";
import { AlertError, ALERT_ILLEGAL_PARAMETER, ALERT_UNEXPECTED_MESSAGE } from "./alert.js";
import { CIPHER_SUITES, cipherSuite, type CipherSuite } from "./cipher-suite.js";
import { encodeClientHello } from "./client-hello.js";
import type { Offered } from "./extension.js";
import type { HandshakeKeys } from "./handshake-keys.js";
import type { HandshakeOptions } from "./handshake-options.js";
import type { ServerHello } from "./server-hello.js";
import { isFresh, obfuscatedAge, type Session } from "./session.js";
import { type Host, parseHost } from "./x509/host-name.js";
import { OCSP_OFF } from "./x509/ocsp.js";

/** Without QUIC: a session id, so that middleboxes take the connection for a resumed TLS 1.2 (RFC 8446 §D.4). */
const SESSION_ID_LENGTH = 32;

const DEFAULT_GROUPS: readonly number[] = Object.freeze([GROUP_X25519, GROUP_P256]);
const DEFAULT_SUITES: readonly number[] = Object.freeze(CIPHER_SUITES.map(suite => suite.id));

/** What the ClientHello offers, and whether the server's choice is among it (RFC 8446 §4.1). */
export class ClientOffer implements Offered {
	readonly host: Host;
	readonly isQuic: boolean;
	readonly wantsTickets: boolean;
	readonly wantsStatus: boolean;
	/** The one that the last ClientHello offered; after the ServerHello the one that is resumed. */
	session: Session | undefined = undefined;
	/** The last ClientHello announced early data. */
	isEarly = false;
	/** A HelloRetryRequest has come. */
	isRetried = false;
	/** None over QUIC (RFC 9001 §8.4: no middlebox compatibility mode). */
	readonly sessionId: Uint8Array | undefined;
	readonly options: HandshakeOptions;
	readonly keys: HandshakeKeys;
	readonly groups: readonly number[];
	readonly suites: readonly number[];

	constructor(options: HandshakeOptions, keys: HandshakeKeys) {
		this.options = options;
		this.keys = keys;
		this.host = parseHost(options.serverName);
		this.isQuic = options.transportParameters !== undefined;
		this.wantsTickets = options.wantsTickets === true || options.session !== undefined;
		this.wantsStatus = options.ocsp !== OCSP_OFF;
		this.groups = options.groups ?? DEFAULT_GROUPS;
		this.suites = options.suites ?? DEFAULT_SUITES;
		this.sessionId = this.isQuic ? undefined : new Uint8Array(SESSION_ID_LENGTH);
		if (this.sessionId !== undefined)
			options.random.fill(this.sessionId);
	}

	/** Returns the first ClientHello. */
	start(): Uint8Array {
		const calendar = this.options.calendar, session = this.options.session, keys = this.keys;
		keys.offer(this.options.shares ?? this.groups);
		if (session !== undefined && calendar.isSet && isFresh(session, calendar.seconds()) && this.suites.includes(session.suite)) {
			this.session = session;
			this.isEarly = this.options.earlyData === true && session.maxEarlyData > 0;
			keys.resume(cipherSuite(session.suite)!, session.secret);
		}
		const hello = this.#encode(undefined);
		if (this.isEarly)
			keys.deriveEarly();
		return hello;
	}

	/** Takes a HelloRetryRequest, `whole` (RFC 8446 §4.1.4); returns the second ClientHello. `first`: the first one. */
	retry(whole: Uint8Array, hello: ServerHello, first: Uint8Array): Uint8Array {
		const keys = this.keys, group = hello.group;
		const suite = this.#suiteOf(hello);
		if (this.isRetried)
			throw new AlertError(ALERT_UNEXPECTED_MESSAGE, "second HelloRetryRequest");
		if (group === -1 && hello.cookie === undefined)
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, "HelloRetryRequest would change nothing");
		if (group !== -1 && (keys.isOffered(group) || !this.groups.includes(group)))
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, `HelloRetryRequest for group ${group}, which it has or was not offered`);
		this.isRetried = true;
		// RFC 8446 §4.2.10: a client "MUST NOT include the "early_data" extension in its followup ClientHello"; §4.1.4: it
		// should leave out a pre-shared key whose hash is not the suite's.
		this.isEarly = false;
		if (keys.suite?.hash !== suite.hash)
			this.session = undefined;
		keys.begin(suite, first);
		keys.retry();
		keys.absorb(whole, 0, whole.length);
		// RFC 8446 §4.1.2: "the same ClientHello without modification", but for the key share where one is asked for.
		if (group !== -1)
			keys.offer([group]);
		return this.#encode(hello.cookie);
	}

	/** Takes a ServerHello, `whole`, up to the handshake secrets. `first`: the first ClientHello, where there was no retry. */
	accept(whole: Uint8Array, hello: ServerHello, first: Uint8Array): void {
		const keys = this.keys, group = hello.group, identity = hello.identity;
		const suite = this.#suiteOf(hello);
		if (this.isRetried && suite !== keys.suite)
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, "suite changed after HelloRetryRequest");
		// RFC 8446 §4.2.11: the identity is within the range that was offered, and the suite's hash is the key's.
		if (identity > 0 || identity === 0 && suite.hash !== keys.suite!.hash)
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, "the session was not offered, or has another hash");
		if (identity === -1 && this.session !== undefined) {
			this.session = undefined;
			keys.dropSession();
		}
		keys.begin(suite, first);
		if (!keys.isOffered(group))
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, `group ${group}, which no key share was sent for`);
		if (!keys.agree(group, hello.share))
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, "invalid key share");
		keys.absorb(whole, 0, whole.length);
		keys.deriveHandshake();
	}

	#suiteOf({ suite }: ServerHello): CipherSuite {
		const known = this.suites.includes(suite) ? cipherSuite(suite) : undefined;
		if (known === undefined)
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, `suite ${suite} was not offered`);
		return known;
	}

	#encode(cookie: Uint8Array | undefined): Uint8Array {
		const session = this.session, hello = encodeClientHello(this, cookie, session === undefined ? 0 : obfuscatedAge(session, this.options.calendar.seconds()));
		if (session !== undefined)
			this.keys.bind(hello);
		else if (this.isRetried)
			this.keys.absorb(hello, 0, hello.length);
		return hello;
	}
}
