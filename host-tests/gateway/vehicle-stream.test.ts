import { deepEqual, describe, equal, hex, it, ok, unhex } from "#test";
import { Protector } from "../../firmware/someip/e2e/protection.js";
import type { StreamSocket } from "../../firmware/ports/stream-socket.js";
import { MockStreamNetwork } from "../support/mock-stream.js";
import { BOARD, CAR, Machine, SD_GROUP } from "./support/machine.js";
import type { Sample } from "./support/sample.js";

const TOPIC = "vehicle/ZNLDEM00000000001/someip/1234/5678/event/8778";
const REQUEST = "vehicle/ZNLDEM00000000001/someip/1234/5678/method/0421/request", RESPONSE = "vehicle/ZNLDEM00000000001/someip/1234/5678/method/0421/response";
const COOKIE = "ffff000000000008deadbeef01010100", CAR_COOKIE = "ffff800000000008deadbeef01010200";
const EVENT = "1234877800000009000000010101020042";

/** A board on a car that offers its service by TCP alone. */
class StreamCar {
	readonly machine: Machine;
	readonly network: MockStreamNetwork;
	socket: StreamSocket | undefined;
	#session = 0;

	constructor(change: (sample: Sample) => void = () => { }) {
		let network: MockStreamNetwork | undefined;
		this.machine = new Machine({ change, ports: { streamSocket: options => network!.host(BOARD).streamSocket(options) } });
		this.network = network = new MockStreamNetwork(this.machine.clock);
		const listener = network.host(CAR).streamListener({ address: CAR, port: 30510, onChanged: () => { this.socket = listener.accept(() => { }); } });
		this.machine.board.start();
		this.machine.clock.advance(500);
		this.offer();
	}

	offer(): void {
		this.#session++;
		this.machine.car.sendSd(`ffff8100000000300000000${this.#session}01010200c000000000000010010000101234567801000003000000000000000c000904000a4d00010006772e`, SD_GROUP);
		this.machine.clock.advance(20);
	}

	acknowledge(): void {
		this.machine.car.acknowledge();
		this.machine.clock.advance(20);
	}

	send(text: string): void {
		const bytes = unhex(text);
		this.socket!.send(bytes, 0, bytes.length);
		this.machine.clock.advance(5);
	}

	receive(): string {
		const bytes = new Uint8Array(4096), length = this.socket!.receive(bytes, 0, bytes.length);
		return hex(bytes, 0, length < 0 ? 0 : length);
	}
}

describe("the vehicle by TCP", () => {
	it("connects, then subscribes with its endpoint, and carries events to the broker", () => {
		const car = new StreamCar(), { machine } = car;
		ok(car.socket !== undefined);
		const subscribe = machine.car.heard.filter(text => text.slice(48, 50) === "06").at(-1)!, options = subscribe.slice(-24);
		equal(options, `000904000a4d00020006${(car.socket!.peerPort + 0x10000).toString(16).slice(1)}`);
		car.acknowledge();
		car.send(CAR_COOKIE + EVENT.slice(0, 20));
		car.send(EVENT.slice(20) + EVENT);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["42", "42"]);
		deepEqual([machine.status().someip.connections, machine.status().someip.dropped], [1, 0]);
		equal(machine.said("I sd: service 1234.5678 offered by 10.77.0.1:30510 (TCP)").length, 1);
	});

	it("calls methods by it, with a magic cookie where that is configured", () => {
		const car = new StreamCar(sample => {
			sample.network.magicCookies = true;
			sample.methods = [{ service: "0x1234", instance: "0x5678", method: "0x0421" }];
		}), { machine } = car;
		car.acknowledge();
		machine.broker.publish(REQUEST, [1, 2], { correlation: [7] });
		machine.clock.advance(5);
		equal(car.receive(), `${COOKIE}123404210000000a5a010001010100000102`);
		car.send("12340421000000095a01000101018000aa");
		deepEqual(machine.broker.payloadsOf(RESPONSE), ["aa"]);
		machine.broker.publish(REQUEST, [1, 2], { correlation: [8] });
		machine.clock.advance(5);
		equal(car.receive(), "123404210000000a5a010002010100000102");
		car.network.cut();
		machine.clock.advance(5);
		deepEqual(machine.status().calls, { requested: 2, answered: 1, failed: 1 });
	});

	it("connects and subscribes again after a loss, and lets go of the connection as the link is lost", () => {
		const car = new StreamCar(), { machine } = car;
		car.acknowledge();
		const before = machine.car.heard.length;
		car.network.cut();
		machine.clock.advance(150);
		ok(machine.car.heard.length > before);
		car.acknowledge();
		car.send(EVENT);
		deepEqual(machine.broker.payloadsOf(TOPIC), ["42"]);
		machine.board.vehicle.linkLost(machine.clock.now());
		machine.car.datagram("00");
		machine.clock.advance(5);
		equal(machine.status().someip.connections, 0);
	});

	it("says that a connection was lost, or is refused", () => {
		const car = new StreamCar(), { machine } = car;
		car.network.refuse = true;
		car.network.cut();
		for (let i = 0; i < 30; i++)
			car.offer();
		machine.clock.advance(1500);
		equal(machine.said("W tcp: 1 connection to a service was lost or refused; trying again").length + machine.said("connections to services were lost or refused; trying again").length, 1);
	});

	it("without TCP on the platform such a service cannot be reached, which is said once", () => {
		const machine = new Machine();
		machine.board.start();
		machine.clock.advance(500);
		machine.car.sendSd("ffff8100000000300000000101010200c000000000000010010000101234567801000003000000000000000c000904000a4d00010006772e", SD_GROUP);
		machine.clock.advance(20);
		equal(machine.said("cannot be reached").length, 1);
	});
});

describe("the vehicle with end-to-end protection", () => {
	it("carries what is right without its header, drops the rest, and counts", () => {
		const options = { profile: "P04", dataId: 0x0a0b0c0d } as const, protector = new Protector(options);
		const machine = new Machine({ change: sample => { sample.routes[0].e2e = { profile: "P04", dataId: "0x0a0b0c0d" }; } }).up();
		const next = (payload: string) => {
			const bytes = unhex(`12348778${(20 + payload.length / 2 + 0x100000000).toString(16).slice(1)}0000000101010200${"00".repeat(12)}${payload}`);
			protector.protect(bytes, 8, bytes.length);
			return hex(bytes, 0, bytes.length);
		};
		const first = next("42"), damaged = next("43");
		for (const datagram of [first, first, `${damaged.slice(0, -2)}44`, next("45"), next("46"), EVENT]) {
			machine.car.datagram(datagram);
			machine.clock.advance(5);
		}
		deepEqual(machine.broker.payloadsOf(TOPIC), ["42", "46"]);
		deepEqual(machine.status().e2e, [{ id: "1234.5678 8778", state: "invalid", ok: 2, lost: 0, repeated: 1, wrongSequence: 1, wrong: 2 }]);
		equal(machine.status().someip.dropped, 4);
	});
});
