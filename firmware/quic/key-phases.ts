/** Keys of the 1-RTT space over key updates (RFC 9001 §6). */
import { AEAD_CHACHA20_POLY1305 } from "../ports/crypto.js";
import { CONFIDENTIALITY_LIMIT_AES, type PacketProtection } from "./packet-protection.js";
import type { PacketSpace } from "./packet-space.js";
import { KEY_UPDATE_ERROR, TransportError } from "./transport-error.js";

export class KeyPhases {
	/** The Key Phase bit of what we send: 0 or 1. */
	phase = 0;
	/** Packets that one key may seal; half of it starts an update. */
	sealLimit: number;
	#space: PacketSpace;
	/** Lowest packet number that came in the current phase. */
	#firstReceived = 0;
	/** Number of the first packet that was sent in the current phase. */
	#firstSent = 0;
	#previous: PacketProtection | undefined;
	#previousUntil = 0;
	#next: PacketProtection | undefined;

	constructor(space: PacketSpace) {
		this.#space = space;
		this.sealLimit = space.sendKeys!.aead === AEAD_CHACHA20_POLY1305 ? Infinity : CONFIDENTIALITY_LIMIT_AES;
	}

	/** Opens the packet that the space's receive keys have unmasked; follows the peer's key update.
	 *  `keepFor`: ms that old keys stay. Returns the payload's end or -1. */
	open(bytes: Uint8Array, start: number, end: number, now: number, keepFor: number): number {
		const keys = this.#space.receiveKeys!;
		const number = keys.packetNumber, payloadAt = keys.payloadAt;
		const phase = bytes[start]! >> 2 & 1;
		if (phase === this.phase) {
			const opened = keys.open(bytes, start, payloadAt, end, number);
			if (opened >= 0 && number < this.#firstReceived) {
				if (this.#firstReceived === Infinity)
					this.#previousUntil = now + keepFor | 0;
				this.#firstReceived = number;
			}
			return opened;
		}
		if (this.#previous !== undefined && number < this.#firstReceived) {
			if (this.#firstReceived !== Infinity && (now - this.#previousUntil | 0) > 0) {
				this.#previous.close();
				this.#previous = undefined;
				return -1;
			}
			return this.#previous.open(bytes, start, payloadAt, end, number);
		}
		this.#next ??= keys.next();
		const opened = this.#next.open(bytes, start, payloadAt, end, number);
		if (opened < 0)
			return -1;
		// RFC 9001 §6.4: "Packets with higher packet numbers MUST be protected with either the same or newer packet
		// protection keys than packets with lower packet numbers."
		if (number < this.#space.received.largest)
			throw new TransportError(KEY_UPDATE_ERROR, "key phase changed on a lower packet number");
		if (this.phase !== 0 || this.#previous !== undefined) {
			if (this.#space.sendKeys!.sealed === 0)
				throw new TransportError(KEY_UPDATE_ERROR, "second key update before the first was acknowledged");
		}
		this.#rotate();
		this.#firstReceived = number;
		this.#previousUntil = now + keepFor | 0;
		return opened;
	}

	/** Starts a key update where the key has sealed half of what it may (RFC 9001 §6.6). Returns false where the
	 *  limit is reached and the connection must end. Only after the handshake was confirmed. */
	renew(isConfirmed: boolean): boolean {
		const sealed = this.#space.sendKeys!.sealed;
		if (sealed * 2 < this.sealLimit)
			return true;
		return this.update(isConfirmed) || sealed < this.sealLimit;
	}

	/** Starts a key update. Returns false where that is not allowed yet. RFC 9001 §6.1: "An endpoint MUST NOT initiate a
	 *  subsequent key update unless it has received an acknowledgment for a packet that was sent protected with keys from the
	 *  current key phase." */
	update(isConfirmed: boolean): boolean {
		if (!isConfirmed || this.#firstReceived === Infinity || this.#space.largestAcked < this.#firstSent)
			return false;
		this.#rotate();
		this.#firstReceived = Infinity;
		return true;
	}

	/** Wipes the keys that the space does not hold itself. */
	close(): void {
		this.#previous?.close();
		this.#next?.close();
		this.#previous = this.#next = undefined;
	}

	#rotate(): void {
		const space = this.#space;
		this.#previous?.close();
		this.#previous = space.receiveKeys;
		space.receiveKeys = this.#next ?? space.receiveKeys!.next();
		this.#next = undefined;
		const send = space.sendKeys!;
		space.sendKeys = send.next();
		send.close();
		this.phase ^= 1;
		this.#firstSent = space.nextNumber;
	}
}
