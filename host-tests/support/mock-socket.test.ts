import { describe, it, deepEqual, equal, throws } from "#test";
import { FakeClock } from "./fake-clock.js";
import { MockNetwork, address, dotted } from "./mock-socket.js";
import { NO_DATAGRAM, SEND_BUSY, SEND_FAILED } from "../../firmware/ports/datagram-socket.js";
import type { DatagramSocket, DatagramSocketFactory } from "../../firmware/ports/datagram-socket.js";
import { addresses } from "#hal";
import { ipv6 } from "./ipv6.js";
import { datagramSocketContract } from "../ports/datagram-socket-contract.js";
import type { MockSocket } from "./mock-socket.js";

const A = address("10.0.0.1"), B = address("10.0.0.2"), GROUP = address("224.244.224.245");

function listen(factory: DatagramSocketFactory, address: number, port: number, name: string, seen: string[], own = address): DatagramSocket {
	const into = new Uint8Array(32);
	const socket: DatagramSocket = factory({
		address, port, interface: own,
		onReadable() {
			for (let length = socket.receive(into); length !== NO_DATAGRAM; length = socket.receive(into))
				seen.push(`${name} ${into[0]} from ${dotted(socket.sourceAddress)}:${socket.sourcePort}`);
		},
	});
	return socket;
}

describe("mock network", () => {
	it("carries a datagram from address to address", () => {
		const clock = new FakeClock(), network = new MockNetwork(clock, { delay: 5 }), seen: string[] = [];
		const a = listen(network.host(A), A, 1000, "a", seen);
		listen(network.host(B), B, 2000, "b", seen);
		equal(a.send(new Uint8Array([9, 7, 8]), 1, 2, B, 2000), 1);
		clock.advance(4);
		deepEqual(seen, []);
		clock.advance(1);
		deepEqual(seen, ["b 7 from 10.0.0.1:1000"]);
	});
	it("tells multicast from unicast by the socket", () => {
		const clock = new FakeClock(), network = new MockNetwork(clock), seen: string[] = [];
		const hostA = network.host(A), hostB = network.host(B);
		const a = listen(hostA, A, 30490, "a", seen);
		listen(hostA, GROUP, 30490, "a-group", seen, A);
		listen(hostB, B, 30490, "b", seen);
		listen(hostB, GROUP, 30490, "b-group", seen, B);
		a.send(new Uint8Array([1]), 0, 1, GROUP, 30490);
		clock.advance(1);
		deepEqual(seen, ["a-group 1 from 10.0.0.1:30490", "b-group 1 from 10.0.0.1:30490"]);
	});
	it("gives ephemeral ports, refuses taken ports and foreign addresses", () => {
		const network = new MockNetwork(new FakeClock()), host = network.host(A);
		const first = host({ address: 0, port: 0, onReadable() {} }), second = host({ address: 0, port: 0, onReadable() {} });
		equal(first.localPort !== second.localPort, true);
		const taken = host({ address: A, port: 5000, onReadable() {} });
		throws(() => host({ address: A, port: 5000, onReadable() {} }), "10.0.0.1:5000");
		throws(() => host({ address: B, port: 5000, onReadable() {} }), "not an address");
		taken.close();
		taken.close();
		host({ address: A, port: 5000, onReadable() {} });
		equal(network.openSockets, 3);
	});
	it("counts what is too long or too much, and refuses what cannot be sent", () => {
		const clock = new FakeClock(), network = new MockNetwork(clock), host = network.host();
		const socket = host({ address: address("127.0.0.2"), port: 4000, onReadable() {} }) as MockSocket;
		socket.send(new Uint8Array(20), 0, 20, address("127.0.0.2"), 4000);
		clock.advance(1);
		equal(socket.receive(new Uint8Array(10)), NO_DATAGRAM);
		equal(socket.dropped, 1);
		for (let i = 0; i < 100; i++)
			socket.send(new Uint8Array(2), 0, 2, address("127.0.0.2"), 4000);
		clock.advance(1);
		equal(socket.dropped, 1 + 100 - 64);
		socket.busy = 1;
		equal(socket.send(new Uint8Array(2), 0, 2, address("127.0.0.2"), 4000), SEND_BUSY);
		equal(socket.send(new Uint8Array(2), 0, 2, address("127.0.0.2"), 4000), 2);
		equal(socket.send(new Uint8Array(70000), 0, 70000, address("127.0.0.2"), 4000), SEND_FAILED);
		socket.close();
		equal(socket.send(new Uint8Array(2), 0, 2, address("127.0.0.2"), 4000), SEND_FAILED);
	});
	it("marks what ECN-capable senders send while it is congested", () => {
		const clock = new FakeClock(), network = new MockNetwork(clock), into = new Uint8Array(4);
		const receiver = network.host(B)({ address: B, port: 1, ecn: true, onReadable() {} });
		const sender = network.host(A)({ address: A, port: 1, ecn: true, onReadable() {} });
		const marks: number[] = [];
		network.congested = true;
		for (const ecn of [0, 2]) {
			sender.sendEcn = ecn;
			sender.send(into, 0, 1, B, 1);
			clock.advance(1);
			receiver.receive(into);
			marks.push(receiver.ecn);
		}
		deepEqual(marks, [0, 3]);
	});
	it("works in microtasks where no clock is given", async () => {
		const network = new MockNetwork(), seen: string[] = [];
		const a = listen(network.host(A), A, 1000, "a", seen);
		a.send(new Uint8Array([3]), 0, 1, A, 1000);
		deepEqual(seen, []);
		for (let i = 0; i < 5; i++)
			await null;
		deepEqual(seen, ["a 3 from 10.0.0.1:1000"]);
	});
});

datagramSocketContract("mock network as a datagram socket", new MockNetwork().host());
datagramSocketContract("mock network as a datagram socket, IPv6", new MockNetwork().host(), {
	local: ipv6("::1"), localText: "[::1]", group: ipv6("ff02::4:c0de"), groupText: "[ff02::4:c0de]", otherGroup: ipv6("ff02::4:c0df"), hasGroups: true,
	foreign: ipv6("2001:db8::1"), foreignText: "2001:db8::1", foreignEndpoint: "[2001:db8::1]", any: ipv6("::"), addresses,
});
