import { crypto as natives } from "#hal";
import { GROUP_P256, GROUP_X25519 } from "../../../firmware/ports/crypto.js";
import { PROTOCOL_VIOLATION } from "../../../firmware/quic/transport-error.js";
import * as alert from "../../../firmware/tls/alert.js";
import { CALENDAR, certificates } from "../../tls/support/certificates.js";
import { P256Key } from "../../tls/support/p256.js";
import { concat } from "../../tls/support/der-writer.js";
import { extension, message, RETRY_RANDOM, serverHello, u16, vector16, vector24, vector8 } from "../../tls/support/test-server.js";
import { bytesOf, crypto, padding, ping, text } from "../support/frames.js";
import type { Pair, PairOptions } from "../support/pair.js";
import { APPLICATION, HANDSHAKE, INITIAL } from "../support/test-peer.js";
import { type Attack, attacks, HELLO, IGNORED, OPEN, SILENT } from "./attack.js";

/** RFC 9001 §4.8. */
const code = (number: number): number => 0x100 + number;

const row = (fact: string, stage: number, result: number, attack: (pair: Pair) => void, options: PairOptions = {}): Attack => ({ fact, stage, result, attack, options });
const shake = (pair: Pair): void => void pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());

/** A ServerHello of those bytes. */
const hello = (fact: string, number: number, body: Uint8Array, options: PairOptions = {}): Attack =>
	row(fact, HELLO, code(number), pair => void pair.give(pair.peer.seal(INITIAL, crypto(0, message(2, body)))), options);
const VERSION = extension(43, u16(0x0304)), RANDOM = new Uint8Array(32).fill(9);
const share = (group: number, bytes: Uint8Array): Uint8Array => extension(51, concat(u16(group), vector16(bytes)));
const SHARE = share(GROUP_X25519, new Uint8Array(32).fill(9));
const OFF_CURVE = Uint8Array.from({ length: 65 }, (_, i) => i === 0 ? 4 : 1);

