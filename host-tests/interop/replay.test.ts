import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, deepEqual, describe, equal, it, ok, readBytes, skip } from "#test";
import { readCapture, type RecordedRoute } from "../../scripts/demo/capture.js";
import { play } from "../../scripts/demo/player.js";
import { VehicleProcess } from "../../scripts/demo/vehicle-process.js";
import { messageOf, pcapOf, sdOf, type Recorded } from "../support/pcap-writer.js";
import { timed, until } from "../support/patience.js";
import { EventListener } from "./support/event-listener.js";
import { ownNetwork } from "./support/network.js";

const CAPTURES = "../shared/captures/";
const PORT = 31490;
let network = "";
const vehicleAt = () => ({ address: `127.${network}.3`, group: `239.${network}.1`, port: PORT });
const listenerFor = (wishes: ConstructorParameters<typeof EventListener>[3]) => new EventListener(`127.${network}.2`, `239.${network}.1`, PORT, wishes);

before(async () => { network = await ownNetwork(); });

describe("player", () => {
	/** Plays at these times, on a clock that only `wait` moves on, by `late` ms more than it is asked to. */
	const played = async (times: number[], late = 0) => {
		const sent: [item: number, at: number][] = [];
		let now = 1e6;
		equal(await play(times.map((time, item) => ({ time, item })), ({ item }) => { sent.push([item, Math.round(now - 1e6)]); }, () => false,
			{ now: () => now, wait: async ms => { now += ms + late; } }), true);
		return sent;
	};

	it("sends each at its time", async () => {
		deepEqual(await played([0, 0, 7, 1000, 1000.4, 5000]), [[0, 0], [1, 0], [2, 7], [3, 1000], [4, 1000], [5, 5000]]);
	});
	it("catches up where it was late, in order, and is never too soon", async () => {
		const times = Array.from({ length: 100 }, (_, i) => i * 7), sent = await played(times, 2000);
		deepEqual(sent.map(([item]) => item), times.map((_, i) => i));
		ok(sent.every(([item, at]) => at >= times[item]! && at <= times[item]! + 2100), "not late by one wait at most");
	});
	it("ends where it is stopped", async () => {
		let count = 0, now = 0;
		equal(await play([{ time: 0 }, { time: 9 }, { time: 20 }], () => { count++; }, () => count === 2, { now: () => now, wait: async ms => { now += ms; } }), false);
		equal(count, 2);
	});
});

describe("replay", () => {
	let folder = "", vehicle: VehicleProcess | undefined, listener: EventListener | undefined;
	before(() => { folder = mkdtempSync(join(tmpdir(), "zonal-replay-")); });
	after(() => { rmSync(folder, { recursive: true }); });
	afterEach(async () => {
		await listener?.stop();
		await vehicle?.stop();
		vehicle = listener = undefined;
	});
	const listen = (routes: readonly RecordedRoute[]) => {
		const groups = new Map(routes.map(route => [`${route.service} ${route.instance} ${route.eventgroup}`, route]));
		return listener = listenerFor([...groups.values()]);
	};

	/** Plays the file to a listener and compares what arrived, in order. */
	async function comparePlayed(capture: string): Promise<EventListener> {
		const recording = await readCapture(capture);
		vehicle = await VehicleProcess.start({ ...vehicleAt(), capture });
		const board = listen(recording.routes);
		await board.until(() => vehicle!.isSubscribed, "all eventgroups subscribed");
		equal(board.heard.length, 0, "before it was told to go");
		vehicle.go();
		await vehicle.played;
		await board.until(() => board.heard.length >= recording.events.length, "all events");
		equal(board.heard.length, recording.events.length);
		for (let i = 0; i < recording.events.length; i++) {
			const wanted = recording.events[i]!, got = board.heard[i]!;
			equal(`${got.service} ${got.instance} ${got.event} ${got.payload.toString("hex")}`,
				`${wanted.service} ${wanted.instance} ${wanted.event} ${wanted.payload.toString("hex")}`, `event ${i}`);
		}
		equal(vehicle.statistics.sent, recording.events.length);
		// To the millisecond: see above. Here, that the recording's times were taken for milliseconds.
		const duration = board.heard.at(-1)!.time - board.heard[0]!.time;
		ok(duration > recording.duration / 3 - 100 && duration < recording.duration * 3 + 10_000, `played in ${duration} ms what took ${recording.duration} ms`);
		return board;
	}

	for (const name of ["vsomeip_sd_rr_event_udp.pcap", "vsomeip_tp_udp.pcap", "vsomeip_multicast_field_notify.pcap"]) {
		if (readBytes(CAPTURES + name) === undefined)
			skip(`plays ${name} byte for byte`, "../shared/captures is not here");
		else
			it(`plays ${name} byte for byte`, async () => { await comparePlayed(CAPTURES + name); });
	}
	it("plays two servers, shared datagrams, long events and multicast", async () => {
		const file = join(folder, "two.pcap"), records: Recorded[] = [];
		for (const [server, service, group] of [["10.0.0.1", 0x1111, "224.0.1.9:4444"], ["10.0.0.9", 0x2222, ""]] as const) {
			records.push(
				{ time: 0, from: `${server}:30490`, to: "224.0.0.5:30490", payload: sdOf([{ type: 1, service, instance: 3, options: [`udp ${server}:30509`] }]) },
				{ time: 1, from: "10.0.0.2:30490", to: `${server}:30490`, payload: sdOf([{ type: 6, service, instance: 3, tail: 5, options: ["udp 10.0.0.2:4000"] }]) },
				{ time: 2, from: `${server}:30490`, to: "10.0.0.2:30490", payload: sdOf([{ type: 7, service, instance: 3, tail: 5, options: group ? [`multicast ${group}`] : [] }]) },
			);
			for (let i = 0; i < 10; i++) {
				const text = Buffer.from(`${service} number ${i}`);
				records.push({
					time: 10 + i * 7, from: `${server}:30509`, to: group && i > 2 ? group : "10.0.0.2:4000",
					payload: Buffer.concat([messageOf(service, 0x8001, text, { session: i + 1 }), messageOf(service, 0x8002, text, { session: i + 1 })]),
				});
			}
			for (const [tp, length] of [[1, 1392], [1393, 1392], [2784, 100]] as const)
				records.push({ time: 90, from: `${server}:30509`, to: "10.0.0.2:4000", payload: messageOf(service, 0x8003, Buffer.alloc(length, tp), { tp, session: 99 }) });
		}
		records.sort((a, b) => a.time - b.time);
		writeFileSync(file, pcapOf(records));
		const recording = await readCapture(file);
		equal(recording.events.length, 42);
		vehicle = await VehicleProcess.start({ ...vehicleAt(), capture: file });
		const board = listen(recording.routes);
		vehicle.go();
		await vehicle.played;
		await board.until(() => board.heard.length >= 42, "all events");
		const text = (events: readonly { service: number, event: number, payload: Buffer }[]) =>
			events.map(({ service, event, payload }) => `${service} ${event} ${payload.toString("hex")}`).sort().join("\n");
		equal(text(board.heard), text(recording.events));
	});
	it("says what is wrong with the file or the address", async () => {
		const fails = async (options: object, match: string) => {
			const message = await VehicleProcess.start({ ...vehicleAt(), ...options }).then(started => started.stop().then(() => ""), error => (error as Error).message);
			ok(message.includes(match), `"${message}", expected "${match}"`);
		};
		await fails({ capture: join(folder, "none.pcap") }, "there is no such file");
		await fails({ address: "192.0.2.1" }, "not an address of this machine");
		vehicle = await VehicleProcess.start(vehicleAt());
		await fails({}, "address already in use");
	});
});

