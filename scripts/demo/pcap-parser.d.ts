/** The part of npm's pcap-parser that is used here; it comes without types. */
declare module "pcap-parser" {
	import type { EventEmitter } from "node:events";
	import type { Readable } from "node:stream";

	export interface GlobalHeader {
		linkLayerType: number;
		snapshotLength: number;
	}
	export interface Packet {
		header: { timestampSeconds: number; timestampMicroseconds: number; capturedLength: number; originalLength: number };
		data: Buffer;
	}
	export interface Parser extends EventEmitter {
		on(event: "globalHeader", listener: (header: GlobalHeader) => void): this;
		on(event: "packet", listener: (packet: Packet) => void): this;
		on(event: "end", listener: () => void): this;
		on(event: "error", listener: (error: Error) => void): this;
	}
	const library: { parse(input: string | Readable): Parser };
	export default library;
}
