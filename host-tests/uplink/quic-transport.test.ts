import { random } from "#hal";
import { describe, it, deepEqual, equal, ok } from "#test";
import type { Storage } from "../../firmware/ports/storage.js";
import { Session } from "../../firmware/mqtt/session.js";
import { Channel, CHANNEL_CONNECTED, CHANNEL_LOST, CHANNEL_UP } from "../../firmware/uplink/channel.js";
import { Peer } from "../../firmware/uplink/peer.js";
import { quicTransport } from "../../firmware/uplink/quic-transport.js";
import type { TransportFactory } from "../../firmware/uplink/transport.js";
import { SessionStore } from "../../firmware/tls/session-store.js";
import { bytesOf, connectionClose, crypto as cryptoFrame, handshakeDone, newConnectionId, newToken, pathChallenge, pathResponse, stream, text, varints, type ParsedFrame } from "../quic/support/frames.js";
import { crypto } from "../quic/support/pooled-crypto.js";
import { APPLICATION, INITIAL, TestPeer, type PeerOptions } from "../quic/support/test-peer.js";
import { CALENDAR, certificates } from "../tls/support/certificates.js";
import { extension, message, vector16, vector8 } from "../tls/support/test-server.js";

class MapStorage implements Storage {
	readonly entries = new Map<string, Uint8Array>();
	read(key: string): Uint8Array | undefined { return this.entries.get(key)?.slice(); }
	write(key: string, value: Uint8Array): boolean { this.entries.set(key, value.slice()); return true; }
	delete(key: string): void { this.entries.delete(key); }
}

