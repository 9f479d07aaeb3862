/** The vehicle as the demo needs it: where it is, which routes it wants, and what was recorded of it. */
import { readCapture, type Recording } from "./capture.js";
import type { ExpectedEvent } from "./delivery.js";
import { VehicleProcess } from "./vehicle-process.js";
import { id, vehicleRoutes } from "./vehicle-services.js";

/** `network` of gateway.json. */
export interface Network {
	address: string;
	netmask: string;
	sd: { group: string; port: number; topologyCheck: boolean };
}

export interface DemoRoute {
	service: string;
	instance: string;
	eventgroup: string;
	event: string;
	qos: 0 | 1;
}

export interface VehicleSide {
	readonly process: VehicleProcess;
	readonly network: Network;
	readonly routes: DemoRoute[];
	/** Of a recording: every event in order, with the topic of its route. */
	readonly recorded: ExpectedEvent[] | undefined;
}

/** A pair of loopback addresses and a group of its own, so that two runs do not hear each other. */
function places(): { vehicle: string; network: Network } {
	const part = 1 + process.pid % 250;
	return {
		vehicle: `127.77.${part}.2`,
		network: { address: `127.77.${part}.1`, netmask: "255.255.255.0", sd: { group: `239.77.${part}.1`, port: 30490, topologyCheck: false } },
	};
}

/** `say` gets the vehicle's own lines. */
export async function startVehicle(say: (name: string, text: string) => void): Promise<VehicleSide> {
	const { vehicle, network } = places();
	const program = await VehicleProcess.start({ address: vehicle, group: network.sd.group, port: network.sd.port, onLine: line => say("vehicle", line) });
	return { process: program, network, routes: vehicleRoutes(), recorded: undefined };
}

/** The vehicle is the recording in `capture`; every event of it goes to its topic at QoS 1. */
export async function startReplay(capture: string, vin: string, say: (name: string, text: string) => void): Promise<VehicleSide> {
	const recording = await readCapture(capture);
	for (const note of recording.notes)
		say("vehicle", note);
	const { vehicle, network } = places();
	const program = await VehicleProcess.start({
		capture, address: vehicle, group: network.sd.group, port: network.sd.port, onLine: line => say("vehicle", line),
	});
	return { process: program, network, routes: routesOf(recording), recorded: recording.events.map(event => ({
		topic: `vehicle/${vin}/someip/${hex(event.service)}/${hex(event.instance)}/event/${hex(event.event)}`, payload: event.payload,
	})) };
}

function routesOf(recording: Recording): DemoRoute[] {
	return recording.routes.map(({ service, instance, eventgroup, event }) => ({
		service: id(service), instance: id(instance), eventgroup: id(eventgroup), event: id(event), qos: 1,
	}));
}

function hex(value: number): string {
	return id(value).slice(2);
}
