import { after, deepEqual, describe, equal, hex, it, ok, throws } from "#test";
import { timer } from "#hal";
import type { Addresses } from "../../firmware/ports/addresses.js";
import { NO_DATAGRAM, SEND_FAILED, type DatagramSocket, type DatagramSocketFactory } from "../../firmware/ports/datagram-socket.js";

/** The addresses of a family. */
export interface DatagramFamily {
	local: number;
	/** How messages name it before a port. */
	localText: string;
	/** A second address of the machine, where it has one. */
	other?: number;
	group: number;
	groupText: string;
	otherGroup: number;
	/** Whether the machine carries multicast between its own addresses. */
	hasGroups: boolean;
	/** Of nobody here; kept for documentation. */
	foreign: number;
	foreignText: string;
	foreignEndpoint: string;
	any: number;
	addresses?: Addresses;
}

export const IPV4_DATAGRAMS: DatagramFamily = {
	local: 0x7f000001, localText: "127.0.0.1", other: 0x7f000002, group: 0xefff2a17, groupText: "239.255.42.23", otherGroup: 0xefff2a18, hasGroups: true,
	foreign: 0xc0000201, foreignText: "192.0.2.1", foreignEndpoint: "192.0.2.1", any: 0,
};

function pause(delay: number): Promise<void> {
	return new Promise(resolve => {
		const once = timer(() => {
			once.close();
			resolve();
		});
		once.schedule(delay);
	});
}

/** Waits for the next datagram, up to a second: hex text of it, or "none". */
async function next(socket: DatagramSocket, into = new Uint8Array(2000)): Promise<string> {
	for (let i = 0; i < 200; i++) {
		const length = socket.receive(into);
		if (length !== NO_DATAGRAM)
			return hex(into, 0, length);
		await pause(5);
	}
	return "none";
}

function bytesOf(...values: number[]): Uint8Array {
	return new Uint8Array(values);
}

