/** A QUIC server for tests, built on the client's packet layer: it does what a test tells it, right or wrong.
 *  It keeps no timers and repeats nothing; a test gives its datagrams to the client, or loses them. */
import type { Crypto } from "../../../firmware/ports/crypto.js";
import { AEAD_AES_128_GCM, AEAD_CHACHA20_POLY1305, TAG_LENGTH } from "../../../firmware/ports/crypto.js";
import { PACKET_HANDSHAKE, PACKET_INITIAL, PACKET_ZERO_RTT, PacketHeader } from "../../../firmware/quic/packet-header.js";
import { writePacketNumber } from "../../../firmware/quic/packet-number.js";
import { PacketProtection, initialProtection } from "../../../firmware/quic/packet-protection.js";
import { writeVarint, writeVarint2 } from "../../../firmware/quic/varint.js";
import { VERSION_1, versionOf } from "../../../firmware/quic/versions.js";
import { certificates } from "../../tls/support/certificates.js";
import { P256Key } from "../../tls/support/p256.js";
import { TestServer, type ServerOptions } from "../../tls/support/test-server.js";
import { ack, bytesOf, crypto as cryptoFrame, handshakeDone, parseFrames, varints, type ParsedFrame } from "./frames.js";
import { sealRetry } from "./seal-retry.js";

/** A header that is not long. */
const PACKET_SHORT = -1;

export const INITIAL = 0;
export const HANDSHAKE = 1;
export const APPLICATION = 2;

export const PEER_ID = bytesOf(0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7);
export const RETRY_ID = bytesOf(0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7);
export const RESET_TOKEN = bytesOf(0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f);

export interface PeerOptions {
	/** Transport parameters by id: replaces those that a good server sends; undefined leaves one out. */
	parameters?: Record<number, Uint8Array | undefined>;
	/** Appended to the transport parameters as it is. */
	extraParameters?: Uint8Array;
	tls?: Partial<ServerOptions>;
	id?: Uint8Array;
	/** What the peer speaks; version 1 unless given. Another one than the client begins with: it goes on in this one. */
	version?: number;
}

export interface ParsedPacket {
	space: number;
	number: number;
	/** Bytes of the packet on the wire. */
	length: number;
	token: Uint8Array;
	destination: Uint8Array;
	phase: number;
	frames: ParsedFrame[];
	/** Of the long header; 0: a short one. */
	version: number;
	isEarly: boolean;
	/** The QUIC bit. */
	fixedBit: boolean;
}

export interface SealOptions {
	number?: number;
	/** Set in the first byte before protection: reserved bits, key phase. */
	bits?: number;
	source?: Uint8Array;
	destination?: Uint8Array;
	token?: Uint8Array;
	keys?: PacketProtection;
	/** A short header without the QUIC bit. */
	clearsFixedBit?: boolean;
}

let signer: P256Key | undefined;

export class TestPeer {
	/** Everything the client sent, in order. */
	readonly packets: ParsedPacket[] = [];
	/** Packet numbers that came, by space. */
	readonly numbers = [new Set<number>(), new Set<number>(), new Set<number>()];
	/** Lengths of the client's datagrams. */
	readonly datagrams: number[] = [];
	/** Packets that could not be opened. */
	unreadable = 0;
	readonly id: Uint8Array;
	originalId = new Uint8Array(0) as Uint8Array;
	retryId: Uint8Array | undefined;
	readonly nextNumber = [0, 0, 0];
	readonly largest = [-1, -1, -1];
	readonly send: (PacketProtection | undefined)[] = [undefined, undefined, undefined];
	readonly receive: (PacketProtection | undefined)[] = [undefined, undefined, undefined];
	phase = 0;
	/** Of the packets that it sends from here on. */
	version: number;
	/** Of early data; undefined: none was offered, or it is not looked at. */
	early: PacketProtection | undefined;
	/** Early packets that came before the keys: the client's first datagrams. */
	#held: Uint8Array[] = [];
	readonly tls: TestServer;
	#crypto: Crypto;
	/** Version of the Initial packets that come. */
	#receives = VERSION_1;
	#options: PeerOptions;
	#header = new PacketHeader();
	#hello = new Uint8Array(0) as Uint8Array;
	/** Where the ClientHello that ServerHello answers begins, and where ServerHello does. */
	#helloAt = 0;
	#serverHelloAt = 0;
	#serverHello: Uint8Array | undefined;
	#flight: Uint8Array | undefined;

