/** The natives keep their sockets in tables: what happens when one is full. Node has no such limits. */
import { datagramSocket, streamListener, streamSocket, timer } from "#hal";
import { describe, ENGINE, equal, it, ok, skip, throws } from "#test";
import { STREAM_CLOSED, STREAM_LOST, STREAM_OPEN } from "../../firmware/ports/stream-socket.js";

const A = 0x7f000001;
/** Above both limits of the PC. */
const MANY = 400;
const nothing = (): void => {};

function pause(delay: number): Promise<void> {
	return new Promise(resolve => timer(resolve).schedule(delay));
}

function fill<Socket extends { close(): void }>(open: () => Socket): { sockets: Socket[], message: string } {
	const sockets: Socket[] = [];
	const message = throws(() => {
		while (sockets.length < MANY)
			sockets.push(open());
	}).message;
	return { sockets, message };
}

describe("socket limits", () => {
	if (ENGINE !== "xs") {
		skip("socket limits", "Node has none");
		return;
	}

	it("refuse one socket more, in words, and take one again when another is closed", () => {
		for (const open of [
			() => datagramSocket({ address: A, port: 0, onReadable: nothing }),
			() => streamListener({ address: A, port: 0, onChanged: nothing }),
		]) {
			const { sockets, message } = fill<{ close(): void }>(open);
			ok(/^cannot (open|listen on) 127\.0\.0\.1:0: too many sockets$/.test(message), message);
			sockets.pop()!.close();
			sockets.push(open());
			throws(open, "too many sockets");
			for (const socket of sockets)
				socket.close();
		}
	});

	it("let a listener refuse what it has no place for, and go on when it has", async () => {
		const listener = streamListener({ address: A, port: 0, onChanged: nothing });
		const { sockets } = fill(() => streamListener({ address: A, port: 0, onChanged: nothing }));
		const connect = () => streamSocket({ address: A, port: listener.localPort, onChanged: nothing });
		throws(connect, "cannot connect to 127.0.0.1");
		sockets.pop()!.close();
		const client = connect();
		for (let i = 0; i < 100 && client.state !== STREAM_OPEN; i++)
			await pause(5);
		equal(listener.accept(nothing), undefined);
		await pause(20);
		equal(client.receive(new Uint8Array(1), 0, 1), STREAM_LOST);
		equal(client.state, STREAM_CLOSED);
		equal(client.fault, "reset by peer");
		client.close();
		sockets.pop()!.close();
		const next = connect();
		for (let i = 0; i < 100 && next.state !== STREAM_OPEN; i++)
			await pause(5);
		const server = listener.accept(nothing);
		ok(server !== undefined);
		for (const socket of [...sockets, listener, next, server!])
			socket.close();
	});

	it("are not reached by sockets that come and go", async () => {
		for (let i = 0; i < MANY; i++) {
			datagramSocket({ address: A, port: 0, onReadable: nothing }).close();
			streamListener({ address: A, port: 0, onChanged: nothing }).close();
		}
		const listener = streamListener({ address: A, port: 0, onChanged: nothing });
		for (let i = 0; i < MANY; i++) {
			const client = streamSocket({ address: A, port: listener.localPort, onChanged: nothing });
			const server = listener.accept(nothing);
			client.close();
			server?.close();
		}
		listener.close();
	});
});
