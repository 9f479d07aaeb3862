/** The services that somebody asked for, their eventgroups, and the search for them. */
import { ANY_INSTANCE, ANY_MAJOR, ANY_MINOR, ENTRY_FIND, TTL_FOREVER } from "./sd/entry.js";
import { FindPhases } from "./sd/find-phases.js";
import type { SdWriter } from "./sd/sd-writer.js";
import type { SdTimings } from "./sd/timing.js";

/** How a service is called, or an eventgroup subscribed to: by UDP where it is offered by UDP, otherwise, and where that is
 *  refused, by TCP; or by one of them alone. */
export const TRANSPORT_AUTO = 0;
export const TRANSPORT_UDP = 1;
export const TRANSPORT_TCP = 2;

export class Wanted {
	serviceId: number;
	instanceId: number;
	majorVersion: number;
	/** In turn: an eventgroup's id, the handle that `request` gave for it, and its TRANSPORT_*. */
	eventgroups: number[] = [];
	/** Of its methods. */
	callTransport = TRANSPORT_AUTO;
	find = new FindPhases();

	constructor(serviceId: number, instanceId: number, majorVersion: number) {
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.majorVersion = majorVersion;
	}

	matches(serviceId: number, instanceId: number, majorVersion: number): boolean {
		return this.serviceId === serviceId && (this.instanceId === ANY_INSTANCE || this.instanceId === instanceId)
			&& (this.majorVersion === ANY_MAJOR || this.majorVersion === majorVersion);
	}
}

export class WantedTable {
	#wanted: Wanted[] = [];
	#wishes = 0;

	get length(): number {
		return this.#wanted.length;
	}

	at(index: number): Wanted {
		return this.#wanted[index]!;
	}

	/** Adds an eventgroup, at set-up; returns its handle. */
	request(serviceId: number, instanceId: number, eventgroupId: number, majorVersion: number, transport: number): number {
		const wanted = this.require(serviceId, instanceId, majorVersion);
		wanted.eventgroups.push(eventgroupId, this.#wishes, transport);
		return this.#wishes++;
	}

	/** Adds a service without an eventgroup, at set-up. */
	require(serviceId: number, instanceId: number, majorVersion: number): Wanted {
		let wanted: Wanted | undefined;
		for (let i = 0; i < this.#wanted.length && wanted === undefined; i++) {
			const known = this.#wanted[i]!;
			if (known.serviceId === serviceId && known.instanceId === instanceId && known.majorVersion === majorVersion)
				wanted = known;
		}
		if (wanted === undefined) {
			wanted = new Wanted(serviceId, instanceId, majorVersion);
			this.#wanted.push(wanted);
		}
		return wanted;
	}

	/** True where somebody asked for this instance. */
	matches(serviceId: number, instanceId: number, majorVersion: number): boolean {
		for (let i = 0; i < this.#wanted.length; i++)
			if (this.#wanted[i]!.matches(serviceId, instanceId, majorVersion))
				return true;
		return false;
	}

	/** Looks for everything, after `delay` ms. feat_req_someipsd_65: "use the same random value for multiple entries of
	 *  different types in order to pack them together". */
	findAll(now: number, delay: number): void {
		for (let i = 0; i < this.#wanted.length; i++)
			this.#wanted[i]!.find.start(now, delay);
	}

	/** Looks again for what an instance that is gone was wanted by, after `delay` ms. */
	findAgain(serviceId: number, instanceId: number, majorVersion: number, now: number, delay: number): void {
		for (let i = 0; i < this.#wanted.length; i++) {
			const wanted = this.#wanted[i]!;
			if (wanted.matches(serviceId, instanceId, majorVersion) && !wanted.find.waiting)
				wanted.find.start(now, delay);
		}
	}

	stop(): void {
		for (let i = 0; i < this.#wanted.length; i++)
			this.#wanted[i]!.find.stop();
	}

	onTimeout(now: number, timings: SdTimings): void {
		for (let i = 0; i < this.#wanted.length; i++) {
			const find = this.#wanted[i]!.find;
			if (find.waiting && ((now - find.at) | 0) >= 0)
				find.onTimeout(timings);
		}
	}

	/** ms until the earliest deadline, at most `delay`. */
	timeout(now: number, delay: number): number {
		for (let i = 0; i < this.#wanted.length; i++) {
			const find = this.#wanted[i]!.find;
			if (find.waiting && ((find.at - now) | 0) < delay)
				delay = (find.at - now) | 0;
		}
		return delay;
	}

	/** Writes the FindService entries that are due, as many as fit. */
	write(writer: SdWriter): void {
		for (let i = 0; i < this.#wanted.length && writer.fits(1, 0); i++) {
			const wanted = this.#wanted[i]!;
			if (!wanted.find.due)
				continue;
			wanted.find.due = false;
			writer.service(ENTRY_FIND, wanted.serviceId, wanted.instanceId, wanted.majorVersion, TTL_FOREVER, ANY_MINOR);
		}
	}
}
