import { hex, unhex } from "#test";
import type { AnswerHandler, ServiceProxy } from "../../../../firmware/someip/api/proxy.js";
import type { Skeleton } from "../../../../firmware/someip/api/skeleton.js";
import { Hosts } from "./hosts.js";

export const SERVICE = 0x1234, ECHO = 1, GROUP_ID = 0x10, EVENT = 0x8001;

/** A service with an echo method and an event, and its proxy. */
export function hosts(setUp: (service: Skeleton, proxy: ServiceProxy, hosts: Hosts) => void = () => {}) {
	const all = new Hosts();
	const availability: boolean[] = [], events: string[] = [], states: number[] = [];
	const service = all.server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 2, minorVersion: 7, port: 30509 });
	const proxy = all.client.request({ serviceId: SERVICE, instanceId: 1, majorVersion: 2, onAvailability: (_proxy, isAvailable) => { availability.push(isAvailable); } });
	service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
	const group = service.eventgroup(GROUP_ID), event = service.event(EVENT, [group]);
	proxy.subscribe(GROUP_ID, code => { states.push(code); });
	proxy.onEvent(EVENT, (bytes, offset, end) => { events.push(hex(bytes, offset, end)); });
	setUp(service, proxy, all);
	return { all, service, proxy, group, event, availability, events, states };
}

/** Keeps how calls end. */
export function answers(): { list: [number, string, boolean][]; take: AnswerHandler } {
	const list: [number, string, boolean][] = [];
	return { list, take: (code, bytes, offset, end, isLocal) => { list.push([code, hex(bytes, offset, end), isLocal]); } };
}

export const BYTES = unhex("01 02 03");