attacks("ServerHello", [
	hello("of legacy version TLS 1.1", alert.ALERT_ILLEGAL_PARAMETER, concat(u16(0x0302), serverHello(RANDOM, 0x1301, VERSION, SHARE).slice(2))),
	hello("without supported_versions: TLS 1.2", alert.ALERT_PROTOCOL_VERSION, serverHello(RANDOM, 0x1301, SHARE)),
	hello("with the mark of a downgrade to TLS 1.2", alert.ALERT_ILLEGAL_PARAMETER, serverHello(concat(padding(24), text("DOWNGRD"), bytesOf(1)), 0x1301)),
	hello("with the mark of a downgrade below TLS 1.2", alert.ALERT_ILLEGAL_PARAMETER, serverHello(concat(padding(24), text("DOWNGRD"), bytesOf(0)), 0x1301)),
	hello("of TLS 1.2 in supported_versions", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, extension(43, u16(0x0303)), SHARE)),
	hello("with a session id", alert.ALERT_ILLEGAL_PARAMETER, concat(u16(0x0303), RANDOM, vector8(padding(32)), serverHello(RANDOM, 0x1301, VERSION, SHARE).slice(35))),
	hello("with compression", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, SHARE).map((byte, i) => i === 37 ? 1 : byte)),
	hello("of a suite that was not offered", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1304, VERSION, SHARE)),
	hello("of a suite of TLS 1.2", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0xc02b, VERSION, SHARE)),
	hello("of a group that was not offered", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, share(0x18, padding(97)))),
	hello("without a key share", alert.ALERT_MISSING_EXTENSION, serverHello(RANDOM, 0x1301, VERSION)),
	hello("with an X25519 share of zeros", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, share(GROUP_X25519, padding(32)))),
	hello("with an X25519 share of low order", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, share(GROUP_X25519, bytesOf(1, padding(31))))),
	hello("with an X25519 share of 31 bytes", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, share(GROUP_X25519, padding(31)))),
	hello("with a P-256 share off the curve", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, share(GROUP_P256, OFF_CURVE))),
	hello("with a compressed P-256 share", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, share(GROUP_P256, new Uint8Array(33).fill(2)))),
	hello("with a session that was not offered", alert.ALERT_UNSUPPORTED_EXTENSION, serverHello(RANDOM, 0x1301, VERSION, SHARE, extension(41, u16(0)))),
	hello("with an extension that nobody asked for", alert.ALERT_UNSUPPORTED_EXTENSION, serverHello(RANDOM, 0x1301, VERSION, SHARE, extension(0x1234, u16(0)))),
	hello("with ALPN in the clear", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, SHARE, extension(16, vector16(vector8(text("mqtt")))))),
	hello("with an extension twice", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RANDOM, 0x1301, VERSION, VERSION, SHARE)),
	hello("cut off", alert.ALERT_DECODE_ERROR, serverHello(RANDOM, 0x1301, VERSION, SHARE).slice(0, -1)),
	hello("with a byte behind it", alert.ALERT_DECODE_ERROR, concat(serverHello(RANDOM, 0x1301, VERSION, SHARE), bytesOf(0))),
	row("with another message behind it", HELLO, PROTOCOL_VIOLATION, pair => void pair.give(pair.peer.seal(INITIAL, crypto(90, padding(90))), pair.peer.initialPacket())),
	hello("HelloRetryRequest that changes nothing", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RETRY_RANDOM, 0x1301, VERSION)),
	hello("HelloRetryRequest for a group that has a share", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RETRY_RANDOM, 0x1301, VERSION, extension(51, u16(GROUP_X25519)))),
	hello("HelloRetryRequest for a group that was not offered", alert.ALERT_ILLEGAL_PARAMETER, serverHello(RETRY_RANDOM, 0x1301, VERSION, extension(51, u16(0x18)))),
	row("HelloRetryRequest twice", HELLO, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => {
		const retry = message(2, serverHello(RETRY_RANDOM, 0x1301, VERSION, extension(44, vector16(text("cookie")))));
		pair.give(pair.peer.seal(INITIAL, crypto(0, retry))).give(pair.peer.seal(INITIAL, crypto(retry.length, retry)));
	}),
	row("a ClientHello in its place", HELLO, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.give(pair.peer.seal(INITIAL, crypto(0, message(1, padding(40)))))),
	row("EncryptedExtensions in the clear", HELLO, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.give(pair.peer.seal(INITIAL, crypto(0, message(8, vector16()))))),
	row("Certificate in the clear", HELLO, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.give(pair.peer.seal(INITIAL, crypto(0, message(11, padding(9)))))),
	row("a message of 2^24-1 bytes", HELLO, code(alert.ALERT_DECODE_ERROR), pair => void pair.give(pair.peer.seal(INITIAL, crypto(0, bytesOf(2, 255, 255, 255))))),
]);

/** The message of that type replaced by others. */
const changed = (fact: string, number: number, type: number, change: (message: Uint8Array) => Uint8Array, tls: NonNullable<PairOptions["tls"]> = {}): Attack =>
	row(fact, HELLO, code(number), shake, { tls: { ...tls, change: (each, bytes) => each === type ? change(bytes) : bytes } });
const before = (fact: string, type: number, other: Uint8Array): Attack => changed(fact, alert.ALERT_UNEXPECTED_MESSAGE, type, bytes => concat(other, bytes));
const [leaf] = certificates("leaf");
const chain = (fact: string, number: number, names: string, options: PairOptions = {}): Attack => row(fact, HELLO, code(number), shake, { ...options, tls: { ...options.tls, chain: certificates(names) } });
const ALPN = extension(16, vector16(vector8(text("mqtt"))));
let impostor: P256Key | undefined;

