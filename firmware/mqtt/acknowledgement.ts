/** The short packets of a server: PUBACK, SUBACK, UNSUBACK, DISCONNECT (MQTT 5.0 §3.4, §3.9, §3.11, §3.14). */
import { DISCONNECT, PUBACK } from "./packet-type.js";
import type { PacketReader } from "./packet-reader.js";
import { REASON_STRING, SERVER_REFERENCE } from "./property.js";
import { PropertyReader } from "./property-reader.js";
import { MALFORMED_PACKET, PROTOCOL_ERROR } from "./reason-code.js";
import { decodeUtf8 } from "../wire/utf8.js";

export class Acknowledgement {
	/** 0 in DISCONNECT, which has none. */
	packetId = 0;
	/** The reason code; of SUBACK and UNSUBACK, the first of the list. */
	reasonCode = 0;
	/** Range of the list of reason codes in SUBACK and UNSUBACK, one for each filter. */
	codesStart = 0;
	codesEnd = 0;
	#reasonStart = 0;
	#reasonEnd = 0;
	#referenceStart = 0;
	#referenceEnd = 0;
	#bytes: Uint8Array;
	#properties: PropertyReader;

	constructor(reader: PacketReader) {
		this.#bytes = reader.bytes;
		this.#properties = new PropertyReader(reader.bytes, reader.view);
	}

	/** Reads the packet of `type` that `reader` stands on. Returns 0, or the negative reason code. */
	read(type: number, reader: PacketReader): number {
		const end = reader.bodyEnd;
		let at = reader.bodyStart;
		this.packetId = this.reasonCode = 0;
		this.#reasonStart = this.#reasonEnd = this.#referenceStart = this.#referenceEnd = 0;
		if (type !== DISCONNECT) {
			if (end - at < 2)
				return -MALFORMED_PACKET;
			this.packetId = reader.view.getUint16(at);
			at += 2;
			if (this.packetId === 0)
				return -PROTOCOL_ERROR;
		}
		return type === PUBACK || type === DISCONNECT ? this.#readShort(type, at, end) : this.#readList(type, at, end);
	}

	/** The server's own words, "" where it gave none. Allocates. */
	get reasonString(): string {
		return decodeUtf8(this.#bytes, this.#reasonStart, this.#reasonEnd);
	}

	/** Where DISCONNECT sends us to, "" where nowhere. Allocates. */
	get serverReference(): string {
		return decodeUtf8(this.#bytes, this.#referenceStart, this.#referenceEnd);
	}

	// "The Reason Code and Property Length can be omitted if the Reason Code is 0x00 and there are no Properties" (§3.4.2.1, §3.14.2.1).
	#readShort(type: number, at: number, end: number): number {
		if (at === end)
			return 0;
		this.reasonCode = this.#bytes[at++]!;
		if (at === end)
			return 0;
		const fault = this.#readProperties(type, at, end);
		return fault < 0 ? fault : this.#properties.listEnd === end ? 0 : -MALFORMED_PACKET;
	}

	#readList(type: number, at: number, end: number): number {
		const fault = this.#readProperties(type, at, end);
		if (fault < 0)
			return fault;
		this.codesStart = this.#properties.listEnd;
		this.codesEnd = end;
		if (this.codesStart === end)
			return -MALFORMED_PACKET;
		this.reasonCode = this.#bytes[this.codesStart]!;
		return 0;
	}

	#readProperties(type: number, at: number, end: number): number {
		const properties = this.#properties;
		const fault = properties.begin(type, at, end);
		if (fault < 0)
			return fault;
		for (let id = properties.next(); id !== 0; id = properties.next()) {
			if (id < 0)
				return id;
			if (id === REASON_STRING) {
				this.#reasonStart = properties.start;
				this.#reasonEnd = properties.end;
			}
			else if (id === SERVER_REFERENCE) {
				this.#referenceStart = properties.start;
				this.#referenceEnd = properties.end;
			}
		}
		return 0;
	}
}
