/** The client's side of an MQTT 5 session over one ordered stream. Performs no I/O; outlives its connections.
 *
 *  `open` at a new stream; then write received bytes where `reader` wants them, call `filled`, and `next` until
 *  SESSION_NONE. What is to be sent is in the stream's ring. */
import { MQTT_PACKET_MAX, MQTT_PING_TIMEOUT, MQTT_RECEIVE_MAXIMUM, OUTBOX_BLOCK, OUTBOX_BYTES } from "../config.js";
import type { SendRing } from "../wire/send-ring.js";
import { Acknowledgement } from "./acknowledgement.js";
import { Connack } from "./connack.js";
import { encodeConnect, setCleanStart } from "./connect.js";
import type { Will } from "./connect.js";
import { KEEP_ALIVE_LOST, KEEP_ALIVE_PING, KeepAlive } from "./keep-alive.js";
import { Message } from "./message.js";
import { Outbox } from "./outbox.js";
import { CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBLISH, SUBACK, UNSUBACK } from "./packet-type.js";
import { PacketReader } from "./packet-reader.js";
import { Publisher } from "./publisher.js";
import {
	DISCONNECT_WITH_WILL, FIRST_FAILURE, MALFORMED_PACKET, PACKET_TOO_LARGE, PROTOCOL_ERROR, SUCCESS, isPassing, reasonText,
} from "./reason-code.js";
import { connackText, disconnectText, withReason } from "./refusal.js";
import { PINGREQ_LENGTH, putDisconnect, putPingreq, putPuback } from "./short-packet.js";
import { Subscriptions } from "./subscriptions.js";

export const SESSION_NONE = 0;
/** CONNACK with success. */
export const SESSION_UP = 1;
/** A PUBLISH: `message` holds its ranges until `next` is called again. */
export const SESSION_MESSAGE = 2;
/** The broker refused a subscription or a message: `error` says which. The session goes on. */
export const SESSION_REFUSED = 3;
/** The connection is of no more use: `error` says why, `isPassing` whether another attempt soon may do better. */
export const SESSION_FAILED = 4;

export interface SessionOptions {
	clientId: string;
	userName?: string | undefined;
	password?: Uint8Array | undefined;
	/** Seconds; the server may set another value. */
	keepAlive: number;
	/** Seconds that the server keeps subscriptions and unacknowledged messages for us; default 3600. */
	sessionExpiry?: number | undefined;
	will?: Will | undefined;
	/** Bytes of the outbox; default OUTBOX_BYTES. */
	outboxBytes?: number | undefined;
}

const CLOSED = 0, CONNECTING = 1, UP = 2;

export class Session {
	readonly reader = new PacketReader(MQTT_PACKET_MAX);
	readonly connack = new Connack(this.reader);
	readonly message = new Message(this.reader);
	readonly subscriptions = new Subscriptions();
	readonly publisher: Publisher;
	error = "";
	isPassing = true;
	#acknowledgement = new Acknowledgement(this.reader);
	#keepAlive = new KeepAlive();
	#options: SessionOptions;
	#connect: Uint8Array;
	#ring: SendRing | undefined = undefined;
	// Its end when it was looked at last: tells whether something was sent.
	#ringEnd = 0;
	#state = CLOSED;
	// Since the first CONNACK: before it there is nothing to take up, and Clean Start is set.
	#hasSession = false;
	// Packet id of a PUBACK that the ring had no room for.
	#owed = 0;
	#toldRefusal = false;
	// Messages follow CONNECT without waiting for CONNACK.
	#isEarly = false;

	/** Throws a RangeError that says what to change where an option does not fit MQTT. */
	constructor(options: SessionOptions) {
		this.#options = options;
		this.#connect = this.#encode(options.clientId);
		this.publisher = new Publisher(new Outbox(options.outboxBytes ?? OUTBOX_BYTES, OUTBOX_BLOCK), this.connack);
	}

