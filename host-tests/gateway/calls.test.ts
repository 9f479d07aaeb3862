import { deepEqual, describe, equal, it, ok } from "#test";
import { CLIENT_CALLS, CORRELATION_MAX } from "../../firmware/config.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";
import { hex } from "#test";
import { BOARD, Machine, type MachineOptions } from "./support/machine.js";

const REQUEST = "vehicle/ZNLDEM00000000001/someip/1234/5678/method/0421/request";
const RESPONSE = "vehicle/ZNLDEM00000000001/someip/1234/5678/method/0421/response";
const MINE = "vehicle/ZNLDEM00000000001/answers/7";
/** User property rc. */
const rc = (code: string) => `2600027263${"0004"}3078${hex(encodeUtf8(code))}`;

function called(options: MachineOptions = {}, method: Record<string, unknown> = {}): Machine {
	return new Machine({ ...options, change: sample => { sample.methods = [{ service: "0x1234", instance: "0x5678", method: "0x0421", timeout: 500, qos: 0, ...method }]; } }).up();
}

/** The car's response to the request that it heard last. */
function respond(machine: Machine, payload: string, code = "00", type = "80"): void {
	const request = machine.car.called.at(-1)!;
	machine.car.datagram(`12340421${(8 + payload.length / 2 + 0x100000000).toString(16).slice(1)}${request.slice(16, 24)}0101${type}${code}${payload}`, BOARD, machine.car.callPort);
	machine.clock.advance(5);
}

function request(machine: Machine, correlation?: readonly number[], responseTopic?: string, payload: readonly number[] = [1, 2]): void {
	machine.broker.publish(REQUEST, payload, { ...correlation === undefined ? {} : { correlation }, ...responseTopic === undefined ? {} : { responseTopic } });
	machine.clock.advance(5);
}

/** The answers to `topic`: properties and payload. */
function answers(machine: Machine, topic: string): string[] {
	return machine.broker.published.flatMap((message, i) => message.topic === topic ? [`${machine.broker.properties[i]} ${message.payload}`] : []);
}

