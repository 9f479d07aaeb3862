/** An MQTT 5 broker in memory, and a transport that carries the stream's bytes as they are: one datagram, some bytes.
 *  QUIC has its own specs; here the board's loop is looked at. */
import type { DatagramSocket, DatagramSocketFactory } from "../../../firmware/ports/datagram-socket.js";
import { ConnectionStatistics } from "../../../firmware/quic/connection-statistics.js";
import { TRANSPORT_CLOSED, TRANSPORT_CONFIRMED, TRANSPORT_CONNECTED, TRANSPORT_CREDIT, TRANSPORT_NONE, TRANSPORT_READABLE, type Transport } from "../../../firmware/uplink/transport.js";
import { SendRing } from "../../../firmware/wire/send-ring.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";
import { hex } from "#test";

const HELLO = 0xf0, GOODBYE = 0xf1, DATA = 0xf2;
const DATAGRAM_MAX = 1200;

/** Begins with a HELLO that the broker answers; then DATA with bytes of the stream; at the end GOODBYE. Loses nothing. */
export class MockTransport implements Transport {
	readonly statistics = new ConnectionStatistics();
	eventStream = 0;
	closeReason = "";
	isPassing = true;
	#ring = new SendRing(8192);
	#events: number[] = [];
	#received: number[] = [];
	#owed: number[] = [];

	connect(): void {
		this.#owed.push(HELLO);
		this.statistics.cipher = "NONE";
		this.statistics.handshakeDatagrams = 1;
		this.statistics.handshakeBytes = 1;
	}

	receive(bytes: Uint8Array, length: number): void {
		this.statistics.packetsReceived++;
		if (bytes[0] === HELLO) {
			this.statistics.established = true;
			this.#events.push(TRANSPORT_CONNECTED, TRANSPORT_CREDIT, TRANSPORT_CONFIRMED);
		}
		else if (bytes[0] === GOODBYE) {
			this.closeReason = "the server closed the connection";
			this.#events.push(TRANSPORT_CLOSED);
		}
		else {
			for (let i = 1; i < length; i++)
				this.#received.push(bytes[i]!);
			this.#events.push(TRANSPORT_READABLE);
		}
	}

	lost(reason: string): void {
		this.closeReason = reason;
		this.#events.push(TRANSPORT_CLOSED);
	}

	onTimeout(): void {
	}

	pollTransmit(into: Uint8Array): number {
		const ring = this.#ring, from = ring.base, to = Math.min(ring.end, from + DATAGRAM_MAX - 1);
		if (from === to || this.#owed[0] === HELLO) {
			const owed = this.#owed.shift();
			if (owed === undefined)
				return 0;
			into[0] = owed;
			return this.#count(1);
		}
		// What was written last goes with the end, as with QUIC.
		into[0] = this.#owed.shift() ?? DATA;
		ring.copy(from, to, into, 1);
		ring.release(to);
		return this.#count(1 + to - from);
	}

	#count(length: number): number {
		this.statistics.packetsSent++;
		return length;
	}

	pollTimeout(): number {
		return this.#owed.length > 0 ? 0 : NO_TIMEOUT;
	}

	pollEvent(): number {
		return this.#events.shift() ?? TRANSPORT_NONE;
	}

	openStream(): number {
		return 0;
	}

	sendRing(): SendRing {
		return this.#ring;
	}

	read(_stream: number, into: Uint8Array, at: number, end: number): number {
		const taken = this.#received.splice(0, end - at);
		into.set(taken, at);
		return taken.length;
	}

	isFinished(): boolean {
		return false;
	}

	close(): void {
		this.#owed.push(GOODBYE);
	}

	dispose(): void {
		this.#owed = [];
	}
}

export interface Published {
	topic: string;
	payload: string;
	qos: number;
	retain: boolean;
}

export class MockBroker {
	readonly published: Published[] = [];
	/** Of each of them, hex. */
	readonly properties: string[] = [];
	/** What the board has subscribed to. */
	readonly filters: string[] = [];
	/** The PUBLISH packets as they came, hex. */
	readonly packets: string[] = [];
	/** Types of the other packets, and GOODBYE. */
	readonly heard: string[] = [];
	connections = 0;
	/** The reason code of DISCONNECT. */
	disconnectReason = -1;
	/** False: no answer to anything. */
	isAlive = true;
	#socket: DatagramSocket;
	#bytes: number[] = [];
	#peerAddress = 0;
	#peerPort = 0;

