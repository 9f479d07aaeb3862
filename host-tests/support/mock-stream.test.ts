import { addresses } from "#hal";
import { describe, deepEqual, equal, it } from "#test";
import { STREAM_CLOSED, STREAM_CONNECTING, STREAM_LOST, STREAM_OPEN, type StreamSocket } from "../../firmware/ports/stream-socket.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { streamSocketContract } from "../ports/stream-socket-contract.js";
import { IPV4_STREAMS } from "../ports/support/stream-ends.js";
import { FakeClock } from "./fake-clock.js";
import { ipv6 } from "./ipv6.js";
import { address } from "./mock-socket.js";
import { MockStreamNetwork } from "./mock-stream.js";

const A = address("10.0.0.1"), B = address("10.0.0.2");
const A6 = "20010db8000000000000000000000001", B6 = "20010db8000000000000000000000002";

/** A client on A and a server on B, connected; `seen` gets what the server received, a text per call. */
function connected(network: MockStreamNetwork, clock: FakeClock) {
	const seen: string[] = [], into = new Uint8Array(100);
	let server: StreamSocket | undefined;
	const listener = network.host(B).streamListener({ address: B, port: 80, onChanged() {
		server = listener.accept(() => {
			const length = server!.receive(into, 0, 100);
			seen.push(length < 0 ? String(length) : Array.from(into.subarray(0, length)).join(" "));
		});
	} });
	const client = network.host(A).streamSocket({ address: B, port: 80, onChanged() {} });
	clock.advance(1000);
	return { client, seen, server: server! };
}

describe("mock streams", () => {
	it("take their time", () => {
		const clock = new FakeClock(), network = new MockStreamNetwork(clock);
		network.delay = 10;
		network.host(B).streamListener({ address: B, port: 80, onChanged() {} });
		const client = network.host(A).streamSocket({ address: B, port: 80, onChanged() {} });
		clock.advance(19);
		equal(client.state, STREAM_CONNECTING);
		clock.advance(1);
		equal(client.state, STREAM_OPEN);
	});

	it("tell bytes one by one where they are split", () => {
		const clock = new FakeClock(), network = new MockStreamNetwork(clock);
		const { client, seen } = connected(network, clock);
		network.split = 1;
		client.send(new Uint8Array([1, 2, 3]), 0, 3);
		client.send(new Uint8Array([4]), 0, 1);
		clock.advance(0);
		deepEqual(seen, ["1", "2", "3", "4"]);
	});

	it("refuse, are silent, and are cut", () => {
		const clock = new FakeClock(), network = new MockStreamNetwork(clock);
		const { client, server, seen } = connected(network, clock);
		equal(network.openStreams, 2);
		network.cut();
		clock.advance(0);
		deepEqual([client.state, client.fault, server.state], [STREAM_CLOSED, "reset by peer", STREAM_CLOSED]);
		deepEqual(seen, [String(STREAM_LOST)]);
		network.refuse = true;
		const refused = network.host(A).streamSocket({ address: B, port: 80, onChanged() {} });
		clock.advance(1);
		equal(refused.fault, "refused");
		network.silent = true;
		const silent = network.host(A).streamSocket({ address: B, port: 80, onChanged() {} });
		clock.advance(29_999);
		equal(silent.state, STREAM_CONNECTING);
		clock.advance(1);
		equal(silent.fault, "timed out");
		for (const stream of [client, server, refused, silent])
			stream.close();
		equal(network.openStreams, 0);
	});

	it("join machines that number IPv6 addresses differently", () => {
		const clock = new FakeClock(), network = new MockStreamNetwork(clock), ours = new AddressTable(), theirs = new AddressTable();
		const bytes = new Uint8Array(16).fill(9);
		theirs.intern(bytes, 0);
		const at = (key: string, table: AddressTable): number => {
			for (let i = 0; i < 16; i++)
				bytes[i] = parseInt(key.slice(2 * i, 2 * i + 2), 16);
			return table.intern(bytes, 0);
		};
		const listener = network.host(B6).streamListener({ address: at(B6, theirs), port: 80, addresses: theirs, onChanged() {} });
		network.host(A6).streamSocket({ address: at(B6, ours), port: 80, addresses: ours, onChanged() {} });
		clock.advance(1);
		equal(listener.accept(() => {})!.peerAddress, at(A6, theirs));
	});
});

const network = new MockStreamNetwork().host();
streamSocketContract("mock streams as stream sockets", network.streamSocket, network.streamListener, IPV4_STREAMS);
streamSocketContract("mock streams as stream sockets, IPv6", network.streamSocket, network.streamListener, {
	local: ipv6("::1"), localText: "[::1]", foreign: ipv6("2001:db8::1"), foreignText: "2001:db8::1", foreignEndpoint: "[2001:db8::1]",
	group: ipv6("ff02::1"), any: ipv6("::"), addresses,
});
