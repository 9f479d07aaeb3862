import { QUIC_RECEIVE_DATAGRAM, STOP_TIME_MAX, VEHICLE_DATAGRAM_MAX, WATCHDOG_INTERVAL } from "../config.js";
import { LINK_DOWN, LINK_READY, LINK_STARTING, LINK_UP } from "../ports/link.js";
import { LEVEL_ERROR, LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import type { Timer } from "../ports/timer.js";
import type { Updater } from "../update/updater.js";
import { UPLINK_UP } from "../uplink/uplink-state.js";
import type { Way } from "../uplink/ways.js";
import { addressText } from "../wire/ipv4-address.js";
import { NO_TIMEOUT } from "../wire/time.js";
import { Caller } from "./caller.js";
import { Cloud } from "./cloud.js";
import type { Configuration, NetworkConfiguration } from "./configuration/configuration.js";
import { DHCP } from "./configuration/table.js";
import { startConsole } from "./console.js";
import type { Platform } from "./platform.js";
import { boardStatus } from "./status.js";
import { LIGHT_FAULT, LIGHT_LINK, LIGHT_STARTING, LIGHT_UP, StatusLight } from "./status-light.js";
import { TimeSource } from "./time-source.js";
import { UpdateConsole } from "./update-console.js";
import { Vehicle } from "./vehicle.js";

/** Status that the program ends with where an address or a port cannot be had (EX_CONFIG of sysexits.h). */
export const EXIT_UNAVAILABLE = 78;
/** Status that asks whoever started the program to start it again. A board restarts with any. */
export const EXIT_RESTART = 85;

/** The gateway: the vehicle's side and the cloud's side on one loop and one timer.
 *
 *  A turn reads what the sockets hold (each up to a bound), runs what is due, sends what there is to send, and sets the
 *  timer to whatever comes next. Every handler calls for a turn; none is made per packet. */
export class Board {
	readonly vehicle: Vehicle;
	readonly cloud: Cloud;
	#turn: () => void;
	#platform: Platform;
	#timer: Timer;
	/** When the timer is due; meaningful while #armed. */
	#due = 0;
	#armed = false;
	#running = false;
	/** The uplink waits for the first turn with a link. */
	#isFirst = true;
	#stopping = false;
	#stopBy = 0;
	#status = 0;
	#linkState = LINK_DOWN;
	#time: TimeSource | undefined;
	#light: StatusLight | undefined;
	/** Where images can be replaced. */
	updater: Updater | undefined = undefined;
	/** Called once where the board ends as it was asked to, before the program does. */
	onEnd: (() => void) | undefined = undefined;
	#network: NetworkConfiguration;
	/** The vehicle's side works with this address; 0 before it does. */
	#address = 0;

	/** `ways`: to the broker, the one and perhaps the other. Throws a RangeError that says what to change where the
	 *  configuration does not fit the tables of config.ts. */
	constructor(platform: Platform, configuration: Configuration, password: Uint8Array | undefined, ways: readonly Way[]) {
		this.#platform = platform;
		this.#network = configuration.network;
		this.#light = platform.led === undefined ? undefined : new StatusLight(platform.led);
		// Called by every handler, as it is: the engine's stack on a board has no room for calls that only pass on.
		this.#turn = () => {
			if (!this.#running)
				return;
			const now = platform.clock.now(), time = this.#time;
			platform.watchdog?.feed();
			if (time !== undefined && time.turn(now))
				this.cloud.uplink.retry(now);
			this.vehicle.turn(now);
			this.cloud.turn(now);
			if (this.#stopping && (this.cloud.isStopped && this.vehicle.isStopped || ((this.#stopBy - now) | 0) <= 0))
				this.#end();
			else {
				this.#light?.show(this.#lightState, now);
				if (this.updater?.turn(this.cloud.uplink.state === UPLINK_UP, now))
					platform.log.write(LEVEL_INFO, "update", `version ${this.updater.version} is good`);
				this.#arm(now);
			}
		};
		this.#timer = platform.timer(() => {
			this.#armed = false;
			if (this.#isFirst && !this.#stopping && this.#linkState === LINK_READY) {
				this.#isFirst = false;
				this.cloud.start(platform.clock.now());
			}
			return this.#turn();
		});
		const datagram = new Uint8Array(VEHICLE_DATAGRAM_MAX > QUIC_RECEIVE_DATAGRAM ? VEHICLE_DATAGRAM_MAX : QUIC_RECEIVE_DATAGRAM);
		const vehicle = platform.vehicle === undefined ? platform : { ...platform, ...platform.vehicle };
		const caller = configuration.methods.length === 0 ? undefined : new Caller(vehicle, datagram, this.#turn);
		this.cloud = new Cloud(platform, configuration, password, ways, datagram, this.#turn, caller);
		this.vehicle = new Vehicle(vehicle, configuration, datagram, this.#turn, this.cloud, caller);
		const { timeServer } = configuration.network;
		this.#time = timeServer === undefined ? undefined : new TimeSource(platform, timeServer, datagram, this.#turn);
	}

	/** Opens the vehicle's sockets and begins. Throws an Error in words where an address or a port cannot be had. The rest
	 *  begins with the timer's first call, when what start-up has on the stack and in the heap is gone. */
	start(): void {
		const { clock, link, log, system } = this.#platform;
		if (link !== undefined)
			link.onChanged = () => {
				try {
					this.#linkChanged();
				}
				catch (error) {
					log.write(LEVEL_ERROR, "board", (error as Error).message);
					system.exit(EXIT_UNAVAILABLE);
				}
			};
		link?.begin?.(this.#network.address, this.#network.netmask, this.#network.router ?? 0, this.#network.nameServer ?? 0);
		this.#linkChanged();
		this.#running = true;
		startConsole(this.#platform.console, this.#platform.log, {
			status: () => boardStatus(this.#platform, this.vehicle, this.cloud, this.linkText),
			cost: () => this.#platform.system.cost?.(),
			link,
			update: this.updater === undefined ? undefined : this.#updates(this.updater),
			quit: () => this.stop(),
			restart: () => this.stop(EXIT_RESTART),
			provision: this.#platform.provision,
		});
		this.#schedule(0, clock.now());
	}

	#updates(updater: Updater): (words: readonly string[]) => void {
		const updates = new UpdateConsole(updater, this.#platform.console, this.#platform.log);
		return words => updates.take(words);
	}

	/** Unsubscribes, says goodbye to the broker and ends the program with `status`, after STOP_TIME_MAX at the latest. */
	stop(status = 0): void {
		if (this.#stopping || !this.#running)
			return;
		this.#status = status;
		const now = this.#platform.clock.now();
		this.#platform.log.write(LEVEL_INFO, "board", "stopping");
		this.#stopping = true;
		this.#stopBy = (now + STOP_TIME_MAX) | 0;
		this.vehicle.stop(now);
		this.cloud.stop(now);
		this.#turn();
	}

	/** The link in one word. */
	get linkText(): string {
		switch (this.#linkState) {
			case LINK_READY:
				return "ready";
			case LINK_UP:
				return "up";
			case LINK_STARTING:
				return "starting";
			default:
				return "down";
		}
	}

	#linkChanged(): void {
		const { link, log, clock } = this.#platform;
		const before = this.#linkState, state = link === undefined ? LINK_READY : link.state;
		this.#linkState = state;
		if (this.#stopping || state === before && (state !== LINK_READY || this.#ownAddress === this.#address))
			return;
		if (link !== undefined)
			log.write(state === LINK_DOWN ? LEVEL_WARN : LEVEL_INFO, "link", this.linkText);
		if (state === LINK_READY)
			this.#startVehicle(clock.now());
		else if (before === LINK_READY) {
			this.vehicle.linkLost(clock.now());
			this.#time?.stop();
		}
		this.#turn();
	}

	get #ownAddress(): number {
		return this.#network.address === DHCP ? this.#platform.link!.address : this.#network.address;
	}

	/** DHCP may give another address than before. Sockets, subscriptions and what peers know all hang on it: begin anew. */
	#startVehicle(now: number): void {
		const address = this.#ownAddress;
		if (this.#address !== 0 && address !== this.#address) {
			this.#platform.log.write(LEVEL_WARN, "board", `the address is ${addressText(address)} now: starting anew`);
			this.#platform.system.exit(EXIT_UNAVAILABLE);
			return;
		}
		this.#address = address;
		this.#time?.start(now);
		this.cloud.uplink.retry(now);
		this.cloud.migrate(now);
		if (this.#isFirst)
			this.#schedule(0, now);
		this.vehicle.start(now, address, this.#network.address === DHCP ? this.#platform.link!.netmask : this.#network.netmask);
	}

	get #lightState(): number {
		if (this.#linkState !== LINK_READY)
			return this.#linkState === LINK_DOWN ? LIGHT_FAULT : LIGHT_STARTING;
		return this.cloud.uplink.state === UPLINK_UP ? LIGHT_UP : LIGHT_LINK;
	}

	/** The timer may be early, never late: it is set anew only where something is due before it. */
	#arm(now: number): void {
		let delay = this.vehicle.timeout(now);
		const cloud = this.cloud.timeout(now);
		if (cloud < delay)
			delay = cloud;
		if (this.#stopping && ((this.#stopBy - now) | 0) < delay)
			delay = (this.#stopBy - now) | 0;
		const time = this.#time === undefined ? NO_TIMEOUT : this.#time.timeout(now);
		if (time < delay)
			delay = time;
		const light = this.#light === undefined ? NO_TIMEOUT : this.#light.timeout(now);
		if (light < delay)
			delay = light;
		if (delay > WATCHDOG_INTERVAL && this.#platform.watchdog !== undefined)
			delay = WATCHDOG_INTERVAL;
		if (delay === NO_TIMEOUT || this.#armed && ((this.#due - now) | 0) <= delay)
			return;
		this.#schedule(delay, now);
	}

	#schedule(delay: number, now: number): void {
		this.#armed = true;
		this.#due = (now + delay) | 0;
		this.#timer.schedule(delay);
	}

	#end(): void {
		const { console, led, link, log, system } = this.#platform;
		this.#running = false;
		this.#timer.close();
		this.vehicle.close();
		this.cloud.close();
		this.#time?.close();
		console.onLine = undefined;
		if (link !== undefined)
			link.onChanged = undefined;
		led?.set(false);
		this.onEnd?.();
		log.write(LEVEL_INFO, "board", "stopped");
		system.exit(this.#status);
	}
}
