import { after, describe, deepEqual, equal, hex, it, ok, throws } from "#test";
import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_END, STREAM_LOST, STREAM_OPEN, type StreamListenerFactory, type StreamSocketFactory } from "../../firmware/ports/stream-socket.js";
import { End, pause, streamEnds, until, type StreamFamily } from "./support/stream-ends.js";

/** The contract of the ports: what every stack does alike, and the mock network too. */
export function streamSocketContract(name: string, streamSocket: StreamSocketFactory, streamListener: StreamListenerFactory, family: StreamFamily): void {
	const { local, any, addresses } = family, { listen, connect, accept, pair, open, table } = streamEnds(streamSocket, streamListener, family);

	describe(name, () => {
		after(() => {
			for (const one of open)
				one.close();
		});

		it("connects without blocking, and both ends know each other", async () => {
			let calls = 0;
			const listener = listen(() => { calls++; });
			const client = connect(listener.localPort);
			equal(client.stream.fault, "");
			await until("call", () => calls > 0);
			const server = await accept(listener);
			await until("open", () => client.stream.state === STREAM_OPEN && client.calls > 0);
			equal(server.stream.state, STREAM_OPEN);
			equal(client.stream.peerAddress, local);
			equal(client.stream.peerPort, listener.localPort);
			equal(server.stream.peerAddress, local);
			equal(server.stream.peerPort, client.stream.localPort);
			equal(server.stream.localPort, listener.localPort);
			equal(server.stream.fault, "");
			equal(listener.accept(() => {}), undefined);
		});

		it("carries bytes both ways, in pieces of any size", async () => {
			const { client, server } = await pair();
			await client.send("hello, ");
			await client.send("server");
			equal(await server.text(5), "hello");
			equal(await server.text(8), ", server");
			await server.send("x".repeat(3000) + "!");
			equal(await client.text(3001), "x".repeat(3000) + "!");
			equal(client.stream.receive(new Uint8Array(4), 0, 4), 0);
		});

		it("writes into the range it was given and nowhere else, and sends nothing else", async () => {
			const { client, server } = await pair();
			equal(client.stream.send(new Uint8Array([9, 0xaa, 0xbb, 9]), 1, 3), 2);
			const into = new Uint8Array(6);
			let length = 0;
			await until("bytes", () => (length += server.stream.receive(into, 2 + length, 5)) === 2);
			equal(hex(into), "0000aabb0000");
			equal(server.stream.receive(into, 3, 3), 0);
			equal(client.stream.send(into, 2, 2), 0);
		});

		it("tells that it was refused", async () => {
			const listener = listen();
			const port = listener.localPort;
			listener.close();
			const client = connect(port);
			await until("refusal", () => client.stream.state === STREAM_CLOSED && client.calls > 0);
			equal(client.stream.fault, "refused");
			equal(client.stream.send(new Uint8Array(1), 0, 1), STREAM_LOST);
			equal(client.stream.receive(new Uint8Array(1), 0, 1), STREAM_LOST);
			client.stream.finish();
			client.stream.close();
		});

		it("takes nothing before it is open", async () => {
			const listener = listen();
			const client = connect(listener.localPort);
			if (client.stream.state === STREAM_CONNECTING) {
				equal(client.stream.send(new Uint8Array(5), 0, 5), 0);
				equal(client.stream.receive(new Uint8Array(5), 0, 5), 0);
			}
			const server = await accept(listener);
			await until("open", () => client.stream.state === STREAM_OPEN && client.calls > 0);
			await client.send("now");
			equal(await server.text(3), "now");
		});

		it("finishes after nothing where `finish` came before it was open", async () => {
			const listener = listen();
			const client = connect(listener.localPort);
			client.stream.finish();
			const server = await accept(listener);
			equal(await server.last(), STREAM_END);
			await server.send("late");
			equal(await client.text(4), "late");
		});

		it("calls onChanged when something comes, but not from within a method", async () => {
			const { client, server } = await pair();
			server.stream.receive(new Uint8Array(1), 0, 1);
			const before = server.calls;
			client.inside = server.inside = true;
			client.stream.send(new Uint8Array(10), 0, 10);
			server.stream.receive(new Uint8Array(10), 0, 4);
			server.stream.send(new Uint8Array(1), 0, 1);
			client.inside = server.inside = false;
			await until("call", () => server.calls > before);
		});

		it("leaves a reader in peace that does not read, and calls again when it did", async () => {
			const { client, server } = await pair();
			await client.send("abcdef");
			await until("call", () => server.calls > 0);
			const before = server.calls;
			await pause(30);
			await client.send("g");
			await pause(30);
			ok(server.calls - before <= 1, `${server.calls - before} calls`);
			const after = server.calls;
			equal(await server.text(2), "ab");
			await until("call for the rest", () => server.calls > after);
			equal(await server.text(5), "cdefg");
		});

		it("makes the sender wait for the reader, and loses nothing", async () => {
			const { client, server } = await pair();
			const piece = new Uint8Array(10007), into = new Uint8Array(65536);
			let sent = 0, received = 0, refused = 0;
			const fill = (): void => {
				for (;;) {
					for (let i = 0; i < piece.length; i++)
						piece[i] = (sent + i) * 7;
					const taken = client.stream.send(piece, 0, piece.length);
					ok(taken >= 0);
					sent += taken;
					if (taken < piece.length) {
						refused++;
						return;
					}
					ok(sent < 64 << 20, "takes without limit");
				}
			};
			fill();
			await pause(20);
			const total = sent;
			await until("all", () => {
				for (let got = server.stream.receive(into, 0, into.length); got > 0; got = server.stream.receive(into, 0, into.length)) {
					for (let i = 0; i < got; i += 997)
						equal(into[i], (received + i) * 7 & 255, `byte ${received + i}`);
					received += got;
				}
				return received === total;
			});
			equal(refused, 1);
			await until("room", () => client.stream.send(piece, 0, 1) === 1);
		});

		it("is told of room that is free again", async () => {
			const { client, server } = await pair();
			const piece = new Uint8Array(65536);
			let sent = 0;
			for (let taken = piece.length; taken === piece.length; sent += taken)
				taken = client.stream.send(piece, 0, piece.length);
			await pause(20);
			const before = client.calls;
			let received = 0;
			await until("room", () => {
				for (let got = server.stream.receive(piece, 0, piece.length); got > 0; got = server.stream.receive(piece, 0, piece.length))
					received += got;
				return client.calls > before && received === sent;
			});
		});

		it("closes each direction by itself", async () => {
			const { client, server } = await pair();
			await client.send("question");
			client.stream.finish();
			client.stream.finish();
			equal(client.stream.send(new Uint8Array(1), 0, 1), STREAM_LOST);
			equal(client.stream.state, STREAM_OPEN);
			equal(await server.text(8), "question");
			equal(await server.last(), STREAM_END);
			equal(server.stream.receive(new Uint8Array(1), 0, 1), STREAM_END);
			equal(server.stream.state, STREAM_OPEN);
			await server.send("answer");
			server.stream.finish();
			deepEqual([server.stream.state, server.stream.fault], [STREAM_CLOSED, "closed"]);
			equal(await client.text(6), "answer");
			equal(await client.last(), STREAM_END);
			deepEqual([client.stream.state, client.stream.fault], [STREAM_CLOSED, "closed"]);
			equal(client.stream.receive(new Uint8Array(1), 0, 1), STREAM_END);
		});

		it("still sends what was taken where it is closed after `finish`", async () => {
			const { client, server } = await pair();
			await client.send("last words");
			client.stream.finish();
			client.stream.close();
			equal(await server.text(10), "last words");
			equal(await server.last(), STREAM_END);
		});

		it("ends where it is closed with nothing unsent or unread", async () => {
			const { client, server } = await pair();
			await client.send("a");
			equal(await server.text(1), "a");
			await pause(60);
			client.stream.close();
			equal(await server.last(), STREAM_END);
			equal(server.stream.state, STREAM_OPEN);
		});

		it("resets where it is closed with something unread, and what came before is still read", async () => {
			const { client, server } = await pair();
			await client.send("unread");
			await until("call", () => server.calls > 0);
			await server.send("bye");
			await pause(60);
			const before = client.calls;
			server.stream.close();
			await pause(30);
			equal(await client.text(3), "bye");
			equal(await client.last(), STREAM_LOST);
			deepEqual([client.stream.state, client.stream.fault], [STREAM_CLOSED, "reset by peer"]);
			ok(client.calls >= before);
			equal(client.stream.send(new Uint8Array(1), 0, 1), STREAM_LOST);
			equal(client.stream.receive(new Uint8Array(1), 0, 1), STREAM_LOST);
			client.stream.close();
			equal(client.stream.fault, "closed");
		});

		it("tells a reset to one who only sends", async () => {
			const { client, server } = await pair();
			server.stream.close();
			await until("loss", () => client.stream.send(new Uint8Array(1), 0, 1) === STREAM_LOST);
			deepEqual([client.stream.state, client.stream.fault], [STREAM_CLOSED, "reset by peer"]);
		});

		it("may be closed twice, and is then silent", async () => {
			const { client, server } = await pair();
			await server.send("x");
			client.stream.close();
			client.stream.close();
			const calls = client.calls;
			deepEqual([client.stream.state, client.stream.fault], [STREAM_CLOSED, "closed"]);
			equal(client.stream.receive(new Uint8Array(1), 0, 1), STREAM_LOST);
			equal(client.stream.send(new Uint8Array(1), 0, 1), STREAM_LOST);
			client.stream.finish();
			await pause(20);
			equal(client.calls, calls);
		});

		it("may be closed while it connects", async () => {
			const listener = listen();
			const client = connect(listener.localPort);
			client.stream.close();
			equal(client.stream.state, STREAM_CLOSED);
			await pause(20);
			equal(client.calls, 0);
		});

		it("takes several connections, each its own", async () => {
			const listener = listen();
			const clients = [0, 1, 2].map(() => connect(listener.localPort));
			const servers = [await accept(listener), await accept(listener), await accept(listener)];
			await until("open", () => clients.every(client => client.stream.state === STREAM_OPEN));
			for (let i = 0; i < 3; i++)
				await clients[i]!.send(`from ${i}`);
			for (const server of servers) {
				const index = clients.findIndex(client => client.stream.localPort === server.stream.peerPort);
				equal(await server.text(6), `from ${index}`);
			}
			listener.close();
			listener.close();
			equal(listener.accept(() => {}), undefined);
			await clients[0]!.send("still");
			equal(await servers.find(server => server.stream.peerPort === clients[0]!.stream.localPort)!.text(5), "still");
		});

		it("may be closed within its own callback", async () => {
			const listener = listen();
			let calls = 0;
			const client = streamSocket({ address: local, port: listener.localPort, ...table, onChanged: () => {
				calls++;
				client.close();
			} });
			open.push(client);
			await until("call", () => calls > 0);
			await pause(20);
			equal(calls, 1);
		});

		it("refuses in words what cannot be had", () => {
			const listener = listen();
			const { foreign, foreignText, foreignEndpoint } = family;
			equal(throws(() => listen(undefined, listener.localPort)).message, `cannot bind ${family.localText}:${listener.localPort}: address already in use`);
			equal(throws(() => listen(undefined, 30509, foreign)).message, `cannot bind ${foreignEndpoint}:30509: not an address of this machine`);
			equal(throws(() => connect(listener.localPort, { interface: foreign })).message, `cannot connect from ${foreignText}: not an address of this machine`);
		});

		it("refuses wrong arguments", async () => {
			const { client } = await pair();
			const bytes = new Uint8Array(10), onChanged = (): void => {};
			for (const [offset, end] of [[0, 11], [-1, 3], [5, 4], [11, 11], [0, NaN], [0, 4294967297], [0.5, 3]] as const) {
				ok(throws(() => client.stream.send(bytes, offset, end)) instanceof RangeError, `send ${offset} to ${end}`);
				ok(throws(() => client.stream.receive(bytes, offset, end)) instanceof RangeError, `receive ${offset} to ${end}`);
			}
			for (const port of [0, -1, 65536, 1.5, NaN])
				ok(throws(() => connect(port)) instanceof RangeError, `port ${port}`);
			for (const address of [any, family.group])
				ok(throws(() => streamSocket({ address, port: 1, onChanged, ...table })) instanceof RangeError, `address ${address}`);
			ok(throws(() => listen(undefined, 65536)) instanceof RangeError, "listener's port");
			ok(throws(() => streamSocket({ address: local, port: 1, onChanged: undefined as any, ...table })) instanceof TypeError, "onChanged");
			ok(throws(() => streamListener({ address: local, port: 0, onChanged: 5 as any, ...table })) instanceof TypeError, "listener's onChanged");
			ok(throws(() => streamSocket({ address: 2 ** 40, port: 1, onChanged, ...table })) instanceof RangeError, "an address that nobody knows");
			const other = addresses === undefined ? undefined : 0x7f000001;
			if (other !== undefined)
				ok(throws(() => connect(1, { interface: other })) instanceof RangeError, "interface of the other family");
		});

		if (family.needsInterface === true)
			it("does not reach link-local addresses where no interface is named", async () => {
				const listener = listen(), end = new End();
				open.push(end.stream = streamSocket({ address: local, port: listener.localPort, addresses: addresses!, onChanged: end.onChanged }));
				await until("fault", () => end.stream.state === STREAM_CLOSED && end.calls > 0);
				equal(end.stream.fault, "unreachable");
			});

		if (family.other !== undefined)
			it("connects from the interface it was given", async () => {
				const { client, server } = await pair({ interface: family.other! });
				equal(server.stream.peerAddress, family.other);
				equal(client.stream.peerAddress, local);
			});

		it("listens on all addresses of its family", async () => {
			const listener = listen(undefined, 0, any);
			const client = connect(listener.localPort);
			const server = await accept(listener);
			await client.send("any");
			equal(await server.text(3), "any");
		});
	});
}
