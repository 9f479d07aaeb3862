import type { Calendar } from "../ports/calendar.js";
import type { Crypto } from "../ports/crypto.js";
import type { KeyLog } from "../ports/key-log.js";
import type { Random } from "../ports/random.js";
import type { ClientCertificate } from "./client-certificate.js";
import type { Session } from "./session.js";

export interface HandshakeOptions {
	readonly crypto: Crypto;
	readonly random: Random;
	readonly calendar: Calendar;
	/** DNS name or dotted IPv4 address; the server's certificate must name it. */
	readonly serverName: string;
	readonly alpn: string;
	/** CA certificates, DER. */
	readonly roots: readonly Uint8Array[];
	/** Body of the quic_transport_parameters extension (RFC 9001 §8.2); undefined: the handshake runs over TCP. */
	readonly transportParameters?: Uint8Array | undefined;
	/** For a server that asks for one. Default: it is told that there is none. */
	readonly certificate?: ClientCertificate | undefined;
	/** OCSP_*, what a stapled OCSP response is worth. Default: OCSP_IF_STAPLED. */
	readonly ocsp?: number | undefined;
	readonly keyLog?: KeyLog | undefined;
	/** GROUP_*, the preferred one first. Default: X25519, P-256. */
	readonly groups?: readonly number[] | undefined;
	/** The groups that a key share is sent for at once. Default: all of `groups`. */
	readonly shares?: readonly number[] | undefined;
	/** Cipher suites, the preferred one first. Default: AES-128-GCM, ChaCha20-Poly1305, AES-256-GCM. */
	readonly suites?: readonly number[] | undefined;
	/** Asks for session tickets, which SESSION then tells of. Default: where there is a session. */
	readonly wantsTickets?: boolean | undefined;
	/** To be resumed, where it is still fresh. It may be offered once: the caller keeps no second copy. */
	readonly session?: Session | undefined;
	/** Announces early data where the session allows it: EARLY_KEYS follows `start`. */
	readonly earlyData?: boolean | undefined;
}
