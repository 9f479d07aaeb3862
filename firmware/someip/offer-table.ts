/** Everything that a Provider offers, and when it says so. Handles are indices. */
import { Eventgroup, OfferedEvent, OfferedService } from "./offered-service.js";
import type { SdReader } from "./sd/sd-reader.js";
import type { SdWriter } from "./sd/sd-writer.js";
import type { SdTimings } from "./sd/timing.js";

export class OfferTable {
	readonly services: OfferedService[] = [];
	readonly eventgroups: Eventgroup[] = [];
	readonly events: OfferedEvent[] = [];

	addEventgroup(service: number, eventgroupId: number, address: number, port: number, threshold: number): number {
		const owner = this.services[service];
		if (owner === undefined)
			throw new RangeError(`eventgroup ${eventgroupId} names service handle ${service}: use what offer() returned`);
		return this.eventgroups.push(new Eventgroup(owner, eventgroupId, address, port, threshold)) - 1;
	}

	addEvent(eventId: number, eventgroups: readonly number[], isField: boolean, isReliable: boolean): number {
		const members: Eventgroup[] = [];
		for (let i = 0; i < eventgroups.length; i++) {
			const eventgroup = this.eventgroups[eventgroups[i]!];
			if (eventgroup === undefined || (i > 0 && eventgroup.service !== members[0]!.service))
				throw new RangeError(`event ${eventId} names eventgroup handle ${eventgroups[i]}: use what eventgroup() returned for its service`);
			members.push(eventgroup);
		}
		if (members.length === 0)
			throw new RangeError(`event ${eventId} belongs to no eventgroup: nobody could subscribe to it`);
		const service = members[0]!.service, event = new OfferedEvent(service, eventId, members, isField, isReliable);
		if ((isReliable ? service.tcpPort : service.port) === 0)
			throw new RangeError(`event ${eventId} goes by ${isReliable ? "TCP" : "UDP"}, and its service has no such port`);
		for (let i = 0; i < members.length; i++) {
			members[i]!.hasStreams = members[i]!.hasStreams || isReliable;
			members[i]!.hasDatagrams = members[i]!.hasDatagrams || !isReliable;
		}
		for (let i = 0; isField && i < members.length; i++)
			members[i]!.fields.push(event);
		return this.events.push(event) - 1;
	}

	/** The eventgroup that the entry in `reader` names, where its service is offered. */
	findEventgroup(reader: SdReader): Eventgroup | undefined {
		for (let i = 0; i < this.eventgroups.length; i++) {
			const eventgroup = this.eventgroups[i]!, service = eventgroup.service;
			if (service.serviceId === reader.serviceId && service.instanceId === reader.instanceId
				&& service.majorVersion === reader.majorVersion && eventgroup.eventgroupId === reader.eventgroupId && service.phases.offered)
				return eventgroup;
		}
		return undefined;
	}

	/** Writes the Offer and StopOffer entries that are due, as many as fit. `address`: of our endpoints. */
	write(writer: SdWriter, address: number): void {
		for (let i = 0; i < this.services.length; i++) {
			const service = this.services[i]!, phases = service.phases;
			if (!phases.due && !phases.stopDue)
				continue;
			if (!service.fits(writer))
				return;
			service.write(writer, address, phases.stopDue ? 0 : service.ttl);
			phases.due = phases.stopDue = false;
		}
	}

	onTimeout(now: number, timings: SdTimings): void {
		for (let i = 0; i < this.services.length; i++) {
			const phases = this.services[i]!.phases;
			if (phases.waiting && ((now - phases.at) | 0) >= 0)
				phases.onTimeout(now, timings);
		}
	}

	/** ms until the earliest deadline, at most `delay`. */
	timeout(now: number, delay: number): number {
		for (let i = 0; i < this.services.length; i++) {
			const phases = this.services[i]!.phases;
			if (phases.waiting && ((phases.at - now) | 0) < delay)
				delay = (phases.at - now) | 0;
		}
		return delay;
	}
}
