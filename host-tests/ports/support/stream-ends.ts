import { ok } from "#test";
import { timer } from "#hal";
import type { Addresses } from "../../../firmware/ports/addresses.js";
import { STREAM_OPEN, type StreamListener, type StreamListenerFactory, type StreamSocket, type StreamSocketFactory } from "../../../firmware/ports/stream-socket.js";

/** How the messages name the addresses of a family, beside the addresses themselves. */
export interface StreamFamily {
	local: number;
	localText: string;
	/** A second address of the machine, where it has one. */
	other?: number;
	/** Not of this machine; in brackets where a port follows. */
	foreign: number;
	foreignText: string;
	foreignEndpoint: string;
	group: number;
	any: number;
	/** The interface has to be named, as for link-local addresses. */
	needsInterface?: boolean;
	addresses?: Addresses;
}

export const IPV4_STREAMS: StreamFamily = {
	local: 0x7f000001, localText: "127.0.0.1", other: 0x7f000002, foreign: 0xc0000201, foreignText: "192.0.2.1", foreignEndpoint: "192.0.2.1", group: 0xefff2a17, any: 0,
};

/** The patience of whatever waits. */
const PATIENCE = 4000;

export function pause(delay: number): Promise<void> {
	return new Promise(resolve => {
		const once = timer(() => {
			once.close();
			resolve();
		});
		once.schedule(delay);
	});
}

export async function until(what: string, done: () => boolean): Promise<void> {
	for (let i = 0; i < PATIENCE; i++) {
		if (done())
			return;
		await pause(5);
	}
	throw new Error(`${what}: waited in vain`);
}

/** A stream and how often it called. */
export class End {
	stream!: StreamSocket;
	calls = 0;
	inside = false;
	readonly onChanged = (): void => {
		this.calls++;
		ok(!this.inside, "called from within a method");
	};

	/** Sends all, waiting for room. */
	async send(text: string): Promise<void> {
		const bytes = new Uint8Array(text.length);
		for (let i = 0; i < text.length; i++)
			bytes[i] = text.charCodeAt(i);
		let sent = 0;
		await until("send", () => {
			const taken = this.stream.send(bytes, sent, bytes.length);
			ok(taken >= 0, "lost");
			sent += taken;
			return sent === bytes.length;
		});
	}

	/** The next `length` bytes as text; shorter where the stream ends before. */
	async text(length: number): Promise<string> {
		const into = new Uint8Array(length);
		let text = "";
		await until(`${length} bytes`, () => {
			const got = this.stream.receive(into, 0, length - text.length);
			for (let i = 0; i < got; i++)
				text += String.fromCharCode(into[i]!);
			return got < 0 || text.length === length;
		});
		return text;
	}

	/** STREAM_END or STREAM_LOST, once nothing else comes. */
	async last(): Promise<number> {
		const into = new Uint8Array(64);
		let result = 0;
		await until("end", () => {
			result = this.stream.receive(into, 0, 64);
			return result < 0;
		});
		return result;
	}
}

/** Makes listeners, connections and their pairs; all of them stand in `open`. `table`: the options that the family needs. */
export function streamEnds(streamSocket: StreamSocketFactory, streamListener: StreamListenerFactory, family: StreamFamily) {
	const { local, addresses } = family;
	const table = { ...addresses === undefined ? {} : { addresses }, ...family.needsInterface === true ? { interface: local } : {} };
	const open: (StreamSocket | StreamListener)[] = [];

	function listen(onChanged: () => void = () => {}, port = 0, address = local, backlog = 4): StreamListener {
		const listener = streamListener({ address, port, backlog, onChanged, ...table });
		open.push(listener);
		return listener;
	}

	function connect(port: number, more: { interface?: number } = {}): End {
		const end = new End();
		end.inside = true;
		end.stream = streamSocket({ address: local, port, onChanged: end.onChanged, ...table, ...more });
		end.inside = false;
		open.push(end.stream);
		return end;
	}

	async function accept(listener: StreamListener): Promise<End> {
		const end = new End();
		let stream: StreamSocket | undefined;
		await until("connection", () => (stream = listener.accept(end.onChanged)) !== undefined);
		end.stream = stream!;
		open.push(end.stream);
		return end;
	}

	async function pair(more: { interface?: number } = {}): Promise<{ client: End, server: End }> {
		const listener = listen();
		const client = connect(listener.localPort, more);
		const server = await accept(listener);
		await until("open", () => client.stream.state === STREAM_OPEN);
		listener.close();
		return { client, server };
	}

	return { listen, connect, accept, pair, open, table };
}
