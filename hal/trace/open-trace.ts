import type { DatagramSocketFactory } from "../../firmware/ports/datagram-socket.js";
import type { StreamListenerFactory, StreamSocketFactory } from "../../firmware/ports/stream-socket.js";
import { Pcapng, type PcapngOptions } from "./pcapng.js";
import { tracedDatagrams, tracedListener, tracedStreams } from "./traced-sockets.js";

/** The ports that a trace stands before. */
export interface SocketPorts {
	readonly datagramSocket: DatagramSocketFactory;
	readonly streamSocket?: StreamSocketFactory;
	readonly streamListener?: StreamListenerFactory;
}

/** Begins a trace; returns the same ports, traced. */
export function traced(ports: SocketPorts, options: PcapngOptions): SocketPorts {
	const { datagramSocket, streamSocket, streamListener } = ports, trace = new Pcapng(options);
	return {
		datagramSocket: tracedDatagrams(datagramSocket, trace),
		...streamSocket === undefined ? {} : { streamSocket: tracedStreams(streamSocket, trace) },
		...streamListener === undefined ? {} : { streamListener: tracedListener(streamListener, trace) },
	};
}
