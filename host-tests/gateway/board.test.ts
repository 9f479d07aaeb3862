import { deepEqual, describe, equal, it, ok, throws } from "#test";
import { DATAGRAMS_PER_TURN } from "../../firmware/config.js";
import { LINK_DOWN, LINK_READY, LINK_STARTING, LINK_UP, type Link } from "../../firmware/ports/link.js";
import { SEND_FAILED } from "../../firmware/ports/datagram-socket.js";
import { address } from "../support/mock-socket.js";
import { BOARD, Machine, SD_GROUP } from "./support/machine.js";

const TOPIC = "vehicle/ZNLDEM00000000001/someip/1234/5678/event/8778";
const SD_TOPIC = "vehicle/ZNLDEM00000000001/someip/1234/5678/sd";
const STATUS_TOPIC = "vehicle/ZNLDEM00000000001/status";
const text = (hexText: string) => hexText.replace(/../g, pair => String.fromCharCode(parseInt(pair, 16)));

describe("board", () => {
	it("carries a recorded event to the broker: offer, subscribe, acknowledge, event, PUBLISH", () => {
		const machine = new Machine().up();
		ok(machine.car.heard.includes("ffff8100000000300000000101010200c000000000000010060000101234567801000003000044650000000c000904000a4d000200119c40"), "the Subscribe of the recording");
		machine.car.event("01020304");
		machine.clock.advance(5);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["01020304"]);
		equal(machine.broker.packets.at(-1), `32${(2 + 53 + 2 + 1 + 4).toString(16)}0035${Array.from(TOPIC, c => c.charCodeAt(0).toString(16)).join("")}0004${"00"}01020304`);
		deepEqual(machine.status().someip, { received: 1, dropped: 0, services: 1, subscriptions: 1, connections: 0 });
		deepEqual(machine.status().routes, { configured: 1, forwarded: 1, unrouted: 0 });
	});

	it("says every step in words", () => {
		const machine = new Machine().up();
		deepEqual(machine.lines, [
			"I sd: looking for services on 224.244.224.245:30490; events come to 10.77.0.2:40000",
			"I uplink: looking up broker.example",
			"I uplink: connecting to broker.example:14567 (10.77.0.9:14567) over QUIC",
			"I uplink: TLS 1.3 done, the certificate of broker.example is good; CONNECT",
			"I uplink: up: CONNACK from broker.example:14567 over QUIC v1, NONE, handshake 1 datagrams 1 bytes, rtt 0 ms",
			"I sd: service 1234.5678 offered by 10.77.0.1:30509",
			"I sd: subscribed to eventgroup 4465 of service 1234.5678",
		]);
	});

	it("publishes its state and the availability of its services, retained", () => {
		const machine = new Machine().up();
		deepEqual(machine.broker.published.map(({ topic, payload, retain }) => [topic, text(payload), retain]), [
			[STATUS_TOPIC, "{\"state\":\"online\"}", true], [SD_TOPIC, "{\"state\":\"unavailable\"}", true], [SD_TOPIC, "{\"state\":\"available\"}", true],
		]);
		machine.clock.advance(4000);
		equal(text(machine.broker.payloadsOf(SD_TOPIC).at(-1)!), "{\"state\":\"unavailable\"}");
		equal(machine.said("W sd: service 1234.5678 is gone").length, 1);
	});

	it("an eventgroup that is silent for longer than its routes say is subscribed to anew", () => {
		const machine = new Machine({ change: sample => { sample.routes[0]!["silence"] = 700; } }).up();
		const subscribes = () => machine.car.heard.filter(message => message.slice(48, 50) === "06").length, before = subscribes();
		machine.clock.advance(600);
		machine.car.event("01020304");
		machine.clock.advance(600);
		equal(subscribes(), before, "heard in time");
		machine.clock.advance(200);
		equal(subscribes(), before + 1);
	});

	it("a service that comes and goes without end is told of a few times, and at last as it is", () => {
		const machine = new Machine().up(), before = machine.broker.payloadsOf(SD_TOPIC).length;
		for (let i = 0; i < 201; i++)
			machine.board.cloud.serviceChanged(0x1234, 0x5678, i % 2 !== 0, machine.clock.now());
		machine.clock.advance(50);
		ok(machine.broker.payloadsOf(SD_TOPIC).length - before <= 4);
		machine.board.cloud.serviceChanged(0x1234, 0x5678, false, machine.clock.now());
		// The board turns as something comes.
		machine.car.datagram("12348778000000090000000101010200aa");
		machine.clock.advance(1100);
		equal(text(machine.broker.payloadsOf(SD_TOPIC).at(-1)!), "{\"state\":\"unavailable\"}");
		ok(machine.broker.payloadsOf(SD_TOPIC).length - before <= 5);
	});

	it("takes several events of one datagram, each by its route", () => {
		const machine = new Machine({ change: sample => { sample.routes.push({ ...sample.routes[0], event: "0x8779", topic: "b", qos: 0, retain: true }); } }).up();
		machine.car.datagram("12348778000000090000000101010200aa" + "12348779000000090000000201010200bb" + "1234877a000000090000000301010200cc" + "12348778000000080000000401010200");
		machine.clock.advance(5);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["aa", ""]);
		deepEqual(machine.broker.published.filter(message => message.topic === "b"), [{ topic: "b", payload: "bb", qos: 0, retain: true }]);
		equal(machine.status().routes.unrouted, 1);
	});

	it("takes an event that came in segments, once and whole", () => {
		const machine = new Machine().up();
		const segment = (offset: string, more: number, bytes: string) =>
			machine.car.datagram(`12348778${(12 + bytes.length / 2 + 0x100000000).toString(16).slice(1)}0000000701012200${offset}${more}${bytes}`);
		segment("0000000", 1, "aa".repeat(1392));
		segment("00000ae", 0, "cc".repeat(100));
		segment("0000057", 1, "bb".repeat(1392));
		machine.clock.advance(5);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["aa".repeat(1392) + "bb".repeat(1392) + "cc".repeat(100)]);
		equal(machine.status().someip.received, 1);
	});

	it("hears a multicast group from its Ack on", () => {
		const machine = new Machine();
		machine.board.start();
		machine.clock.advance(500);
		machine.car.offer();
		machine.clock.advance(20);
		// captures/vsomeip_multicast_field_notify: Ack with the multicast endpoint 224.225.226.233:32344.
		machine.car.sendSd("ffff8100000000300000000101010200c000000000000010070000101234567801000003000044650000000c00091400e0e1e2e900117e58", BOARD);
		machine.clock.advance(5);
		machine.car.event("0102", address("224.225.226.233"), 32344);
		machine.clock.advance(5);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["0102"]);
		equal(machine.said("events come by multicast 224.225.226.233:32344 as well").length, 1);
		const open = machine.network.openSockets;
		machine.clock.advance(4000);
		equal(machine.network.openSockets, open - 1, "the group is left when the service is gone");
	});

	it("counts what is not an event, and says so at most every ten seconds", () => {
		const machine = new Machine().up();
		for (let i = 0; i < 50; i++)
			machine.car.datagram("12348778000000ff0000000101010200aa");
		machine.car.datagram("00");
		machine.car.datagram("12348778000000090000000101018000aa");
		machine.car.sendSd("ffff8100000000300000", SD_GROUP);
		machine.clock.advance(2000);
		deepEqual(machine.broker.payloadsOf(TOPIC), []);
		equal(machine.status().someip.dropped, 53);
		deepEqual(machine.said("dropped"), ["W someip: 52 dropped: 1 truncated, 50 length, 1 unexpected response", "W sd: 1 dropped: 1 truncated"]);
		for (let i = 0; i < 5; i++) {
			machine.car.datagram("00");
			machine.car.offer();
			machine.clock.advance(1500);
		}
		equal(machine.said("dropped").length, 2);
		machine.clock.advance(2000);
		machine.car.offer();
		machine.clock.advance(2000);
		equal(machine.said("dropped").at(-1), "W someip: 5 dropped: 5 truncated");
	});

	it("lives through random bytes on every socket", () => {
		const machine = new Machine().up();
		let seed = 1;
		for (let i = 0; i < 300; i++) {
			let bytes = "";
			for (let length = i % 60; length >= 0; length--)
				bytes += ((seed = Math.imul(seed, 1103515245) + 12345 | 0) >>> 24 | 256).toString(16).slice(1);
			machine.car.datagram(bytes);
			machine.car.sendSd(bytes, i % 2 ? BOARD : SD_GROUP);
			machine.clock.advance(1);
		}
		machine.car.offer();
		machine.car.event("77");
		machine.clock.advance(5);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["77"]);
	});

	it("lets no flooded socket starve the others", () => {
		const machine = new Machine().up();
		// Refilled whenever time allows: for a while the event socket never runs dry.
		let left = 100, leftAtRestart = -1;
		const refill = () => {
			for (let i = 0; i < DATAGRAMS_PER_TURN; i++)
				machine.car.event("bb");
			if (leftAtRestart < 0 && machine.said("10.77.0.1 has restarted").length > 0)
				leftAtRestart = left;
			if (left-- > 0)
				machine.clock.at(0, refill);
		};
		refill();
		machine.car.offer(true);
		machine.clock.advance(50);
		ok(leftAtRestart > 90, `discovery was read when ${leftAtRestart} of 100 bursts were to come`);
		const seen = machine.broker.payloadsOf(TOPIC).length, { someip } = machine.status();
		ok(seen > 0 && seen === someip.received, `${seen} of ${someip.received}`);
	});

	it("keeps events while the broker is away, and sends them when it is back", () => {
		const machine = new Machine().up();
		machine.broker.goodbye();
		machine.broker.isAlive = false;
		machine.clock.advance(5);
		equal(machine.said("W uplink: lost the connection to broker.example (10.77.0.9:14567): the server closed the connection; next try in ").length, 1);
		for (let i = 0; i < 5; i++) {
			machine.car.event(`0${i}`);
			machine.car.offer();
			machine.clock.advance(1000);
		}
		deepEqual(machine.broker.payloadsOf(TOPIC), []);
		equal(machine.status().mqtt.queued, 5);
		machine.broker.isAlive = true;
		machine.clock.advance(60_000);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["00", "01", "02", "03", "04"]);
		equal(machine.broker.connections, 2);
		equal(machine.status().mqtt.reconnects, 1);
		equal(text(machine.broker.payloadsOf(STATUS_TOPIC).at(-1)!), "{\"state\":\"online\"}");
	});

	it("counts and tells what the queue for the broker could not hold", () => {
		const machine = new Machine();
		machine.broker.isAlive = false;
		machine.up();
		for (let i = 0; i < 60; i++) {
			machine.car.event("ab".repeat(1000));
			machine.car.offer();
			machine.clock.advance(50);
		}
		ok(machine.status().mqtt.overflowed > 0);
		equal(machine.said("lost: the queue for the broker is full").length, 1, "at once, then every ten seconds");
	});

	it("says that it is online although the queue is full of events", () => {
		const machine = new Machine().up();
		machine.broker.goodbye();
		machine.broker.isAlive = false;
		machine.clock.advance(5);
		for (let i = 0; i < 60; i++) {
			machine.car.event("ab".repeat(1000));
			machine.car.offer();
			machine.clock.advance(50);
		}
		ok(machine.status().mqtt.overflowed > 0);
		machine.broker.published.length = 0;
		machine.broker.isAlive = true;
		machine.clock.advance(60_000);
		deepEqual(machine.broker.payloadsOf(STATUS_TOPIC).map(text), ["{\"state\":\"online\"}"]);
		equal(text(machine.broker.payloadsOf(SD_TOPIC).at(-1)!), "{\"state\":\"unavailable\"}");
	});

	it("tells of losses at any time of the clock", () => {
		const machine = new Machine({ time: -0x70000000 }).up();
		machine.car.datagram("00");
		machine.clock.advance(2000);
		equal(machine.said("1 dropped").length, 1);
	});

	it("goes on where there can be no name lookup", () => {
		const machine = new Machine();
		machine.resolverFault = new Error("resolver: no thread");
		machine.up();
		deepEqual(machine.said("uplink").slice(0, 2), ["I uplink: looking up broker.example", "W uplink: no name lookup: resolver: no thread"]);
		equal(machine.said("W uplink: name not found: broker.example; next try in ").length > 0, true);
		machine.resolverFault = undefined;
		machine.clock.advance(10_000);
		equal(machine.status().state, "up");
	});

	it("goes on when the name is not found", () => {
		const machine = new Machine({ isNamed: false }).up();
		equal(machine.said("W uplink: name not found: broker.example; next try in ").length > 0, true);
		machine.isNamed = true;
		machine.clock.advance(10_000);
		equal(machine.status().state, "up");
		equal(machine.names.length >= 2, true);
	});

	it("takes nothing for the broker's that comes from elsewhere", () => {
		const machine = new Machine().up();
		const { packetsSent } = machine.status().quic;
		machine.broker.sendRaw([0xf2, 0x20]);
		machine.clock.advance(5);
		equal(machine.status().state, "up");
		equal(machine.status().quic.packetsSent, packetsSent);
	});

	it("follows an ECU that restarts", () => {
		const machine = new Machine().up();
		machine.car.heard.length = 0;
		machine.car.offer(true);
		machine.clock.advance(20);
		equal(machine.said("W sd: 10.77.0.1 has restarted; subscribing again").length, 1);
		ok(machine.car.heard.length > 0, "Subscribe goes out again");
		machine.car.acknowledge();
		machine.clock.advance(20);
		machine.car.event("05");
		machine.clock.advance(5);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["05"]);
	});

	it("says after ten seconds that nobody offers anything", () => {
		const machine = new Machine();
		machine.board.start();
		machine.clock.advance(9000);
		equal(machine.said("none of the services").length, 0);
		machine.clock.advance(60_000);
		deepEqual(machine.said("none of the services"), ["W sd: none of the services is offered yet: is the vehicle on, and is 224.244.224.245:30490 its group?"]);
	});

	it("does not say so of a vehicle that went away again", () => {
		const machine = new Machine().up();
		machine.clock.advance(60_000);
		equal(machine.said("service 1234.5678 is gone").length, 1);
		equal(machine.said("none of the services").length, 0);
	});

	it("offers a datagram again where the socket's queue is full", () => {
		const machine = new Machine();
		machine.board.start();
		// Those of SD, both channels, and of events.
		machine.sockets[0]!.busy = 3;
		machine.clock.advance(5);
		// That of the uplink; it has the handshake to send.
		machine.sockets[3]!.busy = 5;
		machine.clock.advance(500);
		machine.car.offer();
		machine.sockets[0]!.busy = 3;
		machine.clock.advance(20);
		equal(machine.car.heard.filter(message => message.includes("0600001012345678")).length, 1, "one Subscribe");
		equal(machine.status().state, "up");
		equal(machine.sockets[0]!.busy + machine.sockets[3]!.busy, 0);
		equal(machine.said("could not be sent").length, 0);
	});

	it("counts and tells what the stack refuses to send", () => {
		const machine = new Machine().up();
		for (const socket of machine.sockets)
			socket.send = () => SEND_FAILED;
		machine.car.offer();
		machine.car.event("01");
		machine.clock.advance(8000);
		deepEqual(machine.said("could not be sent").map(line => line.replace(/\d+/, "N")).sort(), [
			"W net: N datagram to the broker could not be sent: is there a route to it?", "W sd: N message could not be sent: is the network there?",
		]);
	});

	it("throws in words where an address or a port cannot be had", () => {
		throws(() => new Machine({ addresses: [address("10.77.0.3")] }).board.start(), "cannot bind 10.77.0.2:30490: not an address of this machine");
	});

	it("waits for the link, and looks again after it was lost", () => {
		const link: Link & { state: number } = { state: LINK_STARTING, address: BOARD, netmask: 0xffffff00, onChanged: undefined };
		const machine = new Machine({ link });
		machine.board.start();
		machine.clock.advance(1000);
		equal(machine.status().link, "starting");
		equal(machine.said("looking for services").length, 0);
		const change = (state: number) => {
			link.state = state;
			link.onChanged!();
		};
		change(LINK_UP);
		change(LINK_READY);
		machine.clock.advance(500);
		machine.car.offer();
		machine.clock.advance(20);
		equal(machine.status().someip.services, 1);
		change(LINK_DOWN);
		machine.clock.advance(20);
		equal(machine.status().someip.services, 0);
		equal(machine.status().link, "down");
		change(LINK_READY);
		machine.clock.advance(500);
		machine.car.offer();
		machine.clock.advance(20);
		equal(machine.status().someip.services, 1);
	});
});