	constructor(crypto: Crypto, options: PeerOptions = {}) {
		this.#crypto = crypto;
		this.#options = options;
		this.id = options.id ?? PEER_ID;
		this.version = options.version ?? VERSION_1;
		const key = signer ??= new P256Key(crypto, "leaf");
		const peer = this;
		this.tls = new TestServer({
			crypto, chain: certificates("leaf"), sign: content => key.sign(content),
			get transportParameters() { return peer.#parameters(); },
			...options.tls,
		});
	}

	/** Takes a datagram of the client: opens every packet in it. */
	take(datagram: Uint8Array): void {
		this.datagrams.push(datagram.length);
		this.#takeAll(datagram);
	}

	#takeAll(datagram: Uint8Array): void {
		const bytes = datagram.slice(), header = this.#header;
		for (let at = 0; at < bytes.length; at = header.end) {
			const code = this.#parse(bytes, at);
			if (code < 0)
				throw new Error(`the client sent a packet that cannot be parsed: ${code}`);
			this.#open(bytes, at);
		}
	}

	/** The frames of the client's packets in `space` (all spaces unless given), since packet `from` of `packets`. */
	frames(space = -1, from = 0): ParsedFrame[] {
		return this.packets.slice(from).filter(packet => space < 0 || packet.space === space).flatMap(packet => packet.frames);
	}

	/** An ACK frame of what came in `space`, the newest 30 ranges. */
	acknowledge(space = APPLICATION): Uint8Array {
		const numbers = [...this.numbers[space]!].sort((a, b) => b - a), ranges: [number, number][] = [];
		for (const number of numbers) {
			const range = ranges[ranges.length - 1];
			if (range !== undefined && range[0] === number + 1)
				range[0] = number;
			else if (ranges.length < 30)
				ranges.push([number, number]);
		}
		return ack(ranges);
	}

