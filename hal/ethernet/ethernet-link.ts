import { LINK_DOWN, LINK_READY, LINK_STARTING, LINK_UP, type Link } from "../../firmware/ports/link.js";
import { RESET_TIME_MAX } from "./clause22-phy.js";
import { FAULT_ABSENT, FAULT_LOST, FAULT_MODE, FAULT_NONE, FAULT_OTHER, FAULT_RESET, linkText, type LinkReport } from "./link-text.js";
import { CABLE_UNKNOWN, FEATURE_CABLE_TEST, FEATURE_COUNTERS, FEATURE_ENERGY, FEATURE_LOOPBACK, FEATURE_ROLE, FEATURE_SIGNAL_QUALITY, MODE_AUTO, PHY_ABSENT, PHY_FOUND, ROLE_UNKNOWN, type Phy } from "./phy.js";
import { CABLE_TEST_POLL, CABLE_TEST_TIME, COUNTER_INTERVAL, DOWN_POLLS, POLL_INTERVAL, RESET_POLL, RETRY_DELAY, START_TIME, UP_POLLS } from "./timing.js";

export const LINK_EVENT_NONE = 0;
/** `state`, and with it perhaps `speed` and `fullDuplex`, which the MAC must follow. */
export const LINK_EVENT_STATE = 1;
/** `fault` */
export const LINK_EVENT_FAULT = 2;
/** `remoteFault` */
export const LINK_EVENT_REMOTE_FAULT = 4;
/** The cable test is over. */
export const LINK_EVENT_CABLE = 8;

/** What `pollTimeout` answers while the link is stopped, as firmware/wire/time.ts has it. */
const NO_TIMEOUT = 0x7fffffff;

const STEP_STOPPED = 0;
const STEP_IDENTIFY = 1;
const STEP_RESET = 2;
const STEP_WATCH = 3;
const STEP_TEST = 4;
const STEP_LOOPBACK = 5;

export interface EthernetLinkOptions {
	phy: Phy;
	/** Six bytes; the platform gives them to the MAC. */
	macAddress: Uint8Array;
	/** One of MODE_* (default MODE_AUTO); PHYs with one mode take MODE_AUTO for it. */
	mode?: number;
	/** A fixed address; without it the platform hands in what DHCP said. uint32 in host order. */
	address?: number;
	netmask?: number;
}

/** The Ethernet link over one PHY. Performs no I/O but register access and reads no clock. After `start`, `onTimeout` and the
 *  commands, drain: pollTimeout, pollEvent until LINK_EVENT_NONE. */
export class EthernetLink implements Link {
	onChanged: (() => void) | undefined;
	readonly macAddress: Uint8Array;
	/** Losses of the carrier that were over before the link counted as down. */
	flaps = 0;
	remoteFault = false;
	#phy: Phy;
	#mode: number;
	#static: boolean;
	#address: number;
	#netmask: number;
	#state = LINK_DOWN;
	#fault = FAULT_NONE;
	#events = 0;
	#step = STEP_STOPPED;
	#due = 0;
	/** When the step that is under way has failed. */
	#limit = 0;
	#counted = 0;
	#good = 0;
	#bad = 0;
	#speed = 0;
	#fullDuplex = false;
	#wantsTest = false;
	#isTested = false;

	constructor(options: EthernetLinkOptions) {
		if (options.macAddress.length !== 6)
			throw new RangeError(`a MAC address has 6 bytes, not ${options.macAddress.length}`);
		this.#phy = options.phy;
		this.macAddress = options.macAddress;
		this.#mode = options.mode ?? MODE_AUTO;
		this.#address = options.address ?? 0;
		this.#netmask = options.netmask ?? 0;
		this.#static = this.#address !== 0;
	}

	get state(): number {
		return this.#state;
	}

	get address(): number {
		return this.#state === LINK_READY ? this.#address : 0;
	}

	get netmask(): number {
		return this.#state === LINK_READY ? this.#netmask : 0;
	}

	/** 10 or 100; 0 without a carrier. */
	get speed(): number {
		return this.#state >= LINK_UP ? this.#speed : 0;
	}

	get fullDuplex(): boolean {
		return this.#state >= LINK_UP && this.#fullDuplex;
	}

	/** One of FAULT_*. */
	get fault(): number {
		return this.#fault;
	}