/** The contract of the port: what every stack does alike, and the mock network too. */
export function datagramSocketContract(name: string, datagramSocket: DatagramSocketFactory, family = IPV4_DATAGRAMS): void {
	const sockets: DatagramSocket[] = [];
	const { local: A, group: GROUP, otherGroup: OTHER_GROUP, foreign, addresses } = family, B = family.other ?? A;
	const table = addresses === undefined ? {} : { addresses };

	function open(address: number, port: number, onReadable: () => void = () => {}, device?: number): DatagramSocket {
		const socket = datagramSocket({ address, port, onReadable, ...device === undefined ? {} : { interface: device }, ...table });
		sockets.push(socket);
		return socket;
	}

	describe(name, () => {
		after(() => {
			for (const socket of sockets)
				socket.close();
		});

		it("carries a datagram and says where it came from", async () => {
			const one = open(A, 0);
			const other = open(B, 0);
			ok(one.localPort > 0);
			equal(one.send(bytesOf(9, 1, 2, 3, 9), 1, 4, B, other.localPort), 3);
			equal(await next(other), "010203");
			equal(other.sourceAddress, A);
			equal(other.sourcePort, one.localPort);
			equal(other.receive(new Uint8Array(10)), NO_DATAGRAM);
		});

		it("calls onReadable, but not from within receive or send", async () => {
			let calls = 0;
			let inside = false;
			const receiver = open(A, 0, () => {
				calls++;
				ok(!inside, "called from within");
			});
			const sender = open(A, 0);
			inside = true;
			sender.send(bytesOf(1), 0, 1, A, receiver.localPort);
			sender.send(bytesOf(2), 0, 1, A, receiver.localPort);
			receiver.receive(new Uint8Array(10));
			inside = false;
			for (let i = 0; i < 100 && calls === 0; i++)
				await pause(5);
			ok(calls > 0);
			equal(await next(receiver) === "none", false);
		});

		it("keeps datagrams apart and in order, the empty one too", async () => {
			const receiver = open(A, 0);
			const sender = open(A, 0);
			for (let i = 0; i < 5; i++)
				sender.send(bytesOf(i, i, i, i), 0, i, A, receiver.localPort);
			equal(await next(receiver), "");
			equal(await next(receiver), "01");
			equal(await next(receiver), "0202");
			equal(await next(receiver), "030303");
			equal(await next(receiver), "04040404");
		});

		it("writes into the view it was given and nowhere else", async () => {
			const receiver = open(A, 0);
			const sender = open(A, 0);
			sender.send(bytesOf(0xaa, 0xbb), 0, 2, A, receiver.localPort);
			const whole = new Uint8Array(8);
			equal(await next(receiver, whole.subarray(3, 6)), "aabb");
			equal(hex(whole), "000000aabb000000");
		});

		it("drops and counts what is longer than the buffer, and goes on", async () => {
			const receiver = open(A, 0);
			const sender = open(A, 0);
			sender.send(new Uint8Array(11), 0, 11, A, receiver.localPort);
			sender.send(bytesOf(7), 0, 1, A, receiver.localPort);
			sender.send(new Uint8Array(10), 0, 10, A, receiver.localPort);
			equal(await next(receiver, new Uint8Array(10)), "07");
			equal(receiver.dropped, 1);
			equal((await next(receiver, new Uint8Array(10))).length, 20);
			equal(receiver.dropped, 1);
		});

		it("goes on after an ICMP refusal", async () => {
			const gone = open(A, 0);
			const port = gone.localPort;
			gone.close();
			const one = open(A, 0);
			const other = open(A, 0);
			equal(one.send(bytesOf(1), 0, 1, A, port), 1);
			await pause(20);
			equal(one.receive(new Uint8Array(10)), NO_DATAGRAM);
			equal(one.send(bytesOf(2), 0, 1, A, other.localPort), 1);
			equal(await next(other), "02");
			other.send(bytesOf(3), 0, 1, A, one.localPort);
			equal(await next(one), "03");
		});

		it("refuses a port in use and an address of somebody else, in words", () => {
			const one = open(A, 0);
			equal(throws(() => open(A, one.localPort)).message, `cannot bind ${family.localText}:${one.localPort}: address already in use`);
			equal(throws(() => open(foreign, 30490)).message, `cannot bind ${family.foreignEndpoint}:30490: not an address of this machine`);
			equal(throws(() => open(GROUP, one.localPort, undefined, foreign)).message,
				`cannot join ${family.groupText}:${one.localPort} on ${family.foreignText}: not an address of this machine`);
		});

		if (family.other !== undefined)
			it("shares a port between distinct addresses", async () => {
				const one = open(A, 0);
				const other = open(B, one.localPort);
				const sender = open(A, 0);
				sender.send(bytesOf(1), 0, 1, A, one.localPort);
				sender.send(bytesOf(2), 0, 1, B, one.localPort);
				equal(await next(one), "01");
				equal(await next(other), "02");
				equal(one.receive(new Uint8Array(4)), NO_DATAGRAM);
				equal(other.receive(new Uint8Array(4)), NO_DATAGRAM);
			});

		if (family.hasGroups)
			it("gives a group's datagrams to every member, unicast ones to none of them", async () => {
				const unicast = open(A, 0);
				const port = unicast.localPort;
				const member = open(GROUP, port, undefined, A);
				const second = open(GROUP, port, undefined, B);
				const stranger = open(OTHER_GROUP, port, undefined, A);
				const sender = open(B, B === A ? 0 : port);
				equal(sender.send(bytesOf(0x11), 0, 1, GROUP, port), 1);
				equal(await next(member), "11");
				equal(member.sourceAddress, B);
				equal(member.sourcePort, sender.localPort);
				equal(await next(second), "11");
				sender.send(bytesOf(0x22), 0, 1, A, port);
				equal(await next(unicast), "22");
				equal(unicast.receive(new Uint8Array(4)), NO_DATAGRAM);
				equal(member.receive(new Uint8Array(4)), NO_DATAGRAM);
				equal(second.receive(new Uint8Array(4)), NO_DATAGRAM);
				equal(stranger.receive(new Uint8Array(4)), NO_DATAGRAM);
			});

		it("survives a flood with a bounded queue", async () => {
			const receiver = open(A, 0);
			const sender = open(A, 0);
			const bytes = new Uint8Array(1400);
			for (let i = 0; i < 2000; i++)
				ok(sender.send(bytes, 0, bytes.length, A, receiver.localPort) !== SEND_FAILED);
			const into = new Uint8Array(1500);
			let received = 0;
			for (let silence = 0; silence < (received === 0 ? 200 : 4); silence++) {
				await pause(5);
				while (receiver.receive(into) !== NO_DATAGRAM) {
					received++;
					silence = 0;
				}
			}
			ok(received > 20 && received < 2000, `${received} of 2000`);
			sender.send(bytesOf(5), 0, 1, A, receiver.localPort);
			equal(await next(receiver), "05");
		});

		it("refuses ranges outside the buffer", () => {
			const one = open(A, 0);
			const bytes = new Uint8Array(10);
			for (const [offset, end] of [[0, 11], [-1, 3], [5, 4], [11, 11], [0, NaN], [0, 4294967297], [0.5, 3]])
				equal(throws(() => one.send(bytes, offset!, end!, A, one.localPort)) instanceof RangeError, true, `${offset} to ${end}`);
		});

		it("answers a datagram that cannot be sent with SEND_FAILED", () => {
			const one = open(A, 0);
			// 65 535 bytes with the UDP header, and in IPv4 with the IP header too.
			const length = addresses === undefined ? 65508 : 65528;
			equal(one.send(new Uint8Array(length), 0, length, A, one.localPort), SEND_FAILED);
			equal(one.send(bytesOf(1), 0, 1, A, 0), SEND_FAILED);
		});

		it("hears its own family only", () => {
			const one = open(A, 0);
			equal(one.send(bytesOf(1), 0, 1, addresses === undefined ? 2 ** 40 : 0x7f000001, one.localPort), SEND_FAILED);
		});

		it("hears all addresses of its family where it is bound to any", async () => {
			const one = open(family.any, 0);
			const sender = open(A, 0);
			sender.send(bytesOf(4), 0, 1, A, one.localPort);
			equal(await next(one), "04");
			equal(one.sourceAddress, A);
		});

		it("tells and sets the ECN field where it can", async () => {
			const silent = open(A, 0);
			deepEqual([silent.ecnSupported, silent.ecn, silent.sendEcn], [false, 0, 0]);
			silent.sendEcn = 2;
			equal(silent.sendEcn, 0);
			const one = datagramSocket({ address: A, port: 0, ecn: true, onReadable: () => {}, ...table });
			sockets.push(one);
			const other = datagramSocket({ address: A, port: 0, ecn: true, onReadable: () => {}, ...table });
			sockets.push(other);
			const capable = one.ecnSupported ? 2 : 0;
			equal(one.sendEcn, 0);
			for (const ecn of [0, 2, 2, 0]) {
				one.sendEcn = ecn;
				equal(one.sendEcn, ecn & capable);
				one.send(bytesOf(ecn), 0, 1, A, other.localPort);
				equal(await next(other), hex(bytesOf(ecn)));
				equal(other.ecn, ecn & capable);
			}
			one.sendEcn = 2;
			one.send(bytesOf(1), 0, 1, A, silent.localPort);
			equal(await next(silent), "01");
			equal(silent.ecn, 0);
			for (const wrong of [1, 3, -1, NaN, 2.5])
				equal(throws(() => { one.sendEcn = wrong; }) instanceof RangeError, true, `${wrong}`);
		});

		it("may be closed twice, and is then silent", async () => {
			let calls = 0;
			const receiver = open(A, 0, () => { calls++; });
			const sender = open(A, 0);
			sender.send(bytesOf(1), 0, 1, A, receiver.localPort);
			receiver.close();
			receiver.close();
			await pause(20);
			equal(calls, 0);
			equal(receiver.receive(new Uint8Array(4)), NO_DATAGRAM);
			equal(receiver.send(bytesOf(1), 0, 1, A, sender.localPort), SEND_FAILED);
		});
	});
}