describe("calls by MQTT", () => {
	it("subscribes to the method's requests, and asks for its service", () => {
		const machine = called();
		deepEqual(machine.broker.filters, [REQUEST]);
		deepEqual(machine.status().calls, { requested: 0, answered: 0, failed: 0 });
	});

	it("a request becomes a REQUEST, its response goes to the response topic with the correlation data", () => {
		const machine = called();
		request(machine, [0xca, 0xfe], MINE);
		deepEqual(machine.car.called, ["12340421" + "0000000a" + "5a010001" + "01010000" + "0102"]);
		respond(machine, "0a0b0c");
		deepEqual(answers(machine, MINE), [`090002cafe${rc("00")} 0a0b0c`]);
		equal(machine.broker.published.at(-1)!.retain, false);
		deepEqual(machine.status().calls, { requested: 1, answered: 1, failed: 0 });
	});

	it("without a response topic the answer goes to the method's own, without correlation data it has none", () => {
		const machine = called();
		request(machine);
		respond(machine, "");
		deepEqual(answers(machine, RESPONSE), [`${rc("00")} `]);
	});

	it("tells the service's error", () => {
		for (const type of ["80", "81"]) {
			const machine = called();
			request(machine, [1]);
			respond(machine, "", "2a", type);
			deepEqual(answers(machine, RESPONSE), [`09000101${rc("2a")} `]);
			deepEqual(machine.status().calls, { requested: 1, answered: 1, failed: 0 });
		}
	});

	it("answers E_TIMEOUT itself, and drops the response that comes late", () => {
		const machine = called();
		request(machine, [1]);
		const offered = machine.car;
		offered.offer();
		machine.clock.advance(490);
		equal(answers(machine, RESPONSE).length, 0);
		machine.clock.advance(10);
		deepEqual(answers(machine, RESPONSE), [`09000101${rc("06")} `]);
		respond(machine, "aa");
		equal(answers(machine, RESPONSE).length, 1);
		deepEqual(machine.status().calls, { requested: 1, answered: 0, failed: 1 });
		equal(machine.status().someip.dropped, 1);
	});

	it("answers E_NOT_REACHABLE itself where nobody offers the service, or no longer", () => {
		const machine = called({}, { timeout: 60_000 });
		request(machine, [1]);
		machine.clock.advance(4000);
		request(machine, [2]);
		deepEqual(answers(machine, RESPONSE), [`09000101${rc("05")} `, `09000102${rc("05")} `]);
		equal(machine.car.called.length, 1);
		deepEqual(machine.status().calls, { requested: 2, answered: 0, failed: 2 });
	});

	it("several at a time are told apart; what is too many is refused and counted", () => {
		const machine = called();
		for (let i = 0; i < CLIENT_CALLS + 1; i++)
			request(machine, [i]);
		equal(machine.car.called.length, CLIENT_CALLS);
		equal(machine.status().calls.failed, 1);
		const last = machine.car.called.splice(3, 1)[0]!;
		machine.car.called.push(last);
		respond(machine, "33");
		deepEqual(answers(machine, RESPONSE), [`09000103${rc("00")} 33`]);
		request(machine, [9]);
		equal(machine.car.called.length, CLIENT_CALLS + 1);
	});

	it("refuses retained requests, response topics elsewhere, and correlation data that is too long", () => {
		const machine = called();
		machine.broker.publish(REQUEST, [1], { retain: true });
		for (const topic of ["other/topic", "vehicle/ZNLDEM00000000002/x", "vehicle/ZNLDEM00000000001", `vehicle/ZNLDEM00000000001/${"x".repeat(120)}`, REQUEST])
			request(machine, [1], topic);
		request(machine, Array.from({ length: CORRELATION_MAX + 1 }, () => 1));
		equal(machine.car.called.length, 0);
		deepEqual(machine.status().calls, { requested: 7, answered: 0, failed: 7 });
		machine.clock.advance(1000);
		machine.broker.publish("vehicle/x", [1]);
		machine.clock.advance(1000);
		ok(machine.said("requests were refused").length >= 1, machine.lines.join("\n"));
		equal(machine.said("nobody asked for").length, 1);
		request(machine, Array.from({ length: CORRELATION_MAX }, () => 1), `vehicle/ZNLDEM00000000001/${"x".repeat(102)}`);
		equal(machine.car.called.length, 1);
	});

	it("an answer of QoS 1 keeps its place until the broker has it", () => {
		const machine = called({}, { qos: 1 });
		for (let i = 0; i < 3 * CLIENT_CALLS; i++) {
			request(machine, [i]);
			respond(machine, "0102");
		}
		deepEqual(answers(machine, RESPONSE), Array.from({ length: 3 * CLIENT_CALLS }, (_, i) => `090001${(i + 256).toString(16).slice(1)}${rc("00")} 0102`));
		equal(machine.broker.published.at(-1)!.qos, 1);
		machine.broker.isAlive = false;
		for (let i = 0; i < CLIENT_CALLS; i++) {
			request(machine, [i]);
			respond(machine, "01");
		}
		const before = machine.car.called.length;
		request(machine, [99]);
		equal(machine.car.called.length, before);
	});

	it("a request of QoS 1 that comes twice is asked once, and answered twice", () => {
		const machine = called({}, { qos: 1 });
		const ask = (correlation: readonly number[], payload: readonly number[] = [1], duplicate = false, qos: 0 | 1 = 1) => {
			machine.broker.publish(REQUEST, payload, { correlation, responseTopic: MINE, qos, duplicate });
			machine.clock.advance(5);
		};
		const answer = `090002cafe${rc("00")} 0a`;
		ask([0xca, 0xfe]);
		ask([0xca, 0xfe], [1], true);
		equal(machine.car.called.length, 1, "while it is under way");
		respond(machine, "0a");
		deepEqual(answers(machine, MINE), [answer]);
		ask([0xca, 0xfe], [1], true);
		ask([0xca, 0xfe]);
		equal(machine.car.called.length, 1);
		deepEqual(answers(machine, MINE), [answer, answer, answer]);
		ask([0xca, 0xfe], [2]);
		ask([0xca, 0xff]);
		ask([0xca, 0xfe], [1], false, 0);
		equal(machine.car.called.length, 4, "another payload, other correlation data, QoS 0");
		machine.clock.advance(2500);
		machine.car.offer();
		ask([0xca, 0xfe], [1], true);
		equal(machine.car.called.length, 4, "sent again by the broker");
		ask([0xca, 0xfe]);
		equal(machine.car.called.length, 5, "asked anew");
	});

	it("a request that was not answered by the vehicle is asked again, and one with a long answer", () => {
		const machine = called({}, { qos: 1 });
		for (const end of [() => machine.clock.advance(600), () => respond(machine, "ab".repeat(129))]) {
			const before = machine.car.called.length;
			for (let i = 0; i < 2; i++) {
				machine.broker.publish(REQUEST, [1], { correlation: [7], responseTopic: MINE, qos: 1, duplicate: true });
				machine.clock.advance(5);
				end();
			}
			equal(machine.car.called.length, before + 2);
		}
	});
});
