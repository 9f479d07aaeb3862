import type { Session } from "./session.js";
import { Writer } from "./writer.js";
import * as extension from "./extension.js";
import { SIGNATURE_SCHEMES, CHAIN_SIGNATURE_SCHEMES } from "./signature-scheme.js";

const NOTHING: readonly number[] = Object.freeze([]);
/** ocsp, no responder ids, no extensions (RFC 6066 §8). */
const STATUS_REQUEST: readonly number[] = Object.freeze([1, 0, 0, 0, 0]);
/** psk_dhe_ke alone (RFC 8446 §4.2.9). */
const PSK_WITH_DHE: readonly number[] = Object.freeze([1, 1]);

export interface KeyShare {
	readonly group: number;
	readonly publicKey: Uint8Array;
}

export interface ClientHelloFields {
	/** 32 bytes. */
	readonly random: Uint8Array;
	readonly suites: readonly number[];
	readonly groups: readonly number[];
	readonly shares: readonly KeyShare[];
	/** DNS name for SNI; undefined where the server is addressed by an IP address (RFC 6066 §3). */
	readonly serverName: string | undefined;
	readonly alpn: string;
	/** Empty over QUIC (RFC 9001 §8.4: no middlebox compatibility mode), 32 bytes over TCP (RFC 8446 §D.4). */
	readonly sessionId: Uint8Array;
	/** Over QUIC. */
	readonly transportParameters: Uint8Array | undefined;
	/** Asks for a stapled OCSP response (RFC 6066 §8). */
	readonly wantsStatus: boolean;
	/** Asks for session tickets. */
	readonly wantsTickets: boolean;
	/** To be resumed, under its obfuscated age; the binder is `binderLength` bytes at the message's end, left 0. */
	readonly session: Session | undefined;
	readonly age: number;
	readonly binderLength: number;
	/** Early data follows. */
	readonly isEarly: boolean;
	/** From a HelloRetryRequest. */
	readonly cookie: Uint8Array | undefined;
}

/** The ClientHello with its handshake header (RFC 8446 §4.1.2). About 310 bytes and the lengths of server name,
 *  transport parameters and cookie, so that it fits into one Initial packet. */
export function encodeClientHello(fields: ClientHelloFields): Uint8Array {
	const writer = new Writer(capacity(fields));
	writer.uint8(extension.MESSAGE_CLIENT_HELLO);
	const message = writer.open(3);
	writer.uint16(0x0303);
	writer.data(fields.random);
	writer.uint8(fields.sessionId.length);
	writer.data(fields.sessionId);
	uint16List(writer, fields.suites);
	// legacy_compression_methods: null only.
	writer.uint8(1);
	writer.uint8(0);
	const block = writer.open(2);
	if (fields.serverName !== undefined)
		serverName(writer, fields.serverName);
	supportedVersions(writer);
	listExtension(writer, extension.EXTENSION_SUPPORTED_GROUPS, fields.groups);
	keyShares(writer, fields.shares);
	listExtension(writer, extension.EXTENSION_SIGNATURE_ALGORITHMS, SIGNATURE_SCHEMES);
	listExtension(writer, extension.EXTENSION_SIGNATURE_ALGORITHMS_CERT, CHAIN_SIGNATURE_SCHEMES);
	applicationProtocol(writer, fields.alpn);
	if (fields.wantsStatus)
		rawExtension(writer, extension.EXTENSION_STATUS_REQUEST, STATUS_REQUEST);
	if (fields.transportParameters !== undefined)
		rawExtension(writer, extension.EXTENSION_QUIC_TRANSPORT_PARAMETERS, fields.transportParameters);
	if (fields.cookie !== undefined)
		cookie(writer, fields.cookie);
	if (fields.wantsTickets)
		rawExtension(writer, extension.EXTENSION_PSK_KEY_EXCHANGE_MODES, PSK_WITH_DHE);
	if (fields.isEarly)
		rawExtension(writer, extension.EXTENSION_EARLY_DATA, NOTHING);
	// RFC 8446 §4.2.11: it "MUST be the last extension in the ClientHello".
	if (fields.session !== undefined)
		preSharedKey(writer, fields.session, fields.age, fields.binderLength);
	writer.close(block, 2);
	writer.close(message, 3);
	return writer.finish();
}

function capacity(fields: ClientHelloFields): number {
	let length = 320 + 2 * (fields.suites.length + fields.groups.length) + fields.alpn.length + (fields.transportParameters?.length ?? 0)
		+ (fields.session?.ticket.length ?? 0) + fields.binderLength;
	for (const share of fields.shares)
		length += 4 + share.publicKey.length;
	return length + (fields.serverName ?? "").length + (fields.cookie?.length ?? 0);
}

function serverName(writer: Writer, name: string): void {
	writer.uint16(extension.EXTENSION_SERVER_NAME);
	const body = writer.open(2);
	const list = writer.open(2);
	writer.uint8(0); // host_name
	const host = writer.open(2);
	writer.text(name);
	writer.close(host, 2);
	writer.close(list, 2);
	writer.close(body, 2);
}

function supportedVersions(writer: Writer): void {
	writer.uint16(extension.EXTENSION_SUPPORTED_VERSIONS);
	writer.uint16(3);
	writer.uint8(2);
	writer.uint16(0x0304);
}

function keyShares(writer: Writer, shares: readonly KeyShare[]): void {
	writer.uint16(extension.EXTENSION_KEY_SHARE);
	const body = writer.open(2);
	const list = writer.open(2);
	for (const share of shares) {
		writer.uint16(share.group);
		writer.uint16(share.publicKey.length);
		writer.data(share.publicKey);
	}
	writer.close(list, 2);
	writer.close(body, 2);
}

function applicationProtocol(writer: Writer, alpn: string): void {
	writer.uint16(extension.EXTENSION_ALPN);
	const body = writer.open(2);
	const list = writer.open(2);
	writer.uint8(alpn.length);
	writer.text(alpn);
	writer.close(list, 2);
	writer.close(body, 2);
}

function cookie(writer: Writer, bytes: Uint8Array): void {
	writer.uint16(extension.EXTENSION_COOKIE);
	const body = writer.open(2);
	writer.uint16(bytes.length);
	writer.data(bytes);
	writer.close(body, 2);
}

/** One identity and the room for its binder (RFC 8446 §4.2.11). */
function preSharedKey(writer: Writer, { ticket }: Session, age: number, binderLength: number): void {
	writer.uint16(extension.EXTENSION_PRE_SHARED_KEY);
	const body = writer.open(2);
	writer.uint16(ticket.length + 6);
	writer.uint16(ticket.length);
	writer.data(ticket);
	writer.uint32(age);
	writer.uint16(1 + binderLength);
	writer.uint8(binderLength);
	for (let i = 0; i < binderLength; i++)
		writer.uint8(0);
	writer.close(body, 2);
}

function listExtension(writer: Writer, type: number, values: readonly number[]): void {
	writer.uint16(type);
	const body = writer.open(2);
	uint16List(writer, values);
	writer.close(body, 2);
}

function rawExtension(writer: Writer, type: number, body: ArrayLike<number>): void {
	writer.uint16(type);
	writer.uint16(body.length);
	writer.data(body);
}

function uint16List(writer: Writer, values: readonly number[]): void {
	writer.uint16(2 * values.length);
	for (const value of values)
		writer.uint16(value);
}
