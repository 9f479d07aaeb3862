/** The services that somebody asked for, their eventgroups, and the search for them. */
import { configurationValue, encodeConfiguration } from "./sd/configuration-strings.js";
import { ANY_INSTANCE, ANY_MAJOR, ANY_MINOR, ENTRY_FIND, OTHER_SERVICE_KEY, TTL_FOREVER } from "./sd/entry.js";
import { FindPhases } from "./sd/find-phases.js";
import type { SdReader } from "./sd/sd-reader.js";
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
	/** Of a service that is not SOME/IP: the value of its string, "": of any; and the string as it is sent. */
	otherService: string;
	configuration: Uint8Array | undefined;

	constructor(serviceId: number, instanceId: number, majorVersion: number, otherService: string) {
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.majorVersion = majorVersion;
		this.otherService = otherService;
		this.configuration = otherService === "" ? undefined : encodeConfiguration([OTHER_SERVICE_KEY + "=" + otherService]);
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
	require(serviceId: number, instanceId: number, majorVersion: number, otherService = ""): Wanted {
		let wanted: Wanted | undefined;
		for (let i = 0; i < this.#wanted.length && wanted === undefined; i++) {
			const known = this.#wanted[i]!;
			if (known.serviceId === serviceId && known.instanceId === instanceId && known.majorVersion === majorVersion && known.otherService === otherService)
				wanted = known;
		}
		if (wanted === undefined) {
			wanted = new Wanted(serviceId, instanceId, majorVersion, otherService);
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

	/** True where somebody asked for the service that is not SOME/IP in `reader`: its endpoints were looked through. feat_req_someipsd_503 */
	matchesOther(reader: SdReader): boolean {
		const strings = reader.configurationStrings(undefined), name = strings === undefined ? undefined : configurationValue(strings, 0, strings.length, OTHER_SERVICE_KEY);
		for (let i = 0; i < this.#wanted.length && name !== undefined && name !== ""; i++) {
			const wanted = this.#wanted[i]!;
			if (wanted.matches(reader.serviceId, reader.instanceId, reader.majorVersion) && (wanted.otherService === "" || wanted.otherService === name))
				return true;
		}
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
		for (let i = 0; i < this.#wanted.length; i++) {
			const wanted = this.#wanted[i]!, { configuration } = wanted;
			if (!wanted.find.due)
				continue;
			if (!writer.fits(1, 0, configuration === undefined ? 0 : configuration.length))
				return;
			wanted.find.due = false;
			if (configuration !== undefined)
				writer.configuration(configuration);
			writer.service(ENTRY_FIND, wanted.serviceId, wanted.instanceId, wanted.majorVersion, TTL_FOREVER, ANY_MINOR);
		}
	}
}
