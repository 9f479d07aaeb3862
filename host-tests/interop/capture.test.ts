import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, deepEqual, describe, equal, it, ok, readBytes, skip } from "#test";
import { readCapture } from "../../scripts/demo/capture.js";
import { messageOf, pcapOf, sdOf, type Recorded } from "../support/pcap-writer.js";

const CAPTURES = "../shared/captures/";
const SERVER = "10.0.0.1:30490", CLIENT = "10.0.0.2:30490", GROUP = "224.0.0.5:30490";
const EVENTS = "10.0.0.1:30509", RECEIVER = "10.0.0.2:40000";

const offer = (options: string[], more = {}) => ({ type: 1, service: 0x1234, instance: 1, major: 2, ttl: 3, tail: 7, options, ...more });
const subscribe = (endpoint: string, more = {}) => ({ type: 6, service: 0x1234, instance: 1, major: 2, tail: 0x10, options: [`udp ${endpoint}`], ...more });
const ack = (options: string[] = []) => ({ type: 7, service: 0x1234, instance: 1, major: 2, tail: 0x10, options });

const START: Recorded[] = [
	{ time: 0, from: SERVER, to: GROUP, payload: sdOf([offer([`tcp 10.0.0.1:30510`, `udp ${EVENTS}`])]) },
	{ time: 5, from: CLIENT, to: SERVER, payload: sdOf([subscribe(RECEIVER)]) },
	{ time: 6, from: SERVER, to: CLIENT, payload: sdOf([ack()]) },
];
const event = (time: number, text: string, more: Partial<Recorded> = {}, method = 0x8001): Recorded =>
	({ time, from: EVENTS, to: RECEIVER, payload: messageOf(0x1234, method, Buffer.from(text)), ...more });