	constructor(factory: DatagramSocketFactory, address: number, port: number) {
		const buffer = new Uint8Array(2048);
		this.#socket = factory({
			address, port, onReadable: () => {
				for (let length = this.#socket.receive(buffer); length >= 0; length = this.#socket.receive(buffer))
					if (this.isAlive)
						this.#receive(buffer, length);
			},
		});
	}

	/** The payloads that came to a topic. */
	payloadsOf(topic: string): string[] {
		return this.published.filter(message => message.topic === topic).map(message => message.payload);
	}

	/** A PUBLISH of QoS 0 to the board. */
	publish(topic: string, payload: readonly number[], { responseTopic, correlation, retain, qos = 0, duplicate = false }: { responseTopic?: string, correlation?: readonly number[], retain?: boolean, qos?: 0 | 1, duplicate?: boolean } = {}): void {
		const counted = (bytes: readonly number[]) => [bytes.length >> 8, bytes.length & 0xff, ...bytes];
		const codes = (value: string) => Array.from(value, character => character.charCodeAt(0));
		const properties = [
			...responseTopic === undefined ? [] : [0x08, ...counted(codes(responseTopic))], ...correlation === undefined ? [] : [0x09, ...counted(correlation)],
		];
		const size = (value: number) => value < 128 ? [value] : [value & 0x7f | 0x80, value >> 7];
		const body = [...counted(codes(topic)), ...qos === 0 ? [] : [0, 7], ...size(properties.length), ...properties, ...payload];
		this.#send([DATA, 0x30 | (retain === true ? 1 : 0) | qos << 1 | (duplicate ? 8 : 0), ...size(body.length), ...body]);
	}

	/** Ends the connection, as a broker does that stops. */
	goodbye(): void {
		this.#send([GOODBYE]);
	}

	/** A datagram of anything to the board, from the broker's port. */
	sendRaw(bytes: number[]): void {
		this.#send(bytes);
	}

	#receive(buffer: Uint8Array, length: number): void {
		this.#peerAddress = this.#socket.sourceAddress;
		this.#peerPort = this.#socket.sourcePort;
		if (buffer[0] === HELLO) {
			this.connections++;
			this.#bytes = [];
			this.#send([HELLO]);
		}
		else {
			for (let i = 1; i < length; i++)
				this.#bytes.push(buffer[i]!);
			while (this.#takePacket());
			if (buffer[0] === GOODBYE)
				this.heard.push("GOODBYE");
		}
	}

	#takePacket(): boolean {
		let length = 0, at = 1, shift = 0;
		for (; ; at++, shift += 7) {
			if (at >= this.#bytes.length)
				return false;
			length |= (this.#bytes[at]! & 0x7f) << shift;
			if (this.#bytes[at]! < 0x80)
				break;
		}
		if (this.#bytes.length < at + 1 + length)
			return false;
		const packet = this.#bytes.splice(0, at + 1 + length);
		this.#packet(packet[0]!, packet.slice(at + 1), packet);
		return true;
	}

	#packet(first: number, body: number[], packet: number[]): void {
		switch (first >> 4) {
			case 1:
				this.heard.push("CONNECT");
				this.#send([DATA, 0x20, 3, 0, 0, 0]);
				break;
			case 3:
				this.packets.push(hex(Uint8Array.from(packet)));
				this.#publish(first, body);
				break;
			case 8:
				this.filters.push(String.fromCharCode(...body.slice(5, -1)));
				this.#send([DATA, 0x90, 4, body[0]!, body[1]!, 0, body.at(-1)! & 3]);
				break;
			case 12:
				this.heard.push("PINGREQ");
				this.#send([DATA, 0xd0, 0]);
				break;
			case 14:
				this.heard.push("DISCONNECT");
				this.disconnectReason = body[0] ?? 0;
				// Stands for the acknowledgment of what came.
				this.#send([DATA]);
				break;
		}
	}

	#publish(first: number, body: number[]): void {
		const qos = first >> 1 & 3, topicEnd = 2 + body[0]! * 256 + body[1]!, idEnd = topicEnd + (qos > 0 ? 2 : 0);
		const payload = body.slice(idEnd + 1 + body[idEnd]!);
		this.properties.push(hex(Uint8Array.from(body.slice(idEnd + 1, idEnd + 1 + body[idEnd]!))));
		this.published.push({
			topic: String.fromCharCode(...body.slice(2, topicEnd)), payload: hex(Uint8Array.from(payload)), qos, retain: (first & 1) !== 0,
		});
		if (qos > 0)
			this.#send([DATA, 0x40, 2, body[topicEnd]!, body[topicEnd + 1]!]);
	}

	#send(bytes: number[]): void {
		this.#socket.send(Uint8Array.from(bytes), 0, bytes.length, this.#peerAddress, this.#peerPort);
	}
}