attacks("TLS", [
	row("no ALPN", HELLO, code(alert.ALERT_NO_APPLICATION_PROTOCOL), shake, { tls: { alpn: "" } }),
	row("another ALPN", HELLO, code(alert.ALERT_NO_APPLICATION_PROTOCOL), shake, { tls: { alpn: "h3" } }),
	changed("two ALPNs", alert.ALERT_DECODE_ERROR, 8, () => message(8, vector16(extension(16, vector16(vector8(text("mqtt")), vector8(text("h3"))))))),
	changed("no transport parameters", alert.ALERT_MISSING_EXTENSION, 8, () => message(8, vector16(ALPN))),
	changed("early data taken that was not offered", alert.ALERT_UNSUPPORTED_EXTENSION, 8, bytes => message(8, vector16(bytes.slice(6), extension(42, bytesOf())))),
	changed("a key share in EncryptedExtensions", alert.ALERT_ILLEGAL_PARAMETER, 8, bytes => message(8, vector16(bytes.slice(6), SHARE))),
	changed("ALPN twice", alert.ALERT_ILLEGAL_PARAMETER, 8, bytes => message(8, vector16(bytes.slice(6), ALPN))),
	changed("EncryptedExtensions cut off", alert.ALERT_DECODE_ERROR, 8, bytes => message(8, bytes.slice(4, -1))),
	before("Finished before Certificate", 11, message(20, padding(32))),
	before("EncryptedExtensions twice", 11, message(8, vector16())),
	before("EndOfEarlyData", 11, message(5, bytesOf())),
	before("ChangeCipherSpec's byte as a message", 8, bytesOf(1, 0, 0, 1, 1)),
	before("HelloRequest", 11, message(0, bytesOf())),
	before("message_hash", 11, message(254, padding(32))),
	before("ServerKeyExchange", 15, message(12, padding(9))),
	before("CompressedCertificate, not asked for", 11, message(25, padding(9))),
	before("KeyUpdate in the handshake", 11, message(24, bytesOf(0))),
	before("NewSessionTicket in the handshake", 20, message(4, padding(20))),
	before("Certificate twice", 15, message(11, concat(vector8(), vector24(concat(vector24(leaf!), vector16()))))),
	changed("Finished that is wrong", alert.ALERT_DECRYPT_ERROR, 20, bytes => bytes.map((byte, i) => i === 20 ? byte ^ 1 : byte)),
	changed("Finished of 31 bytes", alert.ALERT_DECODE_ERROR, 20, bytes => message(20, bytes.slice(5))),
	row("a byte behind Finished", HELLO, PROTOCOL_VIOLATION, pair => void pair.give(pair.peer.initialPacket(), pair.peer.seal(HANDSHAKE, crypto(pair.peer.flight.length, bytesOf(1))), ...pair.peer.handshakePackets())),
	row("KeyUpdate", OPEN, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.frames(crypto(0, message(24, bytesOf(0))))),
	row("KeyUpdate that asks for one", OPEN, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.frames(crypto(0, message(24, bytesOf(1))))),
	row("CertificateRequest after the handshake", OPEN, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.frames(crypto(0, message(13, bytesOf(0, 0, 0))))),
	row("Finished a second time", OPEN, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.frames(crypto(0, message(20, padding(32))))),
	row("ServerHello after the handshake", OPEN, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.frames(crypto(0, message(2, padding(40))))),
	row("EndOfEarlyData after the handshake", OPEN, code(alert.ALERT_UNEXPECTED_MESSAGE), pair => void pair.frames(crypto(0, message(5, bytesOf())))),
	row("a ticket of 1 MB, more than it can have", OPEN, code(alert.ALERT_DECODE_ERROR), pair => void pair.frames(crypto(0, bytesOf(4, 0x10, 0, 0, padding(1000))))),
	row("a ticket of 60 KB", OPEN, IGNORED, pair => {
		const ticket = message(4, concat(padding(8), vector8(), vector16(padding(60000)), vector16()));
		for (let at = 0; at < ticket.length; at += 1000)
			pair.frames(crypto(at, ticket.slice(at, at + 1000)));
	}, { client: { tickets: true } }),
	row("64 tickets", OPEN, IGNORED, pair => {
		const ticket = message(4, concat(bytesOf(0, 0, 14, 16, 1, 2, 3, 4), vector8(bytesOf(1)), vector16(padding(100)), vector16()));
		for (let i = 0; i < 64; i++)
			pair.frames(crypto(i * ticket.length, ticket));
	}, { client: { tickets: true } }),
	row("a ticket cut off", OPEN, code(alert.ALERT_DECODE_ERROR), pair => void pair.frames(crypto(0, message(4, padding(12)))), { client: { tickets: true } }),
]);