describe("capture", () => {
	let folder = "";
	before(() => { folder = mkdtempSync(join(tmpdir(), "zonal-capture-")); });
	after(() => { rmSync(folder, { recursive: true }); });
	const read = (records: Recorded[], options = {}) => {
		writeFileSync(join(folder, "test.pcap"), pcapOf(records, options));
		return readCapture(join(folder, "test.pcap"));
	};
	const texts = async (records: Recorded[], options = {}) => (await read(records, options)).events.map(({ payload }) => payload.toString());
	const fails = async (work: Promise<unknown>, match: string) => {
		const message = await work.then(() => "", error => (error as Error).message);
		ok(message.includes(match), `"${message}", expected "${match}"`);
	};

	it("finds services, subscriptions, routes and the timing", async () => {
		const recording = await read([...START, event(100, "a"), event(130.5, "b", { vlan: true }, 0x8002)]);
		const [server] = recording.servers;
		deepEqual(server!.services, [{
			service: 0x1234, instance: 1, major: 2, minor: 7, ttl: 3, port: 30509, hasTcp: true, eventgroups: [{ eventgroup: 0x10, multicast: undefined }],
		}]);
		deepEqual(server!.datagrams.map(({ time }) => time), [0, 30.5]);
		equal([recording.sdGroup, recording.sdPort].join(), "224.0.0.5,30490");
		deepEqual(recording.routes.map(({ event, eventgroup, major }) => [event, eventgroup, major]), [[0x8001, 0x10, 2], [0x8002, 0x10, 2]]);
	});
	it("reads both byte orders", async () => {
		equal((await texts([...START, event(10, "big")], { bigEndian: true })).join(), "big");
	});
	it("takes the notifications of a shared datagram, and leaves the response out", async () => {
		const payload = Buffer.concat([
			messageOf(0x1234, 0x8001, Buffer.from("one")), messageOf(0x1234, 1, Buffer.from("response"), { type: 0x80 }), messageOf(0x1234, 0x8002, Buffer.from("two")),
		]);
		const recording = await read([...START, event(10, "", { payload })]);
		equal(recording.events.map(({ payload }) => payload.toString()).join(), "one,two");
		equal(recording.servers[0]!.datagrams[0]!.bytes.includes("response"), false);
	});
	it("puts segments together out of order and twice, and counts what stays incomplete", async () => {
		const part = (tp: number, text: string, session: number) =>
			event(10, "", { payload: messageOf(0x1234, 0x8003, Buffer.from(text), { tp, session }) });
		const recording = await read([...START,
			part(16 | 1, "b".repeat(16), 5), part(1, "a".repeat(16), 5), part(1, "a".repeat(16), 5), part(1, "lost", 6), part(32, "c", 5)]);
		equal(recording.events.length, 1);
		equal(recording.events[0]!.payload.toString(), "a".repeat(16) + "b".repeat(16) + "c");
		equal(recording.servers[0]!.datagrams.length, 5);
		ok(recording.notes.some(note => note.startsWith("1 events whose segments")));
	});
	it("knows multicast events by the group that the server acknowledged", async () => {
		const recording = await read([START[0]!, START[1]!,
			{ time: 6, from: SERVER, to: CLIENT, payload: sdOf([ack(["multicast 224.0.0.9:3000"])]) },
			event(10, "all", { to: "224.0.0.9:3000" }), event(11, "not ours", { to: "224.0.0.9:3001" })]);
		equal(recording.events.map(({ payload }) => payload.toString()).join(), "all");
		deepEqual(recording.servers[0]!.datagrams[0]!.multicast, { address: "224.0.0.9", port: 3000 });
	});
	it("replays one subscriber where there were two", async () => {
		const recording = await read([...START, { time: 7, from: "10.0.0.3:30490", to: SERVER, payload: sdOf([subscribe("10.0.0.3:40000")]) },
			event(10, "x"), event(10, "x", { to: "10.0.0.3:40000" })]);
		equal(recording.events.length, 1);
		ok(recording.notes.some(note => note.includes("further subscribers")), recording.notes.join());
	});
	it("takes what clients send and what was stopped for nothing", async () => {
		equal((await texts([
			{ time: 0, from: SERVER, to: GROUP, payload: sdOf([offer([`udp 10.0.0.1:1`], { ttl: 0 })]) }, ...START,
			event(10, "yes"), { time: 11, from: RECEIVER, to: EVENTS, payload: messageOf(0x1234, 0x8001, Buffer.from("no")) },
		])).join(), "yes");
	});
	it("says what it leaves out", async () => {
		const { notes } = await read([...START, event(1, "x"), event(2, "y", { fragment: true }),
			{ time: 3, from: "10.0.0.1:30510", to: "10.0.0.2:40010", payload: messageOf(0x1234, 0x8001, Buffer.from("z")), tcp: true }]);
		ok(notes.some(note => note.includes("1 TCP segments")) && notes.some(note => note.includes("1 packets that are IP fragments")), notes.join());
	});
	it("says what is wrong with a file", async () => {
		await fails(readCapture(join(folder, "none.pcap")), "there is no such file");
		writeFileSync(join(folder, "new.pcapng"), Buffer.from("0a0d0d0a".padEnd(80, "0"), "hex"));
		await fails(readCapture(join(folder, "new.pcapng")), "editcap -F pcap new.pcapng new.converted.pcap");
		writeFileSync(join(folder, "text.pcap"), "hello");
		await fails(readCapture(join(folder, "text.pcap")), "not a pcap file");
		await fails(read([event(1, "x")]), "nobody offers a service");
		await fails(read(START), "no events");
		await fails(read([...START, event(1, "x")], { linkType: 105 }), "link type 105");
	});
	it("stands a file that is cut or full of noise", async () => {
		const whole = pcapOf([...START, event(10, "x"), event(20, "y")]);
		for (let length = 24; length < whole.length; length += 7) {
			writeFileSync(join(folder, "cut.pcap"), whole.subarray(0, length));
			await readCapture(join(folder, "cut.pcap")).catch(error => ok((error as Error).message.startsWith("cut.pcap"), String(error)));
		}
		for (let seed = 0; seed < 40; seed++) {
			const records = [...START, event(10, "x")].map(record => {
				const payload = Buffer.from(record.payload);
				payload[seed * 7 % payload.length]! ^= 0xff;
				return { ...record, payload };
			});
			await read(records).catch(error => ok((error as Error).message.startsWith("test.pcap"), String(error)));
		}
	});

	for (const [name, payloads] of [
		["vsomeip_sd_rr_event_udp.pcap", [4, ...Array<number>(20).fill(32)]],
		["vsomeip_tp_udp.pcap", [4, ...Array<number>(5).fill(5000)]],
		["vsomeip_multicast_field_notify.pcap", [2, 3, 4, 5, 6, 7, 8, 11]],
	] as const) {
		if (readBytes(CAPTURES + name) === undefined) {
			skip(`understands ${name}`, "../shared/captures is not here");
			continue;
		}
		it(`understands ${name}`, async () => {
			const recording = await readCapture(CAPTURES + name);
			deepEqual(recording.events.map(({ payload }) => payload.length), [...payloads]);
			equal(recording.servers[0]!.services.map(({ service, instance }) => `${service.toString(16)}.${instance.toString(16)}`).join(), "1234.5678");
			ok(recording.events.every(({ eventgroup }) => eventgroup === 0x4465));
		});
	}
});
