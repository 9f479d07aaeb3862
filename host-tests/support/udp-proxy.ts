/** A bad link between real sockets (Node only): a UDP proxy in front of one server, by a seed. */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import type { Scheduler } from "./fake-clock.js";
import { FaultyLink } from "./faulty-link.js";
import type { LinkOptions } from "./faulty-link.js";

export interface ProxyOptions extends LinkOptions {
	/** The server behind the proxy. */
	port: number;
	host?: string;
	/** Where the proxy listens; default 127.0.0.1 and a free port. */
	listenHost?: string;
	listenPort?: number;
	/** Sees what the client gets or sent, on its side of the bad link. */
	onDatagram?: (datagram: Uint8Array, client: { address: string, port: number }, isFromClient: boolean) => void;
}

export interface UdpProxy {
	/** Point the client here. */
	readonly port: number;
	/** What the client sends, and what comes back: change rates, set `blackhole`, read statistics. */
	readonly up: FaultyLink;
	readonly down: FaultyLink;
	/** True: both ways lose everything. */
	blackhole: boolean;
	/** From now on the server sees the clients come from new ports, as after a NAT lost its table; from `address` where given. */
	rebind(address?: string): void;
	/** Sends a datagram to every client, as if it were the server's. */
	inject(datagram: Uint8Array): void;
	stop(): Promise<void>;
}

const opened = (socket: Socket, port: number, host: string) => new Promise<void>((resolve, reject) => {
	socket.once("error", reject);
	socket.bind(port, host, () => {
		socket.off("error", reject);
		// A port that nobody listens on (the server is being restarted) is loss, nothing else.
		socket.on("error", () => {});
		resolve();
	});
});

const family = (host: string) => host.includes(":") ? "udp6" : "udp4";

/** Every client of the proxy gets a socket of its own towards the server. */
export async function startProxy(options: ProxyOptions): Promise<UdpProxy> {
	const { port, host = "127.0.0.1", listenHost = "127.0.0.1", listenPort = 0, onDatagram = () => {}, ...rates } = options;
	const timers = new Set<NodeJS.Timeout>();
	const scheduler: Scheduler = {
		at(delay, action) {
			const timer = setTimeout(() => {
				timers.delete(timer);
				action();
			}, delay);
			timers.add(timer);
		},
	};
	const up = new FaultyLink(scheduler, rates);
	const down = new FaultyLink(scheduler, { ...rates, seed: up.seed + 1 });
	const front = createSocket(family(listenHost));
	const clients = new Map<string, Promise<Socket>>();
	const peers = new Map<string, { address: string, port: number }>();
	const backs = new Set<Socket>();
	let stopped = false, source = host === "127.0.0.1" || host === "::1" ? host : "0.0.0.0";

	const connect = async (clientPort: number, clientHost: string) => {
		const back = createSocket(family(source));
		backs.add(back);
		back.on("message", datagram => down.send(datagram, 0, datagram.length, bytes => {
			if (stopped)
				return;
			onDatagram(bytes, { address: clientHost, port: clientPort }, false);
			front.send(bytes, clientPort, clientHost);
		}));
		await opened(back, 0, source);
		return back;
	};
	front.on("message", (datagram, from) => {
		onDatagram(datagram, from, true);
		peers.set(`${from.address}:${from.port}`, from);
		up.send(datagram, 0, datagram.length, bytes => deliver(bytes, from));
	});
	const deliver = async (bytes: Uint8Array, from: { address: string, port: number }) => {
		if (stopped)
			return;
		const key = `${from.address}:${from.port}`;
		let back = clients.get(key);
		if (back === undefined)
			clients.set(key, back = connect(from.port, from.address));
		const socket = await back;
		if (!stopped)
			socket.send(bytes, port, host);
	};
	await opened(front, listenPort, listenHost);

	return {
		port: front.address().port,
		up,
		down,
		get blackhole() {
			return up.blackhole && down.blackhole;
		},
		set blackhole(value) {
			up.blackhole = down.blackhole = value;
		},
		rebind(address = source) {
			source = address;
			clients.clear();
			for (const back of backs)
				back.close();
			backs.clear();
		},
		inject(datagram) {
			for (const { address, port: clientPort } of peers.values())
				front.send(datagram, clientPort, address);
		},
		async stop() {
			stopped = true;
			for (const timer of timers)
				clearTimeout(timer);
			await Promise.all([front, ...backs].map(socket => new Promise<void>(resolve => { socket.close(() => resolve()); })));
		},
	};
}