	/** HelloRetryRequest with those extensions in an Initial packet, with an ACK. */
	helloRetryPacket(...extensions: Uint8Array[]): Uint8Array {
		const message = this.tls.retry(this.#hello, ...extensions);
		this.#helloAt = this.#hello.length;
		this.#serverHelloAt = message.length;
		return this.seal(INITIAL, bytesOf(this.acknowledge(INITIAL), cryptoFrame(0, message)));
	}

	/** ServerHello in an Initial packet, with an ACK; sets the Handshake keys. */
	initialPacket(): Uint8Array {
		if (this.#serverHello === undefined) {
			this.#serverHello = this.tls.serverHello(this.#hello.slice(this.#helloAt));
			this.send[HANDSHAKE] = this.#keys(this.tls.serverHandshakeSecret);
			this.receive[HANDSHAKE] = this.#keys(this.tls.clientHandshakeSecret);
			if (this.tls.resumed && this.#options.tls?.takesEarly === true)
				this.early = this.#keys(this.tls.earlySecret);
			this.readEarly();
		}
		return this.seal(INITIAL, bytesOf(this.acknowledge(INITIAL), cryptoFrame(this.#serverHelloAt, this.#serverHello)));
	}

	/** EncryptedExtensions to Finished; sets the 1-RTT keys. After `initialPacket`. */
	get flight(): Uint8Array {
		if (this.#flight === undefined) {
			this.#flight = bytesOf(...this.tls.flight());
			this.send[APPLICATION] = this.#keys(this.tls.serverSecret);
			this.receive[APPLICATION] = this.#keys(this.tls.clientSecret);
		}
		return this.#flight;
	}

	/** The flight in Handshake packets of at most `size` bytes of CRYPTO data. */
	handshakePackets(size = 1000): Uint8Array[] {
		const flight = this.flight, packets: Uint8Array[] = [];
		for (let at = 0; at < flight.length; at += size)
			packets.push(this.seal(HANDSHAKE, cryptoFrame(at, flight.slice(at, at + size))));
		return packets;
	}

	/** HANDSHAKE_DONE with an ACK of what came. */
	donePacket(): Uint8Array {
		const acknowledged = this.largest[APPLICATION]! >= 0 ? this.acknowledge() : bytesOf();
		return this.seal(APPLICATION, bytesOf(acknowledged, handshakeDone()));
	}

	/** A protected packet of `space` with that payload. */
	seal(space: number, payload: Uint8Array, options: SealOptions = {}): Uint8Array {
		const number = options.number ?? this.nextNumber[space]!++;
		const source = options.source ?? this.id, destination = options.destination ?? bytesOf(), token = options.token ?? bytesOf();
		const bytes = new Uint8Array(64 + source.length + destination.length + token.length + payload.length + TAG_LENGTH);
		let at = 0;
		if (space === APPLICATION) {
			bytes[at++] = (options.clearsFixedBit ? 0x01 : 0x41) | this.phase << 2 | (options.bits ?? 0);
			bytes.set(destination, at);
			at += destination.length;
		}
		else {
			const { number: version, typeShift } = versionOf(this.version)!;
			bytes[at++] = 0xc1 | ((space === INITIAL ? 0 : 2) + typeShift & 3) << 4 | (options.bits ?? 0);
			bytes.set([version >>> 24, version >>> 16 & 255, version >>> 8 & 255, version & 255, destination.length], at);
			bytes.set(destination, at + 5);
			at += 5 + destination.length;
			bytes[at++] = source.length;
			bytes.set(source, at);
			at += source.length;
			if (space === INITIAL) {
				at = writeVarint(bytes, at, token.length);
				bytes.set(token, at);
				at += token.length;
			}
			at += 2;
		}
		const numberAt = at;
		at = writePacketNumber(bytes, at, number, 2);
		bytes.set(payload, at);
		at += payload.length;
		// Room for the header protection's sample.
		while (at < numberAt + 4 && payload.length > 0)
			bytes[at++] = 0;
		if (space !== APPLICATION)
			writeVarint2(bytes, numberAt - 2, at + TAG_LENGTH - numberAt);
		const keys = options.keys ?? this.send[space];
		if (keys === undefined)
			throw new Error(`the peer has no keys for space ${space}`);
		return bytes.slice(0, keys.seal(bytes, 0, numberAt, 2, at, number));
	}

	/** A Retry packet for the client's first Initial; the peer goes on as the server that comes after it. */
	retry(token: Uint8Array, id = RETRY_ID): Uint8Array {
		const bytes = new Uint8Array(64 + id.length + token.length);
		const { number: version, typeShift } = versionOf(this.version)!;
		bytes.set([0xc0 | (3 + typeShift & 3) << 4, version >>> 24, version >>> 16 & 255, version >>> 8 & 255, version & 255, 0, id.length]);
		bytes.set(id, 7);
		bytes.set(token, 7 + id.length);
		const end = sealRetry(this.#crypto, this.originalId, bytes, 0, 7 + id.length + token.length, versionOf(this.version));
		return bytes.slice(0, end);
	}

	/** The Retry was accepted: Initial keys for its id. */
	afterRetry(id = RETRY_ID): void {
		this.retryId = id;
		this.#installInitial(id);
	}

	versionNegotiation(versions: number[], source = this.originalId, destination = bytesOf()): Uint8Array {
		const list = versions.flatMap(version => [version >>> 24, version >>> 16 & 255, version >>> 8 & 255, version & 255]);
		return bytesOf(0x80, 0, 0, 0, 0, destination.length, destination, source.length, source, Uint8Array.from(list));
	}

	/** A stateless reset with that token. */
	statelessReset(token = RESET_TOKEN, length = 40): Uint8Array {
		const bytes = new Uint8Array(length).fill(0x5a);
		bytes.set(token, length - token.length);
		return bytes;
	}

	/** The server changes to its version, as compatible version negotiation does: `seal` and what comes are of it now. */
	changeVersion(version: number): void {
		this.version = version;
		this.#installInitial(this.retryId ?? this.originalId);
	}

	/** Forgets the client: the next Initial packet begins another connection attempt. */
	restart(): void {
		this.send[INITIAL] = this.receive[INITIAL] = undefined;
		this.#hello = new Uint8Array(0);
		this.numbers[INITIAL]!.clear();
		this.largest[INITIAL] = -1;
	}

	/** Opens the early packets that came before the keys. */
	readEarly(): void {
		if (this.early !== undefined)
			for (const datagram of this.#held.splice(0))
				this.#takeAll(datagram);
	}

	#keys(secret: Uint8Array): PacketProtection {
		return new PacketProtection(this.#crypto, this.#aead, secret, versionOf(this.version)!.label);
	}

	get #aead(): number {
		return this.#options.tls?.suite === 0x1303 ? AEAD_CHACHA20_POLY1305 : AEAD_AES_128_GCM;
	}

	#installInitial(id: Uint8Array): void {
		this.send[INITIAL] = initialProtection(this.#crypto, id, "server in", versionOf(this.version));
		this.receive[INITIAL] = initialProtection(this.#crypto, id, "client in", versionOf(this.#receives));
	}

	#parse(bytes: Uint8Array, at: number): number {
		const header = this.#header;
		if ((bytes[at]! & 0x80) !== 0)
			return header.parse(bytes, at, bytes.length);
		header.type = PACKET_SHORT;
		header.destinationAt = at + 1;
		header.destinationLength = this.id.length;
		header.numberAt = at + 1 + this.id.length;
		header.end = bytes.length;
		return 0;
	}

	#open(bytes: Uint8Array, at: number): void {
		const header = this.#header;
		const isEarly = header.type === PACKET_ZERO_RTT;
		if (isEarly && this.early === undefined) {
			this.#held.push(bytes.slice(at, header.end));
			return;
		}
		const space = isEarly || header.type === PACKET_SHORT ? APPLICATION : header.type === PACKET_HANDSHAKE ? HANDSHAKE : INITIAL;
		if (header.type === PACKET_INITIAL && this.send[INITIAL] === undefined) {
			this.#receives = header.version;
			this.originalId = bytes.slice(header.destinationAt, header.destinationAt + header.destinationLength);
			this.#installInitial(this.originalId);
		}
		if (header.type === PACKET_INITIAL && header.version !== this.#receives) {
			this.#receives = header.version;
			this.receive[INITIAL] = initialProtection(this.#crypto, this.retryId ?? this.originalId, "client in", versionOf(header.version));
		}
		const keys = isEarly ? this.early : this.receive[space];
		if (keys === undefined || !keys.unmask(bytes, at, header.numberAt, header.end, this.largest[space]!)) {
			this.unreadable++;
			return;
		}
		const number = keys.packetNumber, payloadAt = keys.payloadAt;
		const end = keys.open(bytes, at, payloadAt, header.end, number);
		if (end < 0) {
			this.unreadable++;
			return;
		}
		this.numbers[space]!.add(number);
		if (number > this.largest[space]!)
			this.largest[space] = number;
		const frames = parseFrames(bytes.slice(payloadAt, end));
		if (space === INITIAL)
			for (const frame of frames)
				if (frame.type === 6 && frame.values[0] === this.#hello.length)
					this.#hello = bytesOf(this.#hello, frame.data);
		this.packets.push({
			space, number, length: header.end - at, frames, phase: bytes[at]! >> 2 & 1,
			token: header.type === PACKET_INITIAL ? bytes.slice(header.tokenAt, header.tokenAt + header.tokenLength) : bytesOf(),
			destination: bytes.slice(header.destinationAt, header.destinationAt + header.destinationLength),
			version: header.type === PACKET_SHORT ? 0 : header.version, isEarly, fixedBit: (bytes[at]! & 0x40) !== 0,
		});
	}

	#parameters(): Uint8Array {
		const parameters: Record<number, Uint8Array | undefined> = {
			0x00: this.originalId, 0x01: varints(30000), 0x02: RESET_TOKEN, 0x04: varints(65536), 0x05: varints(16384), 0x06: varints(16384), 0x08: varints(8),
			0x0f: this.id, 0x10: this.retryId, ...this.#options.parameters,
		};
		if (this.id.length === 0 && this.#options.parameters?.[2] === undefined)
			parameters[2] = undefined;
		const parts: Uint8Array[] = [];
		for (const key of Object.keys(parameters)) {
			const value = parameters[Number(key)];
			if (value !== undefined)
				parts.push(bytesOf(varints(Number(key), value.length), value));
		}
		return bytesOf(...parts, this.#options.extraParameters ?? bytesOf());
	}
}