const SERVER = 0x0a000002, PORT = 14567;
const u32 = (value: number) => bytesOf(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
const ticket = () => message(4, bytesOf(u32(3600), u32(7), vector8(text("n")), vector16(new Uint8Array(150).fill(0x74)), vector16(extension(42, u32(0xffffffff)))));
const CONNACK = bytesOf(0x20, 3, 0, 0, 0), CONNACK_PRESENT = bytesOf(0x20, 3, 1, 0, 0);
const isStream = (frame: ParsedFrame) => frame.type >= 8 && frame.type < 0x10;

/** A channel over QUIC and servers one after another, without a network or a clock. */
class Rig {
	readonly storage = new MapStorage();
	readonly session = new Session({ clientId: "zonal", keepAlive: 60 });
	readonly channel = new Channel(this.session);
	readonly factory: TransportFactory;
	readonly events: number[] = [];
	peer!: TestPeer;
	server = new Peer(SERVER, PORT);
	/** Where each datagram went. */
	readonly targets: string[] = [];
	/** Of the last session: what the server knows it by. */
	secret: Uint8Array | undefined;
	#into = new Uint8Array(1500);

	constructor(earlyData: boolean, version?: 1 | 2) {
		const options = { crypto, random, calendar: CALENDAR, serverName: "broker.example", roots: certificates("root") };
		this.factory = quicTransport({
			...options, earlyData, version,
			sessions: new SessionStore(this.storage, crypto, { name: "quic", host: "broker.example", port: 14567, alpn: "mqtt", roots: options.roots, certificate: undefined }),
		});
	}

	/** A new connection to a server that knows the last session. */
	connect(options: PeerOptions = {}): this {
		this.peer = new TestPeer(crypto, { ...options, tls: { ...this.secret === undefined ? {} : { secret: this.secret }, ...options.tls } });
		this.events.length = 0;
		this.server = new Peer(SERVER, PORT);
		this.targets.length = 0;
		this.channel.connect(this.factory(), this.server, 0);
		return this.pump();
	}

	pump(now = 0): this {
		if (now > 0)
			this.channel.onTimeout(now);
		for (let event = this.channel.next(now); event !== 0; event = this.channel.next(now))
			this.events.push(event);
		for (let length = this.channel.pollTransmit(this.#into, now); length > 0; length = this.channel.pollTransmit(this.#into, now)) {
			this.targets.push(`${this.server.toAddress}:${this.server.toPort}`);
			this.peer.take(this.#into.slice(0, length));
		}
		return this;
	}

	give(...packets: Uint8Array[]): this {
		const datagram = bytesOf(...packets);
		this.channel.receive(datagram, datagram.length, 0, 0);
		return this.pump();
	}

	frames(...frames: Uint8Array[]): this {
		return this.give(this.peer.seal(APPLICATION, bytesOf(...frames)));
	}

	answer(): this {
		return this.give(this.peer.initialPacket(), ...this.peer.handshakePackets());
	}

	/** The server sends a ticket and a token. */
	remember(): this {
		this.peer.tls.expectedClientFlight();
		this.frames(cryptoFrame(0, ticket()), newToken(text("token")));
		this.secret = this.peer.tls.sessionSecret(text("n"));
		return this;
	}

	/** Bytes on the MQTT stream, early ones or all. */
	bytes(isEarly = false): Uint8Array {
		return bytesOf(...this.peer.packets.filter(packet => !isEarly || packet.isEarly).flatMap(packet => packet.frames).filter(isStream).map(frame => frame.data));
	}
}

describe("uplink/quic-transport: sessions", () => {
	it("are kept and used once, with the token, and without early data unless it is allowed", () => {
		const rig = new Rig(false).connect().answer();
		deepEqual(rig.events, [CHANNEL_CONNECTED]);
		rig.remember();
		equal(rig.storage.entries.size, 2);
		rig.connect();
		equal(rig.storage.entries.size, 0);
		rig.answer();
		equal(rig.channel.statistics!.resumed, true);
		deepEqual(rig.peer.packets.find(packet => packet.space === INITIAL)!.token, text("token"));
		equal(rig.bytes(true).length, 0);
		ok(rig.bytes().length > 0);
		rig.connect().answer();
		equal(rig.channel.statistics!.resumed, false);
	});

	it("carry CONNECT in the first datagram where that is allowed, then what the broker answers", () => {
		const rig = new Rig(true).connect().answer().remember();
		rig.connect({ tls: { takesEarly: true } });
		deepEqual(rig.events, []);
		rig.answer();
		equal(rig.bytes(true)[0], 0x10);
		equal(rig.channel.statistics!.earlyAccepted, true);
		deepEqual(rig.events, [CHANNEL_CONNECTED]);
		rig.frames(stream(0, 0, CONNACK));
		deepEqual(rig.events, [CHANNEL_CONNECTED, CHANNEL_UP]);
		equal(rig.bytes().length, rig.bytes(true).length);
	});

	it("carry messages of QoS 1 behind CONNECT at a broker that is known, QoS 0 not; each once where the data is taken", () => {
		const rig = new Rig(true);
		const topic = rig.session.publisher.topics.add("t"), publish = (qos: 0 | 1, letter: string) => rig.session.publish(topic, qos, false, text(letter), 0, 1, 0);
		rig.connect().answer().frames(stream(0, 0, CONNACK)).remember();
		rig.channel.drop();
		publish(1, "A");
		publish(0, "B");
		rig.connect({ tls: { takesEarly: true } });
		publish(1, "C");
		rig.pump().answer();
		const early = String.fromCharCode(...rig.bytes(true));
		ok(early.includes("A") && early.includes("C") && !early.includes("B"), early);
		rig.frames(stream(0, 0, CONNACK_PRESENT));
		const all = String.fromCharCode(...rig.bytes());
		equal(all.length, early.length + 7);
		equal(all.endsWith("B"), true);
		equal(rig.session.publisher.pending, 2);
		rig.frames(stream(0, 5, bytesOf(0x40, 2, 0, 1, 0x40, 2, 0, 2)));
		equal(rig.session.publisher.pending, 0);
	});

	it("lose nothing where the server throws the early data away", () => {
		const rig = new Rig(true);
		const topic = rig.session.publisher.topics.add("t");
		rig.connect().answer().frames(stream(0, 0, CONNACK)).remember();
		rig.channel.drop();
		rig.session.publish(topic, 1, false, text("A"), 0, 1, 0);
		rig.connect().answer();
		const later = String.fromCharCode(...bytesOf(...rig.peer.packets.filter(packet => !packet.isEarly).flatMap(packet => packet.frames).filter(isStream).map(frame => frame.data)));
		ok(later.charCodeAt(0) === 0x10 && later.endsWith("A"), later);
		equal(rig.session.publisher.pending, 1);
	});

	it("are not used early where the server's credit was 0", () => {
		const rig = new Rig(true).connect({ parameters: { 8: varints(0) } }).answer().remember();
		rig.connect({ tls: { takesEarly: true }, parameters: { 8: varints(0) } }).answer();
		deepEqual(rig.events, [CHANNEL_CONNECTED]);
		equal(rig.bytes().length, 0);
		rig.frames(bytesOf(0x12, 1));
		equal(rig.bytes()[0], 0x10);
	});

	it("that a server refuses after the handshake, for want of a client certificate, are as bad; an answer makes them good", () => {
		const rig = new Rig(false).connect().answer().remember();
		rig.connect().answer();
		rig.frames(connectionClose(0x174, 0, "certificate required"));
		deepEqual(rig.events, [CHANNEL_CONNECTED, CHANNEL_LOST]);
		equal(rig.channel.wantsRetry, true);
		rig.connect().answer().frames(stream(0, 0, CONNACK)).remember();
		rig.connect().answer().frames(stream(0, 0, CONNACK_PRESENT));
		rig.frames(connectionClose(0x174, 0, ""));
		equal(rig.channel.wantsRetry, false);
	});

	it("that a server refuses are let go of, all of them; after two refusals none are asked for any more", () => {
		const rig = new Rig(false);
		for (let round = 0; round < 2; round++) {
			rig.connect().answer().remember().frames(cryptoFrame(ticket().length, ticket()));
			equal(rig.storage.entries.size, 3);
			rig.connect().give(rig.peer.seal(INITIAL, bytesOf(rig.peer.acknowledge(INITIAL), connectionClose(0x133, 6, ""))));
			deepEqual(rig.events, [CHANNEL_LOST]);
			equal(rig.channel.isPassing && rig.channel.wantsRetry, true);
			equal([...rig.storage.entries.keys()].filter(key => key !== "quic-token").length, 0);
		}
		rig.connect().answer();
		equal(rig.peer.tls.hello.extensions.has(45), false);
	});
});

describe("uplink/quic-transport: the version", () => {
	const V2 = 0x6b3343cf, chosen = (rig: Rig) => rig.channel.statistics!.version;

	it("is 1 unless 2 is asked for, which a server of version 1 alone answers with a list", () => {
		deepEqual([chosen(new Rig(false).connect().answer()), chosen(new Rig(false, 1).connect().answer())], ["1", "1"]);
		const rig = new Rig(false, 2).connect({ version: V2 }).answer();
		deepEqual([chosen(rig), rig.events], ["2", [CHANNEL_CONNECTED]]);
		const old = new Rig(false, 2).connect({ version: V2 });
		old.give(old.peer.versionNegotiation([1]));
		equal(chosen(old), "1");
	});
});

describe("uplink/quic-transport: the server's preferred address", () => {
	const PREFERRED = 0x0a000009, ID = text("spare id"), TOKEN = new Uint8Array(16).fill(9);
	const offered = (...address: number[]): PeerOptions => ({ parameters: { 0x0d: bytesOf(bytesOf(...address), new Uint8Array(18), ID.length, ID, TOKEN) } });
	const OFFERED = offered(10, 0, 0, 9, 0x11, 0x51);

	/** Confirmed; what went out since, by address. */
	function confirmed(options: PeerOptions): { rig: Rig; out: () => string[] } {
		const rig = new Rig(false).connect(options).answer();
		return { rig: rig.frames(handshakeDone()), out: () => rig.targets.splice(0) };
	}
	const challenge = (rig: Rig) => rig.peer.frames(APPLICATION).filter(frame => frame.type === 0x1a).at(-1)!.data;

	it("is probed once the handshake is confirmed, and used when it has answered", () => {
		const { rig, out } = confirmed(OFFERED);
		ok(out().includes(`${PREFERRED}:4433`));
		equal(rig.server.address, SERVER);
		rig.give(rig.peer.seal(APPLICATION, pathResponse(challenge(rig))));
		deepEqual([rig.server.address, rig.server.port], [PREFERRED, 0x1151]);
		rig.frames(bytesOf(1));
		deepEqual(new Set(out()), new Set([`${PREFERRED}:4433`]));
		deepEqual([rig.server.takes(SERVER, PORT), rig.server.takes(PREFERRED, 4433), rig.server.path], [true, true, 0]);
	});

	it("is answered on where the server challenges from there, and nothing else goes there before", () => {
		const { rig, out } = confirmed(OFFERED);
		out();
		rig.peer.packets.length = 0;
		equal(rig.server.takes(PREFERRED, 4433), true);
		rig.give(rig.peer.seal(APPLICATION, pathChallenge(text("its turn"))));
		deepEqual(out()[0], `${PREFERRED}:4433`);
		deepEqual(rig.peer.packets[0]!.frames.map(frame => frame.type), [0x1b]);
		equal(rig.server.takes(SERVER, PORT), true);
		rig.frames(bytesOf(1));
		deepEqual(new Set(out()), new Set([`${SERVER}:${PORT}`]));
	});

	it("is given up where it does not answer; nothing is taken from there any more", () => {
		const { rig, out } = confirmed(OFFERED);
		rig.pump(5000);
		out();
		deepEqual([rig.server.address, rig.server.takes(PREFERRED, 4433)], [SERVER, false]);
		rig.frames(bytesOf(1));
		deepEqual(new Set(out()), new Set([`${SERVER}:${PORT}`]));
		// Its connection id was seen there, and serves nowhere else (RFC 9000 §9.5).
		ok(rig.peer.frames(APPLICATION).some(frame => frame.type === 0x19 && frame.values[0] === 1));
	});

	it("is left alone where nobody can be there, and while it is probed no other move begins", () => {
		for (const address of [[127, 0, 0, 1, 0x11, 0x51], [224, 0, 0, 1, 0x11, 0x51], [10, 0, 0, 9, 0, 0], [0, 0, 0, 0, 0, 0]]) {
			const { out } = confirmed(offered(...address));
			deepEqual(new Set(out()), new Set([`${SERVER}:${PORT}`]));
		}
		const { rig } = confirmed(OFFERED);
		equal(rig.channel.transport!.migrate!(0), false);
		rig.give(rig.peer.seal(APPLICATION, pathResponse(challenge(rig))));
		rig.frames(newConnectionId(2, 0, text("third id"), TOKEN));
		equal(rig.channel.transport!.migrate!(0), true);
		equal(rig.server.address, PREFERRED);
	});
});