	start(now: number): void {
		if (this.#step !== STEP_STOPPED)
			return;
		this.#restart(now);
	}

	stop(): void {
		this.#step = STEP_STOPPED;
		this.#wantsTest = false;
		this.#setFault(FAULT_NONE);
		this.#lose(LINK_DOWN);
	}

	/** What DHCP has found. Kept until the carrier is lost. */
	setAddress(address: number, netmask: number): void {
		this.#address = address;
		this.#netmask = netmask;
		if (this.#state >= LINK_UP)
			this.#setState(address === 0 ? LINK_UP : LINK_READY, true);
	}

	/** What the MAC sends comes back from the PHY, and the link is down. False: the PHY has no loopback or is not ready. */
	startLoopback(): boolean {
		if (!this.#phy.has(FEATURE_LOOPBACK) || this.#step !== STEP_WATCH)
			return false;
		this.#step = STEP_LOOPBACK;
		this.#lose(LINK_DOWN);
		this.#phy.startLoopback();
		return true;
	}

	endLoopback(now: number): void {
		if (this.#step === STEP_LOOPBACK)
			this.#restart(now);
	}

	testCable(): string {
		if (!this.#phy.has(FEATURE_CABLE_TEST))
			return `a ${this.#phy.name} has no cable test`;
		if (this.#step !== STEP_WATCH)
			return "the PHY is not ready for a cable test";
		this.#wantsTest = true;
		return "testing the cable: the link goes down for it";
	}

	describe(): readonly string[] {
		return linkText(this.report());
	}

	/** Asks the PHY for what is not polled. */
	report(): LinkReport {
		const phy = this.#phy, isAnswering = this.#step === STEP_WATCH;
		return {
			state: this.#state, fault: this.#fault, phy: phy.name, id: phy.id, speed: this.speed, fullDuplex: this.fullDuplex,
			mac: this.macAddress, address: this.address, netmask: this.netmask,
			partner: this.#state >= LINK_UP ? phy.partner : 0, remoteFault: this.remoteFault,
			energy: isAnswering && phy.has(FEATURE_ENERGY) ? phy.energy() : -1,
			signalQuality: isAnswering && phy.has(FEATURE_SIGNAL_QUALITY) ? phy.signalQuality() : -1,
			signalQualityMax: phy.signalQualityMax,
			role: isAnswering && phy.has(FEATURE_ROLE) ? phy.role() : ROLE_UNKNOWN,
			flaps: this.flaps, counters: phy.counters, cable: this.#isTested ? phy.cable : undefined,
			further: isAnswering ? phy.describe() : [],
		};
	}

	/** ms until `onTimeout` is wanted, or NO_TIMEOUT. */
	pollTimeout(now: number): number {
		if (this.#step === STEP_STOPPED || this.#step === STEP_LOOPBACK)
			return NO_TIMEOUT;
		const delay = (this.#due - now) | 0;
		return this.#wantsTest || delay < 0 ? 0 : delay;
	}

	/** One of LINK_EVENT_*, each once. */
	pollEvent(): number {
		const event = this.#events & -this.#events;
		this.#events ^= event;
		return event;
	}

	onTimeout(now: number): void {
		if (this.pollTimeout(now) !== 0)
			return;
		switch (this.#step) {
			case STEP_IDENTIFY:
				this.#identify(now);
				return;
			case STEP_RESET:
				this.#awaitReset(now);
				return;
			case STEP_WATCH:
				this.#watch(now);
				return;
			case STEP_TEST:
				this.#awaitTest(now);
				return;
		}
	}

	#restart(now: number): void {
		this.#step = STEP_IDENTIFY;
		this.#due = now;
		this.#lose(LINK_STARTING);
	}

	#identify(now: number): void {
		const found = this.#phy.identify();
		if (found !== PHY_FOUND) {
			this.#fail(now, found === PHY_ABSENT ? FAULT_ABSENT : FAULT_OTHER);
			return;
		}
		this.#phy.reset();
		this.#step = STEP_RESET;
		this.#due = (now + this.#phy.settleTime) | 0;
		this.#limit = (this.#due + RESET_TIME_MAX) | 0;
	}

	#awaitReset(now: number): void {
		if (!this.#phy.isReset()) {
			this.#due = (now + RESET_POLL) | 0;
			if (((this.#limit - now) | 0) <= 0)
				this.#fail(now, FAULT_RESET);
			return;
		}
		if (!this.#phy.configure(this.#mode)) {
			this.#fail(now, FAULT_MODE);
			return;
		}
		this.#setFault(FAULT_NONE);
		this.#step = STEP_WATCH;
		this.#good = 0;
		this.#due = (now + POLL_INTERVAL) | 0;
		this.#limit = (now + START_TIME) | 0;
		this.#counted = now;
		this.#lose(LINK_STARTING);
	}

	#watch(now: number): void {
		if (this.#wantsTest) {
			this.#startTest(now);
			return;
		}
		this.#due = (now + POLL_INTERVAL) | 0;
		const phy = this.#phy, carrier = phy.poll();
		if (!phy.isPresent) {
			this.#fail(now, FAULT_LOST);
			return;
		}
		if (phy.remoteFault !== this.remoteFault) {
			this.remoteFault = phy.remoteFault;
			this.#events |= LINK_EVENT_REMOTE_FAULT;
		}
		if (phy.has(FEATURE_COUNTERS) && ((now - this.#counted) | 0) >= COUNTER_INTERVAL) {
			this.#counted = now;
			phy.updateCounters();
		}
		if (this.#state >= LINK_UP)
			this.#watchUp(carrier);
		else if (carrier) {
			this.#good = phy.hasFlapped ? 0 : this.#good + 1;
			if (this.#good >= UP_POLLS)
				this.#gain();
		} else {
			this.#good = 0;
			if (((this.#limit - now) | 0) <= 0)
				this.#setState(LINK_DOWN);
		}
	}

	#watchUp(carrier: boolean): void {
		const phy = this.#phy;
		if (!carrier) {
			if (++this.#bad >= DOWN_POLLS)
				this.#lose(LINK_DOWN);
			return;
		}
		if (this.#bad > 0 || phy.hasFlapped)
			this.flaps++;
		this.#bad = 0;
		// The partner may be another one now: what it can do decides anew.
		if (phy.speed !== this.#speed || phy.fullDuplex !== this.#fullDuplex)
			this.#lose(LINK_DOWN);
	}

	#startTest(now: number): void {
		this.#wantsTest = false;
		const pairs = this.#phy.cable;
		for (let i = 0; i < pairs.length; i++) {
			pairs[i]!.result = CABLE_UNKNOWN;
			pairs[i]!.distance = -1;
		}
		this.#lose(LINK_DOWN);
		this.#step = STEP_TEST;
		this.#due = (now + CABLE_TEST_POLL) | 0;
		this.#limit = (now + CABLE_TEST_TIME) | 0;
		this.#phy.startCableTest();
	}

	/** A test that does not end leaves its pairs CABLE_UNKNOWN. The reset after it undoes its settings. */
	#awaitTest(now: number): void {
		this.#due = (now + CABLE_TEST_POLL) | 0;
		if (!this.#phy.pollCableTest() && ((this.#limit - now) | 0) > 0)
			return;
		this.#isTested = true;
		this.#events |= LINK_EVENT_CABLE;
		this.#restart(now);
	}

	#gain(): void {
		this.#bad = 0;
		this.#speed = this.#phy.speed;
		this.#fullDuplex = this.#phy.fullDuplex;
		this.#setState(this.#address === 0 ? LINK_UP : LINK_READY);
	}

	/** No carrier any more: an address of DHCP goes with it. */
	#lose(state: number): void {
		this.#good = 0;
		this.#bad = 0;
		if (!this.#static) {
			this.#address = 0;
			this.#netmask = 0;
		}
		this.#setState(state);
	}

	#fail(now: number, fault: number): void {
		this.#step = STEP_IDENTIFY;
		this.#due = (now + RETRY_DELAY) | 0;
		this.#wantsTest = false;
		this.#setFault(fault);
		this.#lose(LINK_DOWN);
	}

	#setFault(fault: number): void {
		if (fault === this.#fault)
			return;
		this.#fault = fault;
		this.#events |= LINK_EVENT_FAULT;
	}

	#setState(state: number, hasNewAddress = false): void {
		if (state === this.#state && !hasNewAddress)
			return;
		this.#state = state;
		this.#events |= LINK_EVENT_STATE;
		this.onChanged?.();
	}
}
