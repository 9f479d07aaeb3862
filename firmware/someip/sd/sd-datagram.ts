/** The SD messages of one datagram, one after the other, and who they are from. */
import { DROP_MESSAGE_TYPE, DROP_PROTOCOL_VERSION, DROP_SD_HEADER, type Statistics } from "../drop.js";
import { Message, TYPE_NOTIFICATION } from "../header.js";
import { SD_INTERFACE_VERSION, SD_METHOD, SD_SERVICE } from "./entry.js";
import type { PeerTable } from "./peer.js";
import { SdReader } from "./sd-reader.js";
import type { Topology } from "./topology.js";

export class SdDatagram {
	readonly reader: SdReader;
	/** Where the sender's SD is: source address and port, or what its SD endpoint option says (feat_req_someipsd_1084). */
	address = 0;
	port = 0;
	sessionId = 0;
	#message = new Message();
	#at = 0;
	#end = 0;
	#sourceAddress = 0;
	#sourcePort = 0;
	#topology: Topology;
	#peers: PeerTable;

	/** `peers` and `group`: whose addresses are still needed, whatever a message brings. */
	constructor(topology: Topology, peers: PeerTable, group: number) {
		this.reader = new SdReader(topology);
		this.#topology = topology;
		this.#peers = peers;
		// A flood of strangers must not make us forget where to speak.
		topology.addresses?.keep(group);
	}

	/** Takes bytes[0, length) that came from `address` and `port`. */
	begin(bytes: Uint8Array, length: number, address: number, port: number): void {
		this.#message.attach(bytes);
		this.#at = 0;
		this.#end = length;
		this.#sourceAddress = address;
		this.#sourcePort = port;
		if (!this.#topology.isIpv6)
			return;
		this.#topology.touch(address);
		for (let i = 0; i < this.#peers.length; i++)
			if (this.#peers.at(i).users > 0)
				this.#topology.touch(this.#peers.at(i).address);
	}

	/** Opens the next message in `reader`; false: there is none. What is dropped, and what is taken, is counted. */
	next(statistics: Statistics): boolean {
		const message = this.#message;
		while (this.#at < this.#end) {
			const size = message.wrap(this.#at, this.#end), code = size < 0 ? size : this.#open();
			// Where the length itself cannot be believed, the rest of the datagram is lost.
			this.#at = size > 0 || size === DROP_PROTOCOL_VERSION || size === DROP_MESSAGE_TYPE ? message.payloadEnd : this.#end;
			if (code === 0) {
				statistics.received++;
				return true;
			}
			statistics.drop(code);
		}
		return false;
	}

	#open(): number {
		const message = this.#message, reader = this.reader;
		if (message.serviceId !== SD_SERVICE || message.methodId !== SD_METHOD || message.type !== TYPE_NOTIFICATION
			|| message.isSegment || message.interfaceVersion !== SD_INTERFACE_VERSION)
			return DROP_SD_HEADER;
		const code = reader.open(message.bytes, message.payloadOffset, message.payloadEnd);
		if (code < 0)
			return code;
		this.address = reader.sdPort === 0 ? this.#sourceAddress : reader.sdAddress;
		this.port = reader.sdPort === 0 ? this.#sourcePort : reader.sdPort;
		this.sessionId = message.sessionId;
		return 0;
	}
}
