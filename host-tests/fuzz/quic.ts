/** A client connection after the other against a server that holds the keys and keeps to no rule: what it seals is mutated before,
 *  what it sends after; TLS messages, certificates and transport parameters too. Nothing may be thrown, nothing may grow, each
 *  end has a code that the RFCs name, and in between a good server is served. */
import { QUIC_RECEIVE_DATAGRAM } from "../../firmware/config.js";
import { CRYPTO_ERROR, INTERNAL_ERROR } from "../../firmware/quic/transport-error.js";
import { VERSION_1, VERSION_2 } from "../../firmware/quic/versions.js";
import { rememberParameters } from "../../firmware/quic/early-data.js";
import { INITIAL_MAX_DATA, INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, INITIAL_MAX_STREAMS_BIDI, TransportParameters } from "../../firmware/quic/transport-parameters.js";
import { bytesOf, crypto, stream, text } from "../quic/support/frames.js";
import { Pair, type PairOptions } from "../quic/support/pair.js";
import { APPLICATION, HANDSHAKE } from "../quic/support/test-peer.js";
import { Prng } from "../support/prng.js";
import { CALENDAR, certificates } from "../tls/support/certificates.js";
import { application, calm, frame, mutate } from "./quic-frames.js";
import { QuickCrypto } from "./quick-crypto.js";

/** Datagrams of one connection at most. */
const LIFE = 1500;
/** Transport error codes of RFC 9000 §20.1 and RFC 9368 that a client has a use for, but INTERNAL_ERROR. */
const CODES: readonly number[] = [0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0d, 0x0e, 0x0f, 0x11];
const CHAINS: readonly (readonly Uint8Array[])[] = [certificates("leaf"), certificates("leafBelow intermediate")];
const SECRET = new Uint8Array(32).fill(0x5e);

/** What the test peer's parameters leave behind. */
const REMEMBERED = new TransportParameters();
for (const [id, value] of [[INITIAL_MAX_DATA, 65536], [INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, 16384], [INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, 16384], [INITIAL_MAX_STREAMS_BIDI, 8]] as const)
	REMEMBERED.numbers[id] = value;

export class QuicFuzz {
	/** Datagrams so far, connections, and those of them that were established. */
	count = 0;
	connections = 0;
	established = 0;
	/** How often each code ended a connection of ours, by the client. */
	readonly codes = new Map<number, number>();
	readonly #prng: Prng;
	readonly #seed: number;
	readonly #crypto = new QuickCrypto();
	readonly #into = new Uint8Array(2048);

	/** `seed`: the same one makes the same datagrams. */
	constructor(seed: number) {
		this.#prng = new Prng(seed);
		this.#seed = seed;
	}

	/** Gives `count` datagrams or a few more to clients. Throws with the seed where something is wrong. */
	run(count: number): void {
		const end = this.count + count;
		try {
			for (let lives = 0; this.count < end; lives++) {
				this.#life();
				if (lives % 20 === 0)
					this.probe();
			}
		}
		catch (error) {
			(error as Error).message += ` (seed ${this.#seed}, datagram ${this.count})`;
			throw error;
		}
	}

