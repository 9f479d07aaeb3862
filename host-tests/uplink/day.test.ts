/** A day of a board on the fake clock: messages twice a second, idle phases, loss, outages, key updates, a NAT that forgets, a broker
 *  that starts again. */
import { liveBytes } from "#hal";
import { describe, ENGINE, equal, it, ok } from "#test";
import { quicTransport } from "../../firmware/uplink/quic-transport.js";
import { UPLINK_EVENT_NONE, Uplink } from "../../firmware/uplink/uplink.js";
import { UPLINK_UP } from "../../firmware/uplink/uplink-state.js";
import { QuickCrypto } from "../fuzz/quick-crypto.js";
import { MockBroker } from "../mqtt/mock-broker.js";
import { Prng } from "../support/prng.js";
import { CALENDAR, certificates } from "../tls/support/certificates.js";
import { ServingPeer } from "./serving-peer.js";

const IS_XS = ENGINE as string === "xs";
const HOUR = 3_600_000, DAY = IS_XS ? HOUR : 24 * HOUR, DELAY = 15, LOSS = 0.01, PERIOD = 500;
/** What of each period of that many ms the board is silent in. */
const PHASE = IS_XS ? HOUR / 4 : 2 * HOUR, IDLE = PHASE / 3;
const GROWTH_MAX = IS_XS ? 8192 : 2 * 1024 * 1024;

interface Travelling { at: number; bytes: Uint8Array; isUp: boolean }

class Day {
	readonly broker = new MockBroker({ receiveMaximum: 20 });
	readonly uplink: Uplink;
	server: ServingPeer | undefined;
	datagrams = 0;
	connections = 0;
	keyUpdates = 0;
	challenges = 0;
	responses = 0;
	published = 0;
	delivered = 0;
	now = 0;
	#outageUntil = -1;
	#quick = new QuickCrypto();
	#prng: Prng;
	#air: Travelling[] = [];
	#into = new Uint8Array(1500);
	#topic: number;

	constructor(seed: number) {
		this.#prng = new Prng(seed);
		const make = quicTransport({ crypto: this.#quick, random: new Prng(seed + 1), calendar: CALENDAR, serverName: "broker.example", roots: certificates("root") });
		this.uplink = new Uplink({
			host: "broker.example", port: 14567, clientId: "zonal", keepAlive: 60, random: new Prng(seed + 2), transport: () => {
				this.#leave();
				this.server = new ServingPeer(this.#quick, () => this.#quick.sign(), this.broker);
				this.#air.length = 0;
				this.connections++;
				return make();
			},
		});
		this.#topic = this.uplink.addTopic("vehicle/speed");
		this.uplink.start(this.now);
	}

	/** Until the clock says `end`. */
	run(end: number, canDisturb = true): void {
		let next = this.now;
		while (this.now < end) {
			if (this.now >= next) {
				next += PERIOD;
				if (canDisturb)
					this.#period();
			}
			this.#settle();
			let wait = Math.min(next, end) - this.now;
			wait = Math.min(wait, this.uplink.pollTimeout(this.now), this.server?.timeout(this.now) ?? Infinity);
			if (this.#air.length > 0)
				wait = Math.min(wait, this.#air[0]!.at - this.now);
			this.now += Math.max(wait, 0);
			this.uplink.onTimeout(this.now);
		}
	}

	#period(): void {
		const prng = this.#prng;
		if (this.now % PHASE >= IDLE) {
			const bytes = Uint8Array.from(`${this.published}`, letter => letter.charCodeAt(0));
			ok(this.uplink.publish(this.#topic, 1, false, bytes, 0, bytes.length, this.now) > 0, `message ${this.published} was not taken`);
			this.published++;
		}
		if (this.now % 1000 !== 0)
			return;
		if (prng.chance(1 / 600))
			this.#outageUntil = this.now + 100 + prng.below(3000);
		if (prng.chance(1 / 400))
			this.server?.updateKeys();
		if (prng.chance(1 / 500))
			this.server?.challenge();
		// The broker starts again: it remembers sessions, but no connections.
		if (prng.chance(IS_XS ? 1 / 500 : 1 / 7200))
			this.#leave();
	}

	#leave(): void {
		this.keyUpdates += this.server?.keyUpdates ?? 0;
		this.challenges += this.server?.challenges ?? 0;
		this.responses += this.server?.responses ?? 0;
		this.server = undefined;
	}

	#settle(): void {
		const { uplink, now } = this;
		for (let moved = true; moved;) {
			moved = false;
			while (uplink.pollEvent() !== UPLINK_EVENT_NONE)
				moved = true;
			if (uplink.wantedName !== undefined) {
				uplink.resolved(0x0a000002, now);
				moved = true;
			}
			while (this.#air.length > 0 && this.#air[0]!.at <= now) {
				this.#arrive(this.#air.shift()!);
				moved = true;
			}
			for (let length = uplink.pollTransmit(this.#into, now); length > 0; length = uplink.pollTransmit(this.#into, now)) {
				this.#send(this.#into.slice(0, length), true);
				moved = true;
			}
		}
		this.#answer(this.server?.poll(now) ?? []);
		this.#check();
	}

	#arrive({ bytes, isUp }: Travelling): void {
		if (!isUp) {
			this.#into.set(bytes);
			this.uplink.receive(this.#into, bytes.length, this.now, 0);
		}
		else if (this.server !== undefined)
			this.#answer(this.server.take(bytes, this.now));
	}

	#answer(datagrams: Uint8Array[]): void {
		for (const datagram of datagrams)
			this.#send(datagram, false);
	}

	#send(bytes: Uint8Array, isUp: boolean): void {
		this.datagrams++;
		if (this.now >= this.#outageUntil && !this.#prng.chance(LOSS))
			this.#air.push({ at: this.now + DELAY, bytes, isUp });
	}

	/** Messages come in order; again only where a connection was lost. */
	#check(): void {
		for (const { payload, dup } of this.broker.received.splice(0)) {
			const number = Number(payload);
			if (number === this.delivered)
				this.delivered++;
			else
				ok(number < this.delivered && dup, `message ${payload} after ${this.delivered - 1}`);
		}
		this.broker.log.length = 0;
	}
}

describe("a day of traffic", () => {
	it(`of ${DAY / HOUR} hours loses no message of QoS 1, and nothing grows`, () => {
		const day = new Day(2026);
		day.run(DAY / 10);
		const before = liveBytes();
		day.run(DAY);
		day.run(DAY + 30_000, false);
		const growth = liveBytes() - before;
		const text = `${day.datagrams} datagrams, ${day.connections} connections, ${day.keyUpdates} key updates, ${day.responses} of ${day.challenges} challenges answered`;
		equal(day.delivered, day.published, text);
		equal(day.uplink.state, UPLINK_UP, text);
		equal(day.broker.violations.join(), "");
		equal(day.uplink.statistics.overflowed, 0);
		ok(day.published > DAY / PERIOD / 2 && day.connections > 1 && day.connections < (IS_XS ? 25 : 40), text);
		ok(growth <= GROWTH_MAX, `grew by ${growth} bytes; ${text}`);
		if (!IS_XS)
			ok(day.keyUpdates > 100 && day.responses > day.challenges * 0.8 && day.datagrams > 200_000, text);
	});
});