describe("vehicle", () => {
	let vehicle: VehicleProcess | undefined, listener: EventListener | undefined;
	after(async () => {
		await listener?.stop();
		await vehicle?.stop();
	});

	it("offers its services and sends at their rates, the field at once", async () => {
		const { VEHICLE_SERVICES } = await import("../../scripts/demo/vehicle-services.js");
		vehicle = await VehicleProcess.start(vehicleAt());
		equal(vehicle.services.length, VEHICLE_SERVICES.length);
		listener = listenerFor(VEHICLE_SERVICES.flatMap(({ service, instance, eventgroups }) =>
			eventgroups.map(({ eventgroup }) => ({ service, instance, eventgroup }))));
		const { heard } = listener, count = (event: number) => heard.filter(item => item.event === event).length;
		await listener.until(() => vehicle!.isSubscribed, "all eventgroups subscribed");
		await listener.until(() => count(0x8010) === 1, "the field's value");
		// Fifty wheel speeds a second, beside ten speeds and a picture. Where the machine stood still, up to ten of each are caught up on.
		const from = heard.length, begun = performance.now(), of = (event: number) => heard.slice(from).filter(item => item.event === event);
		const spent = await timed(() => listener!.until(() => of(0x8002).length > 100, "wheel speeds of two seconds")), lost = performance.now() - begun - spent;
		const [speeds, pictures, wheels] = [of(0x8001).length, of(0x8020).length, of(0x8002)], took = wheels[100]!.time - wheels[0]!.time;
		ok(speeds >= 10 && speeds <= 40, `${speeds} speeds beside 101 wheel speeds`);
		ok(pictures >= 1 && pictures <= 13, `${pictures} pictures beside 101 wheel speeds`);
		ok(took + lost > 1000 && took < 20_000, `100 wheel speeds in ${took} ms`);
		ok(heard.filter(({ event }) => event === 0x8020).every(({ payload }) => payload.length === 4096));
	});
	it("is silent after a pause, withdraws its services at the end", async () => {
		vehicle!.pause();
		let before = -1;
		await until("300 ms without an event", () => before === (before = listener!.heard.length), undefined, 300);
		equal(await vehicle!.stop(), 0);
		await listener!.until(() => listener!.lost === 3, "StopOffer of three services");
	});
	it("is subscribed again after it was killed and came back", async () => {
		vehicle = await VehicleProcess.start(vehicleAt());
		await listener!.until(() => vehicle!.isSubscribed, "subscribed");
		await vehicle.kill();
		vehicle = await VehicleProcess.start(vehicleAt());
		await listener!.until(() => vehicle!.isSubscribed, "subscribed again");
		ok(listener!.reboots > 0, "the reboot was seen");
		const before = listener!.heard.length;
		await listener!.until(() => listener!.heard.length > before + 20, "events");
	});
});