	/** A good server is served, whatever came before. */
	probe(): void {
		const pair = new Pair({ crypto: this.#crypto, tls: { sign: () => this.#crypto.sign() } }).establish();
		pair.client.openStream();
		pair.frames(stream(0, 0, text("hello")));
		if (pair.read(0).length !== 5)
			throw new Error(`a good connection is not served: ${pair.client.closeReason}`);
		pair.client.close(0, "", pair.now);
		pair.client.dispose();
	}

	/** One connection from connect to its end. */
	#life(): void {
		const prng = this.#prng, quick = this.#crypto;
		const pair = new Pair(this.#options()), { client, peer } = pair, streams: number[] = [];
		const stage = prng.below(8), wildness = prng.chance(0.8) ? 0.0005 : prng.chance(0.5) ? 0.02 : 0.5;
		quick.trusts = prng.chance(0.3);
		this.connections++;
		pair.connect();
		try {
			if (prng.chance(0.3))
				application(prng, pair, streams);
			if (stage >= 1)
				pair.give(peer.initialPacket());
			if (stage >= 2)
				pair.give(...peer.handshakePackets().slice(0, stage === 2 ? 1 : 99));
			if (stage >= 4)
				pair.give(peer.donePacket());
			this.count += stage < 3 ? stage : 3;
			if (client.statistics.established)
				this.established++;
			this.#play(pair, wildness, streams);
			this.#end(pair);
		}
		finally {
			client.dispose();
			quick.trusts = false;
		}
	}

	#play(pair: Pair, wildness: number, streams: number[]): void {
		const prng = this.#prng, { client } = pair, late: Uint8Array[] = [];
		for (let i = 0; i < LIFE && !client.closed; i++, this.count++) {
			pair.losing = prng.chance(0.1);
			if (prng.chance(0.1))
				application(prng, pair, streams);
			if (prng.chance(0.01))
				this.#command(pair);
			const packet = this.#packet(pair, wildness, streams), fate = prng.below(20);
			if (fate === 0)
				late.push(packet);
			else if (prng.chance(0.9))
				pair.deliver(packet);
			else
				pair.arrive(packet, prng.below(4), prng.below(2));
			// Out of order, and twice.
			if (late.length > 8 || (late.length > 0 && prng.chance(0.05))) {
				const old = late.splice(prng.below(late.length), 1)[0]!;
				pair.deliver(old.slice());
				if (prng.chance(0.1))
					late.push(old);
			}
			if (prng.chance(0.3))
				pair.pump();
			if (prng.chance(0.05))
				pair.advance(prng.below(prng.chance(0.05) ? 5000 : 60));
			if (i % 32 === 0)
				pair.forget();
		}
		pair.pump();
	}

	/** What an application seldom does, and what a good server seldom does. */
	#command({ client, peer, now }: Pair): void {
		const prng = this.#prng;
		for (let length = client.readDatagram(this.#into, 0); length >= 0; length = client.readDatagram(this.#into, 0))
			if (length > QUIC_RECEIVE_DATAGRAM)
				throw new Error(`a datagram of ${length} bytes`);
		switch (prng.below(7)) {
			case 0: client.migrate(now); break;
			case 1: client.probePreferredAddress(now); break;
			case 2: client.updateKeys(); break;
			case 3: client.enableEcn(); break;
			case 4: client.openUniStream(); break;
			case 5: client.sendDatagram(new Uint8Array(200), 0, prng.below(201)); break;
			default:
				if (peer.largest[APPLICATION]! < 0)
					return;
				peer.send[APPLICATION] = peer.send[APPLICATION]!.next();
				peer.receive[APPLICATION] = peer.receive[APPLICATION]!.next();
				peer.phase ^= 1;
		}
	}

	/** What the code of its end may be; and where nobody answers any more it ends by itself, in the time of its timers. */
	#end(pair: Pair): void {
		const { client } = pair, { closeCode } = client;
		if (client.closed && !client.closeByPeer && closeCode !== 0) {
			if (closeCode === INTERNAL_ERROR || !(CODES.includes(closeCode) || (closeCode >= CRYPTO_ERROR && closeCode < CRYPTO_ERROR + 256)))
				throw new Error(`a client must not end with 0x${closeCode.toString(16)}: ${client.closeReason}`);
			this.codes.set(closeCode, (this.codes.get(closeCode) ?? 0) + 1);
		}
		pair.losing = true;
		for (let rounds = 0; rounds < 8 && !client.ended; rounds++)
			pair.advance(20000);
		if (!client.ended)
			throw new Error("a connection does not end");
	}

	#packet(pair: Pair, wildness: number, streams: number[]): Uint8Array {
		const { peer } = pair, prng = this.#prng;
		if (prng.chance(0.005))
			return this.#datagram(pair);
		let space = peer.send[APPLICATION] !== undefined && prng.chance(pair.client.statistics.established ? 0.98 : 0.8) ? APPLICATION : prng.below(3);
		while (peer.send[space] === undefined)
			space--;
		const parts: Uint8Array[] = [];
		for (let i = prng.below(3); i >= 0; i--)
			parts.push(prng.chance(wildness) ? frame(prng) : calm(prng, pair, space, streams));
		if (space === HANDSHAKE && prng.chance(0.6)) {
			const at = prng.below(peer.flight.length);
			parts.push(crypto(at, peer.flight.slice(at, at + prng.below(1000))));
		}
		let payload: Uint8Array = bytesOf(...parts);
		if (prng.chance(wildness))
			payload = mutate(prng, payload);
		const options = {
			...(prng.chance(0.01) ? { number: prng.below(70000) } : {}), ...(prng.chance(wildness / 8) ? { bits: prng.below(256) & (space === APPLICATION ? 0x3c : 0x0c) } : {}),
			...(prng.chance(0.005) ? { source: text("other") } : {}), ...(prng.chance(0.005) ? { token: text("token") } : {}),
		};
		const sealed = peer.seal(space, payload.length > 1400 ? payload.slice(0, 1400) : payload, options);
		return prng.chance(0.1) ? mutate(prng, sealed) : sealed;
	}

