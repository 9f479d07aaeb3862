/** A client and a TestServer under tests, and what they are told to say. */
import { crypto, random } from "#hal";
import { deepEqual, equal, hex, ok, throws } from "#test";
import { GROUP_X25519 } from "../../../firmware/ports/crypto.js";
import { AlertError } from "../../../firmware/tls/alert.js";
import { APPLICATION_KEYS, ClientHandshake, HANDSHAKE_COMPLETE, HANDSHAKE_KEYS, HANDSHAKE_NONE, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../../firmware/tls/client-handshake.js";
import type { HandshakeOptions } from "../../../firmware/tls/handshake-options.js";
import { CALENDAR, certificates } from "./certificates.js";
import { concat, text } from "./der-writer.js";
import { P256Key } from "./p256.js";
import { extension, message, type ServerOptions, TestServer, u16, vector16, vector8 } from "./test-server.js";

export const key = new P256Key(crypto, "leaf");
export const PARAMETERS = new Uint8Array([0x0f, 0x00]);
export const OPTIONS: HandshakeOptions = { crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root"), transportParameters: PARAMETERS };
export const SERVER: ServerOptions = { crypto, chain: certificates("leaf"), sign: content => key.sign(content) };

export function started(options: Partial<HandshakeOptions> = {}): ClientHandshake {
	const client = new ClientHandshake({ ...OPTIONS, ...options });
	client.start();
	return client;
}

export function sent(client: ClientHandshake, level: number, limit = 4096): Uint8Array {
	const into = new Uint8Array(limit);
	return into.slice(0, client.pollTransmit(level, into, 0, limit));
}

export function give(client: ClientHandshake, level: number, bytes: Uint8Array): void {
	equal(client.receive(level, bytes, 0, bytes.length), bytes.length);
}

/** Runs a handshake up to its end; returns both sides. */
export function run(options: Partial<HandshakeOptions> = {}, serverOptions: Partial<ServerOptions> = {}): { client: ClientHandshake; server: TestServer } {
	const client = started(options), server = new TestServer({ ...SERVER, ...serverOptions });
	give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
	equal(client.pollEvent(), HANDSHAKE_KEYS);
	deepEqual(client.clientSecret, server.clientHandshakeSecret);
	deepEqual(client.serverSecret, server.serverHandshakeSecret);
	for (const each of server.flight())
		give(client, LEVEL_HANDSHAKE, each);
	return { client, server };
}

/** A handshake of which the Handshake level is next. */
export function helloDone(serverOptions: Partial<ServerOptions> = {}): { client: ClientHandshake; server: TestServer } {
	const client = started(), server = new TestServer({ ...SERVER, ...serverOptions });
	give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
	client.pollEvent();
	return { client, server };
}

export function checkComplete(client: ClientHandshake, server: TestServer, takesEarly = false): void {
	equal(client.pollEvent(), APPLICATION_KEYS);
	deepEqual(client.clientSecret, server.clientSecret);
	deepEqual(client.serverSecret, server.serverSecret);
	equal(client.pollEvent(), HANDSHAKE_COMPLETE);
	equal(client.pollEvent(), HANDSHAKE_NONE);
	deepEqual(client.peerTransportParameters, new Uint8Array([1, 2, 3]));
	equal(client.earlyAccepted, takesEarly);
	equal(hex(sent(client, LEVEL_HANDSHAKE)), hex(server.expectedClientFlight()));
	equal(sent(client, LEVEL_HANDSHAKE).length, 0);
	equal(client.peerTransportParameters, undefined);
}

export function refuses(code: number, reason: string, body: () => unknown): void {
	const error = throws(body, reason) as AlertError;
	ok(error instanceof AlertError, `not an AlertError: ${error.stack}`);
	equal(error.alert, code, `alert of "${error.message}"`);
}

/** The handshake ends with that alert when the server's message of that type is changed so. */
export function refusesChanged(code: number, reason: string, type: number, change: (message: Uint8Array) => Uint8Array, serverOptions: Partial<ServerOptions> = {}): void {
	refuses(code, reason, () => run({}, { ...serverOptions, change: (each, bytes) => each === type ? change(bytes) : bytes }));
}

/** A ServerHello with a valid X25519 share, with parts replaced. */
export function hello(parts: { version?: number; random?: Uint8Array; sessionId?: Uint8Array; suite?: number; compression?: number; extensions?: Uint8Array[] }): Uint8Array {
	const share = crypto.keyPair(GROUP_X25519).publicKey;
	return message(2, concat(u16(parts.version ?? 0x0303), parts.random ?? new Uint8Array(32), vector8(parts.sessionId ?? new Uint8Array(0)), u16(parts.suite ?? 0x1301),
		new Uint8Array([parts.compression ?? 0]), vector16(...parts.extensions ?? [VERSION, extension(51, concat(u16(GROUP_X25519), vector16(share)))])));
}

export const VERSION = extension(43, u16(0x0304));

export function refusesHello(code: number, reason: string, parts: Parameters<typeof hello>[0]): void {
	const client = started();
	refuses(code, reason, () => give(client, LEVEL_INITIAL, hello(parts)));
}

export const encrypted = (...extensions: Uint8Array[]): Uint8Array => message(8, vector16(...extensions));
export const ALPN = extension(16, vector16(vector8(text("mqtt"))));
export const TRANSPORT = extension(57, new Uint8Array(3));
