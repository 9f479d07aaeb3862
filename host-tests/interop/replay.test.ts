import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, equal, it, ok, readBytes, skip } from "#test";
import { readCapture, type RecordedRoute } from "../../scripts/demo/capture.js";
import { VehicleProcess } from "../../scripts/demo/vehicle-process.js";
import { messageOf, pcapOf, sdOf, type Recorded } from "../support/pcap-writer.js";
import { EventListener } from "./support/event-listener.js";

const CAPTURES = "../shared/captures/";
const NETWORK = { address: "127.0.7.3", group: "224.244.224.245", port: 31490 };
const BOARD = "127.0.7.2";

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
		return listener = new EventListener(BOARD, NETWORK.group, NETWORK.port, [...groups.values()]);
	};

	/** Plays the file to a listener and compares what arrived, in order. */
	async function comparePlayed(capture: string): Promise<EventListener> {
		const recording = await readCapture(capture);
		vehicle = await VehicleProcess.start({ ...NETWORK, capture });
		const board = listen(recording.routes);
		await board.until(() => vehicle!.isSubscribed, "all eventgroups subscribed");
		equal(board.heard.length, 0, "before it was told to go");
		vehicle.go();
		await vehicle.played;
		await board.until(() => board.heard.length >= recording.events.length, "all events", 2000);
		equal(board.heard.length, recording.events.length);
		for (let i = 0; i < recording.events.length; i++) {
			const wanted = recording.events[i]!, got = board.heard[i]!;
			equal(`${got.service} ${got.instance} ${got.event} ${got.payload.toString("hex")}`,
				`${wanted.service} ${wanted.instance} ${wanted.event} ${wanted.payload.toString("hex")}`, `event ${i}`);
		}
		equal(vehicle.statistics.sent, recording.events.length);
		const duration = board.heard.at(-1)!.time - board.heard[0]!.time;
		ok(Math.abs(duration - recording.duration) < 150, `played in ${duration} ms what took ${recording.duration} ms`);
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
		vehicle = await VehicleProcess.start({ ...NETWORK, capture: file });
		const board = listen(recording.routes);
		vehicle.go();
		await vehicle.played;
		await board.until(() => board.heard.length >= 42, "all events", 2000);
		const text = (events: readonly { service: number, event: number, payload: Buffer }[]) =>
			events.map(({ service, event, payload }) => `${service} ${event} ${payload.toString("hex")}`).sort().join("\n");
		equal(text(board.heard), text(recording.events));
	});
	it("says what is wrong with the file or the address", async () => {
		const fails = async (options: object, match: string) => {
			const message = await VehicleProcess.start({ ...NETWORK, ...options }).then(started => started.stop().then(() => ""), error => (error as Error).message);
			ok(message.includes(match), `"${message}", expected "${match}"`);
		};
		await fails({ capture: join(folder, "none.pcap") }, "there is no such file");
		await fails({ address: "192.0.2.1" }, "not an address of this machine");
		vehicle = await VehicleProcess.start(NETWORK);
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
		vehicle = await VehicleProcess.start(NETWORK);
		equal(vehicle.services.length, VEHICLE_SERVICES.length);
		listener = new EventListener(BOARD, NETWORK.group, NETWORK.port, VEHICLE_SERVICES.flatMap(({ service, instance, eventgroups }) =>
			eventgroups.map(({ eventgroup }) => ({ service, instance, eventgroup }))));
		const { heard } = listener, count = (event: number) => heard.filter(item => item.event === event).length;
		await listener.until(() => vehicle!.isSubscribed, "all eventgroups subscribed");
		await listener.until(() => count(0x8010) === 1, "the field's value", 500);
		const from = heard.length;
		await new Promise(resolve => { setTimeout(resolve, 2000); });
		const got = heard.slice(from), rate = (event: number) => got.filter(item => item.event === event).length;
		ok(rate(0x8001) >= 18 && rate(0x8001) <= 22, `${rate(0x8001)} speeds in 2 s`);
		ok(rate(0x8002) >= 90 && rate(0x8002) <= 110, `${rate(0x8002)} wheel speeds in 2 s`);
		ok(rate(0x8020) >= 1 && rate(0x8020) <= 3, `${rate(0x8020)} pictures in 2 s`);
		ok(heard.filter(({ event }) => event === 0x8020).every(({ payload }) => payload.length === 4096));
	});
	it("is silent after a pause, withdraws its services at the end", async () => {
		vehicle!.pause();
		await new Promise(resolve => { setTimeout(resolve, 200); });
		const before = listener!.heard.length;
		await new Promise(resolve => { setTimeout(resolve, 300); });
		equal(listener!.heard.length, before);
		equal(await vehicle!.stop(), 0);
		await listener!.until(() => listener!.lost === 3, "StopOffer of three services", 1000);
	});
	it("is subscribed again after it was killed and came back", async () => {
		vehicle = await VehicleProcess.start(NETWORK);
		await listener!.until(() => vehicle!.isSubscribed, "subscribed");
		await vehicle.kill();
		vehicle = await VehicleProcess.start(NETWORK);
		await listener!.until(() => vehicle!.isSubscribed, "subscribed again");
		ok(listener!.reboots > 0, "the reboot was seen");
		const before = listener!.heard.length;
		await listener!.until(() => listener!.heard.length > before + 20, "events");
	});
});