	/** Puts CONNECT into the ring of a new stream. Returns false where it does not fit. `isEarly`: the stream's bytes may
	 *  arrive twice (0-RTT). Then, at a broker that has answered before, messages of QoS 1 follow without waiting for CONNACK
	 *  (MQTT 5.0 §3.1.4): they may be repeated, and stay in the outbox until their PUBACK. */
	open(ring: SendRing, now: number, isEarly = false): boolean {
		const packet = this.#connect;
		if (ring.room < packet.length) {
			this.error = `CONNECT has ${packet.length} bytes and does not fit the stream's ${ring.room}: shorten the password or the will`;
			this.isPassing = false;
			return false;
		}
		this.reader.reset();
		this.#owed = 0;
		this.#toldRefusal = false;
		this.#ring = ring;
		this.#ringEnd = ring.end;
		this.#state = CONNECTING;
		ring.putBytes(packet, 0, packet.length);
		ring.commit();
		this.#isEarly = isEarly && this.#hasSession;
		if (this.#isEarly)
			this.publisher.openEarly(ring);
		this.#noteSent(now);
		return true;
	}

	/** The stream is gone. What has no PUBACK goes out again after the next `open`. */
	lost(): void {
		this.#ring = undefined;
		this.#state = CLOSED;
		this.#isEarly = false;
		this.#keepAlive.stop();
		this.publisher.lost();
	}

	/** `count` bytes were written to reader.bytes at reader.fillStart. */
	filled(count: number, now: number): void {
		this.reader.filled(count);
		this.#keepAlive.received(now);
	}

	/** Reads packets until one means something to the caller: returns a SESSION_* code. */
	next(now: number): number {
		while (this.#ring !== undefined && this.#settle(this.#ring)) {
			const type = this.reader.next();
			if (type === 0)
				break;
			const event = type < 0 ? this.#fail(-type) : this.#take(type, now);
			if (event !== SESSION_NONE)
				return event;
		}
		return SESSION_NONE;
	}

	/** See Publisher.publish. */
	publish(topic: number, qos: number, retain: boolean, bytes: Uint8Array, offset: number, end: number, now: number): number {
		const result = this.publisher.publish(topic, qos, retain, bytes, offset, end);
		this.#noteSent(now);
		return result;
	}

	/** Puts what waits as far as the ring has room: after every input. */
	drain(now: number): void {
		const ring = this.#ring;
		if (ring === undefined || (this.#state !== UP && !this.#isEarly))
			return;
		if (this.#state === UP && this.#settle(ring) && !this.publisher.isBusy)
			this.subscriptions.drain(ring);
		this.publisher.drain();
		this.#noteSent(now);
	}

	/** Returns SESSION_FAILED where PINGRESP did not come in time. */
	onTimeout(now: number): number {
		const due = this.#keepAlive.check(now, this.#isOwed);
		if (due === KEEP_ALIVE_LOST)
			return this.#giveUp("the broker did not answer PINGREQ within " + MQTT_PING_TIMEOUT / 1000 + " s");
		if (due === KEEP_ALIVE_PING && this.#ring !== undefined) {
			// Without room for it the ring has been full all the time: the server takes nothing, and the time-out finds out.
			if (!this.publisher.isBusy)
				putPingreq(this.#ring);
			this.#keepAlive.pinged(now);
		}
		return SESSION_NONE;
	}

	/** ms until `onTimeout` is wanted. */
	pollTimeout(now: number): number {
		return this.#keepAlive.pollTimeout(now, this.#isOwed);
	}

	/** A full ring has the transport ask already. */
	get #isOwed(): boolean {
		return this.publisher.isOwed && this.#ring !== undefined && this.#ring.room >= PINGREQ_LENGTH;
	}

	/** Puts DISCONNECT; the server publishes the will, so that the retained status is true. Returns false where it
	 *  cannot be put now. Nothing is read any more after it. */
	leave(): boolean {
		const ring = this.#ring;
		if (ring === undefined || this.publisher.isBusy)
			return false;
		if (!putDisconnect(ring, this.#options.will === undefined ? SUCCESS : DISCONNECT_WITH_WILL))
			return false;
		this.lost();
		return true;
	}

	#encode(clientId: string): Uint8Array {
		const { userName, password, keepAlive, sessionExpiry = 3600, will } = this.#options;
		return encodeConnect({
			clientId, userName, password, keepAlive, sessionExpiry, will, cleanStart: !this.#hasSession,
			receiveMaximum: MQTT_RECEIVE_MAXIMUM, maximumPacketSize: MQTT_PACKET_MAX, topicAliasMaximum: 0,
		});
	}

	#take(type: number, now: number): number {
		if (this.#state === CONNECTING)
			return type === CONNACK ? this.#takeConnack(now) : this.#fail(PROTOCOL_ERROR);
		switch (type) {
			case PUBLISH:
				return this.#takeMessage();
			case PUBACK: case SUBACK: case UNSUBACK: case DISCONNECT:
				return this.#takeAcknowledgement(type);
			case PINGRESP:
				if (this.reader.bodyStart !== this.reader.bodyEnd)
					return this.#fail(MALFORMED_PACKET);
				this.#keepAlive.answered();
				return SESSION_NONE;
			// A second CONNACK, AUTH without a method, and all of QoS 2, which neither side has asked for.
			default:
				return this.#fail(PROTOCOL_ERROR);
		}
	}

	#takeConnack(now: number): number {
		const connack = this.connack, fault = connack.read(this.reader);
		if (fault < 0)
			return this.#fail(-fault);
		if (connack.reasonCode !== SUCCESS) {
			this.error = connackText(connack);
			this.isPassing = isPassing(connack.reasonCode);
			this.lost();
			return SESSION_FAILED;
		}
		// "If the Client does not have Session State and receives Session Present set to 1 it MUST close the Network
		// Connection" [MQTT-3.2.2-4].
		if (connack.sessionPresent && !this.#hasSession)
			return this.#fail(PROTOCOL_ERROR);
		const tooLong = this.subscriptions.longerThan(connack.maximumPacketSize);
		if (tooLong !== "") {
			this.#giveUp(`the broker takes packets of ${connack.maximumPacketSize} bytes, and the subscription to "${tooLong}" has more`);
			this.isPassing = false;
			return SESSION_FAILED;
		}
		this.#hasSession = true;
		if (connack.assignedClientId !== "")
			this.#connect = this.#encode(connack.assignedClientId);
		setCleanStart(this.#connect, false);
		this.#state = UP;
		this.#keepAlive.start(connack.serverKeepAlive >= 0 ? connack.serverKeepAlive : this.#options.keepAlive, now);
		this.subscriptions.open(connack.sessionPresent);
		this.publisher.open(this.#ring!, connack.sessionPresent);
		return SESSION_UP;
	}

	#takeMessage(): number {
		const fault = this.message.read(this.reader);
		if (fault < 0)
			return this.#fail(-fault);
		if (this.message.qos === 1) {
			this.#owed = this.message.packetId;
			this.#settle(this.#ring!);
		}
		return SESSION_MESSAGE;
	}

	#takeAcknowledgement(type: number): number {
		const acknowledgement = this.#acknowledgement, fault = acknowledgement.read(type, this.reader);
		if (fault < 0)
			return this.#fail(-fault);
		if (type === DISCONNECT) {
			this.error = disconnectText(acknowledgement);
			this.isPassing = isPassing(acknowledgement.reasonCode) || acknowledgement.reasonCode < FIRST_FAILURE;
			this.lost();
			return SESSION_FAILED;
		}
		if (type === PUBACK) {
			const topic = this.publisher.acknowledge(acknowledgement.packetId, acknowledgement.reasonCode);
			// Once for each connection: at event rate the text would be all that the board does.
			if (topic < 0 || this.#toldRefusal)
				return SESSION_NONE;
			this.#toldRefusal = true;
			return this.#refused("a message to \"" + this.publisher.topics.textOf(topic) + "\"");
		}
		if (type === SUBACK) {
			if (acknowledgement.codesEnd - acknowledgement.codesStart !== 1)
				return this.#fail(PROTOCOL_ERROR);
			const filter = this.subscriptions.answered(acknowledgement.packetId, acknowledgement.reasonCode);
			if (filter !== "")
				return this.#refused("the subscription to \"" + filter + "\"");
		}
		return SESSION_NONE;
	}

	#refused(what: string): number {
		const { reasonCode, reasonString } = this.#acknowledgement;
		this.error = withReason("the broker refused " + what + ": " + reasonText(reasonCode), reasonString);
		return SESSION_REFUSED;
	}

	// Sends the PUBACK that is owed; until then nothing more is read, so one at a time is all there is.
	#settle(ring: SendRing): boolean {
		if (this.#owed === 0)
			return true;
		if (this.publisher.isBusy || !putPuback(ring, this.#owed))
			return false;
		this.#owed = 0;
		return true;
	}

	// MQTT 5.0 §4.13: DISCONNECT with the reason code, then the connection is closed.
	#fail(code: number): number {
		if (this.#ring !== undefined && !this.publisher.isBusy)
			putDisconnect(this.#ring, code);
		return this.#giveUp(code === PACKET_TOO_LARGE ?
			`the broker sent a packet of more than the ${MQTT_PACKET_MAX} bytes that it was told to keep to` :
			"the broker sent what MQTT 5 does not allow: " + reasonText(code));
	}

	#giveUp(error: string): number {
		this.error = error;
		this.isPassing = true;
		this.lost();
		return SESSION_FAILED;
	}

	#noteSent(now: number): void {
		if (this.#ring !== undefined && this.#ring.end !== this.#ringEnd) {
			this.#ringEnd = this.#ring.end;
			this.#keepAlive.sent(now);
		}
	}
}