attacks("certificates", [
	changed("none", alert.ALERT_DECODE_ERROR, 11, () => message(11, concat(vector8(), vector24()))),
	changed("an empty one", alert.ALERT_DECODE_ERROR, 11, () => message(11, concat(vector8(), vector24(concat(vector24(), vector16()))))),
	changed("with a context", alert.ALERT_ILLEGAL_PARAMETER, 11, bytes => message(11, concat(bytesOf(1, 1), bytes.slice(5)))),
	changed("a list that does not fill its message", alert.ALERT_DECODE_ERROR, 11, bytes => message(11, concat(bytes.slice(4), bytesOf(0)))),
	changed("one longer than the list", alert.ALERT_DECODE_ERROR, 11, () => message(11, concat(vector8(), vector24(vector24(leaf!))))),
	changed("with an extension that nobody asked for", alert.ALERT_UNSUPPORTED_EXTENSION, 11, () => message(11, concat(vector8(), vector24(concat(vector24(leaf!), vector16(extension(18, bytesOf(1)))))))),
	row("a hundred", HELLO, code(alert.ALERT_BAD_CERTIFICATE), shake, { tls: { chain: new Array<Uint8Array>(100).fill(leaf!) } }),
	row("200 KB", HELLO, code(alert.ALERT_BAD_CERTIFICATE), shake, { tls: { chain: [padding(200000)] } }),
	row("random bytes", HELLO, code(alert.ALERT_BAD_CERTIFICATE), shake, { tls: { chain: [new Uint8Array(500).fill(0x30)] } }),
	row("one and a byte", HELLO, code(alert.ALERT_BAD_CERTIFICATE), shake, { tls: { chain: [bytesOf(leaf!, 0)] } }),
	chain("of another CA", alert.ALERT_UNKNOWN_CA, "leaf", { client: { roots: certificates("otherRoot") } }),
	chain("expired", alert.ALERT_CERTIFICATE_EXPIRED, "leafExpired"),
	chain("of the future", alert.ALERT_CERTIFICATE_EXPIRED, "leafFuture"),
	chain("with a zero byte in its name", alert.ALERT_BAD_CERTIFICATE, "leafNulName"),
	chain("with an RSA key of 1024 bits", alert.ALERT_UNSUPPORTED_CERTIFICATE, "leafRsa1024"),
	chain("for another name", alert.ALERT_BAD_CERTIFICATE, "leaf", { client: { serverName: "other.example" } }),
	chain("while the clock is not set", alert.ALERT_CERTIFICATE_UNKNOWN, "leaf", { client: { calendar: { ...CALENDAR, isSet: false } } }),
	row("of another key", HELLO, code(alert.ALERT_DECRYPT_ERROR), shake, { tls: { sign: content => (impostor ??= new P256Key(natives, "impostor")).sign(content) } }),
	row("with no signature", HELLO, code(alert.ALERT_DECRYPT_ERROR), shake, { tls: { sign: () => bytesOf() } }),
	...[0x0401, 0x0203, 0x0201, 0x0603, 0x0807].map(scheme => row(`with a signature of scheme 0x${scheme.toString(16)}`, HELLO, code(alert.ALERT_ILLEGAL_PARAMETER), shake, { tls: { scheme, sign: () => padding(64) } })),
	row("with a signature that its key cannot make", HELLO, code(alert.ALERT_ILLEGAL_PARAMETER), shake, { tls: { scheme: 0x0804, sign: () => padding(64) } }),
]);

attacks("the server's own words", [
	row("its close is followed by silence", OPEN, SILENT, pair => void pair.frames(bytesOf(0x1c, 0x0a, 0, 0))
		.give(pair.peer.seal(APPLICATION, ping())), {}),
].map(each => ({ ...each, code: 0x0a })));
