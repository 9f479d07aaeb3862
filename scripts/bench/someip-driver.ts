/** The measuring side: round trips one after the other, and events as they come, through the whole stack and by raw UDP. */
import { createSocket } from "node:dgram";
import { Application } from "../../firmware/someip/api/application.js";
import type { AnswerHandler } from "../../firmware/someip/api/proxy.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { clock } from "../../hal/node/clock.js";
import { datagramSocket } from "../../hal/node/datagram-socket.js";
import { random } from "../../hal/node/random.js";
import { timer } from "../../hal/node/timer.js";
import { serve } from "./pinned.js";
import { CLIENT, ECHO, EVENT, EVENTGROUP, NETWORK, PAYLOAD, RAW_PORT, SERVICE, WINDOW } from "./someip-place.js";

const application = new Application({ addresses: new AddressTable(), clock, random, datagramSocket, timer }, { ...NETWORK, address: CLIENT, clientId: 0x4a01 });
let isUp: () => void, event = (): void => {};
const up = new Promise<void>(resolve => { isUp = resolve; });
const proxy = application.request({ serviceId: SERVICE, instanceId: 1, majorVersion: 1 });
proxy.subscribe(EVENTGROUP, () => isUp());
proxy.onEvent(EVENT, (_bytes, offset, end) => {
	if (end - offset === PAYLOAD)
		event();
});
application.start();

const raw = createSocket({ type: "udp4", lookup: (name, _options, done) => done(null, name, 4) });
let arrived: (length: number) => void = () => {};
raw.on("message", bytes => arrived(bytes.length));
raw.bind(0, "127.0.0.1");

/** Times of single round trips in µs, for `seconds`. */
function roundTrips(kind: "raw" | "someip", seconds: number): Promise<number[]> {
	const times: number[] = [], bytes = new Uint8Array(kind === "raw" ? 16 + PAYLOAD : PAYLOAD), end = performance.now() + seconds * 1000;
	return new Promise((resolve, reject) => {
		let sentAt = 0;
		const next = (): void => {
			sentAt = performance.now();
			if (kind === "raw")
				raw.send(bytes, RAW_PORT, "127.0.0.1");
			else if (proxy.call(ECHO, bytes, 0, PAYLOAD, 60_000, answer) < 0)
				reject(new Error("the call was refused"));
		};
		const done = (): void => {
			const now = performance.now();
			times.push((now - sentAt) * 1000);
			if (now < end)
				next();
			else
				resolve(times);
		};
		const answer: AnswerHandler = (code, _bytes, from, to) => code === 0 && to - from === PAYLOAD ? done() : reject(new Error(`answer ${code}`));
		arrived = done;
		next();
	});
}

/** Events per second; the peer floods. */
function events(seconds: number): Promise<number> {
	return new Promise(resolve => {
		const from = performance.now(), end = from + seconds * 1000, credit = new Uint8Array(1);
		let count = 0;
		const take = (): void => {
			if (++count % WINDOW !== 0)
				return;
			const now = performance.now();
			if (now < end)
				raw.send(credit, RAW_PORT, "127.0.0.1");
			else {
				event = arrived = () => {};
				resolve(count / (now - from) * 1000);
			}
		};
		event = arrived = take;
		raw.send(credit, RAW_PORT, "127.0.0.1");
		raw.send(credit, RAW_PORT, "127.0.0.1");
	});
}

serve(async ({ what, kind, seconds }: { what: "trips" | "events" | "up", kind: "raw" | "someip", seconds: number }) => {
	if (what === "up")
		return await up;
	const before = process.cpuUsage(), result = what === "trips" ? await roundTrips(kind, seconds) : await events(seconds), { user, system } = process.cpuUsage(before);
	return { result, cpu: user + system };
});