	/** One that needs no keys. */
	#datagram({ peer }: Pair): Uint8Array {
		const prng = this.#prng;
		let bytes: Uint8Array;
		switch (prng.below(5)) {
			case 0:
				bytes = peer.versionNegotiation([prng.next(), prng.chance(0.5) ? VERSION_1 : VERSION_2]);
				break;
			case 1:
				bytes = peer.retry(text("token"));
				break;
			case 2:
				bytes = peer.statelessReset(new Uint8Array(16).fill(prng.below(256)), 20 + prng.below(30));
				break;
			default:
				bytes = new Uint8Array(prng.below(1400));
				prng.fill(bytes);
				if (bytes.length > 5 && prng.chance(0.5))
					bytes.set([bytes[0]! | 0xc0, 0, 0, 0, 1]);
		}
		return prng.chance(0.5) ? mutate(prng, bytes) : bytes;
	}

	/** What client and server are like; and where the server's messages, certificates or parameters are wrong, how. */
	#options(): PairOptions {
		const prng = this.#prng, quick = this.#crypto, isResumed = prng.chance(0.2);
		const chain = CHAINS[prng.below(CHAINS.length)]!, which = prng.below(12), at = prng.below(chain.length), requests = prng.chance(0.1);
		return {
			crypto: quick, start: prng.next() | 0, ...prng.chance(0.1) ? { id: bytesOf() } : {},
			...which === 0 ? { extraParameters: mutate(prng, bytesOf(prng.below(40), 1, prng.below(256), prng.below(40), 2, 0x40, prng.below(256))) } : {},
			...which === 1 ? { parameters: { [prng.below(0x24)]: mutate(prng, new Uint8Array(1 + prng.below(20)).fill(prng.below(256))) } } : {},
			...which === 5 ? { parameters: { 0x0d: bytesOf(new Uint8Array(24), 8, text("prefered"), new Uint8Array(16)), 0x11: bytesOf(0, 0, 0, 1, 0, 0, 0, 1), 0x20: bytesOf(0x44, 0xb0), 0x2ab2: bytesOf() } } : {},
			tls: {
				sign: () => quick.sign(), requests, ...isResumed ? { secret: SECRET, takesEarly: prng.chance(0.5) } : {},
				chain: which === 2 ? chain.map((der, i) => i === at ? mutateDer(prng, der) : der) : chain,
				...which === 3 ? { change: (_: number, bytes: Uint8Array) => prng.chance(0.3) ? bytesOf(bytes.slice(0, 4), mutate(prng, bytes.slice(4))) : bytes } : {},
				...which === 4 ? { change: (_: number, bytes: Uint8Array) => prng.chance(0.2) ? mutate(prng, bytes) : bytes } : {},
			},
			client: {
				random: new Prng(prng.next()), keepAlive: prng.chance(0.5) ? 10000 : 0, tickets: prng.chance(0.5), ...prng.chance(0.5) ? { datagrams: 2048 } : {},
				...prng.chance(0.3) ? { peerUniStreams: 2, peerBidiStreams: 1 } : {}, ...prng.chance(0.2) ? { versions: [VERSION_1, VERSION_2] } : {},
				...isResumed ? { earlyData: true, session: {
					ticket: new Uint8Array(200), secret: SECRET.slice(), suite: 0x1301, ageAdd: 1, lifetime: 3600, received: CALENDAR.seconds() - 60, until: CALENDAR.seconds() + 3600,
					maxEarlyData: 0xffffffff, transport: rememberParameters(VERSION_1, REMEMBERED),
				} } : {},
			},
		};
	}
}

/** A certificate in which one element was changed: its tag, its length or a byte of it, with the lengths around it as they were;
 *  or any byte. */
function mutateDer(prng: Prng, der: Uint8Array): Uint8Array {
	const heads: number[] = [];
	for (let at = 0; at + 1 < der.length;) {
		heads.push(at);
		const first = der[at + 1]!, size = first < 0x80 ? 0 : first & 3;
		// Into what is constructed, past what is not.
		at += (der[at]! & 0x20) !== 0 ? 2 + size : 2 + size + (size === 0 ? first : size === 1 ? der[at + 2]! : der[at + 2]! << 8 | der[at + 3]!);
	}
	const changed = der.slice(), head = heads[prng.below(heads.length)]!;
	switch (prng.below(5)) {
		case 0: changed[head] = prng.below(256); break;
		case 1: changed[head + 1] = prng.below(256); break;
		case 2: changed[Math.min(head + 2 + prng.below(8), der.length - 1)] = prng.below(256); break;
		case 3: return bytesOf(der.slice(0, head), der.slice(head + 2));
		default: return mutate(prng, der);
	}
	return changed;
}
