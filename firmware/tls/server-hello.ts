import * as extension from "./extension.js";
import { Reader } from "./reader.js";
import { equalConstantTime } from "./key-schedule.js";
import { hexText } from "./x509/oid.js";
import { AlertError, ALERT_ILLEGAL_PARAMETER, ALERT_MISSING_EXTENSION, ALERT_PROTOCOL_VERSION } from "./alert.js";

/** SHA-256 of "HelloRetryRequest": the random that makes a ServerHello one (RFC 8446 §4.1.3). */
const RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";
/** The last eight bytes of the random of a server that could do TLS 1.3 but was made to speak less. */
const DOWNGRADE_TLS12 = "444f574e47524401";
const DOWNGRADE_TLS11 = "444f574e47524400";

/** A ServerHello or HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4) that has passed every check that needs no state. */
export interface ServerHello {
	readonly isRetry: boolean;
	readonly suite: number;
	/** The selected group; -1 in a HelloRetryRequest without a key share. */
	readonly group: number;
	/** The server's key share; empty in a HelloRetryRequest. */
	readonly share: Uint8Array;
	/** Of a HelloRetryRequest. */
	readonly cookie: Uint8Array | undefined;
	/** The selected identity of pre_shared_key; -1 without. */
	readonly identity: number;
}

/** Parses the message body that `reader` stands at. Throws AlertError. */
export function parseServerHello(reader: Reader, offered: extension.Offered): ServerHello {
	const legacyVersion = reader.number(2);
	const randomAt = reader.skip(32);
	const echo = reader.vector(1).rest();
	const suite = reader.number(2);
	const compression = reader.number(1);
	const random = hexText(reader.bytes, randomAt, randomAt + 32), isRetry = random === RETRY_RANDOM;
	let version = -1, foreign = -1, group = -1, identity = -1, share: Uint8Array = new Uint8Array(0), cookie: Uint8Array | undefined;
	// A ServerHello of TLS 1.2 may end here.
	if (!reader.atEnd) {
		const extensions = new extension.ExtensionReader(reader);
		while (extensions.next()) {
			const body = extensions.body;
			switch (extensions.type) {
				case extension.EXTENSION_SUPPORTED_VERSIONS:
					version = body.number(2);
					break;
				case extension.EXTENSION_KEY_SHARE:
					group = body.number(2);
					if (!isRetry)
						share = body.vector(2).rest();
					break;
				case extension.EXTENSION_COOKIE:
					cookie = readCookie(body, isRetry);
					break;
				case extension.EXTENSION_PRE_SHARED_KEY:
					if (isRetry || offered.session === undefined)
						throw extension.misplaced(extensions.type, offered);
					identity = body.number(2);
					break;
				default:
					foreign = extensions.type;
					body.rest();
			}
			body.finish("an extension");
		}
	}
	reader.finish("ServerHello");
	checkVersion(version, legacyVersion, random.slice(48));
	if (foreign !== -1)
		throw extension.misplaced(foreign, offered);
	// RFC 8446 §4.1.3: "A client which receives a legacy_session_id_echo field that does not match what it sent in
	// the ClientHello MUST abort the handshake with an "illegal_parameter" alert."
	if (offered.sessionId === undefined ? echo.length > 0 : !equalConstantTime(echo, offered.sessionId))
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "another session id");
	if (compression !== 0)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "compression");
	if (group === -1 && !isRetry)
		throw new AlertError(ALERT_MISSING_EXTENSION, "no key share");
	return { isRetry, suite, group, share, cookie, identity };
}

function readCookie(body: Reader, isRetry: boolean): Uint8Array {
	if (!isRetry)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "cookie outside of HelloRetryRequest");
	const cookie = body.vector(2).rest();
	if (cookie.length === 0)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "empty cookie");
	return cookie;
}

function checkVersion(version: number, legacyVersion: number, sentinel: string): void {
	if (version === -1) {
		// RFC 8446 §4.1.3: clients "MUST check that the last 8 bytes are not equal to either of these values".
		if (sentinel === DOWNGRADE_TLS12 || sentinel === DOWNGRADE_TLS11)
			throw new AlertError(ALERT_ILLEGAL_PARAMETER, "downgrade to an older TLS version");
		throw new AlertError(ALERT_PROTOCOL_VERSION, "the server does not speak TLS 1.3");
	}
	if (version !== 0x0304 || legacyVersion !== 0x0303)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, `TLS version ${version} (${legacyVersion}) was not offered`);
}
