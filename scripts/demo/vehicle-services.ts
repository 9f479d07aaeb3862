/** What the demo's vehicle offers. Every value is a function of a counter: two runs send the same.
 *
 *  | service         | inst. | eventgroup | event             | when          | payload (big endian)                                        |
 *  |-----------------|-------|------------|-------------------|---------------|-------------------------------------------------------------|
 *  | 1101 Powertrain | 1     | 0001       | 8001 speed        | 10 per second | uint16 0.01 km/h, uint16 engine 1/min, uint32 odometer m    |
 *  | 1101 Powertrain | 1     | 0002       | 8002 wheels       | 50 per second | uint16 count, 4 × uint16 0.01 km/h                          |
 *  | 1202 Body       | 1     | 0010       | 8010 doors, field | on change 2 s | uint8 doors open (bits), uint8 locked, uint16 changes       |
 *  | 1303 Camera     | 2     | 0020       | 8020 picture      | 1 per second  | uint32 count, 4092 bytes of a grey scale: goes in TP segments |
 *
 *  | service   | method               | request                        | response                |
 *  |-----------|----------------------|--------------------------------|-------------------------|
 *  | 1202 Body | 0001 set door lock   | uint8 0 = unlock, 1 = lock     | uint8 locked            |
 *
 *  The field's value is sent to each new subscriber at once (initial event), the others' are not. */

import { E_MALFORMED_MESSAGE } from "../../firmware/someip/return-code.js";

export interface VehicleEvent {
	event: number;
	name: string;
	/** ms between two. */
	period: number;
	/** The field's notifier: a new subscriber gets the last value. */
	isField: boolean;
	/** The QoS of the demo's route. */
	qos: 0 | 1;
	/** Bytes; the payload of the n-th sending, written to the start of `into`. */
	length: number;
	write(into: Buffer, n: number): void;
}

export interface VehicleEventgroup {
	eventgroup: number;
	events: readonly VehicleEvent[];
}

export interface VehicleService {
	service: number;
	instance: number;
	name: string;
	major: number;
	minor: number;
	/** UDP port that it is offered at. */
	port: number;
	eventgroups: readonly VehicleEventgroup[];
	methods?: readonly VehicleMethod[];
}

export interface VehicleMethod {
	method: number;
	name: string;
	/** The response to a request, or the return code of an error. */
	call(request: Uint8Array): Uint8Array | number;
}

const WHEELS_PER_SPEED = 5;

// 0 to 130 km/h and back within 80 s, in 0.01 km/h.
function speedAt(tenths: number): number {
	return Math.round(6500 * (1 - Math.cos(tenths * Math.PI / 400)));
}

// Metres since the start: the sum of what speedAt says.
function odometerAt(tenths: number): number {
	return Math.round(6500 / 3600 * (tenths - 400 / Math.PI * Math.sin(tenths * Math.PI / 400)));
}

const GEARS = [0, 1500, 3500, 6000, 9000, Infinity];

function engineAt(speed: number): number {
	const gear = GEARS.findIndex(limit => speed < limit) - 1;
	return Math.max(800, Math.round(1200 + (speed - GEARS[gear]!) * (2200 - gear * 250) / 3000));
}

export const VEHICLE_SERVICES: readonly VehicleService[] = [
	{
		service: 0x1101, instance: 1, name: "Powertrain", major: 1, minor: 0, port: 30501,
		eventgroups: [
			{
				eventgroup: 0x0001,
				events: [{
					event: 0x8001, name: "speed", period: 100, isField: false, qos: 0, length: 8,
					write(into, n) {
						const speed = speedAt(n);
						into.writeUInt16BE(speed, 0);
						into.writeUInt16BE(engineAt(speed), 2);
						into.writeUInt32BE(odometerAt(n), 4);
					},
				}],
			},
			{
				eventgroup: 0x0002,
				events: [{
					event: 0x8002, name: "wheels", period: 20, isField: false, qos: 0, length: 10,
					write(into, n) {
						const speed = speedAt(n / WHEELS_PER_SPEED);
						into.writeUInt16BE(n & 0xffff, 0);
						for (let wheel = 0; wheel < 4; wheel++)
							into.writeUInt16BE(Math.max(0, speed + (n * (wheel + 3) % 7) - 3), 2 + wheel * 2);
					},
				}],
			},
		],
	},
	{
		service: 0x1202, instance: 1, name: "Body", major: 1, minor: 2, port: 30502,
		eventgroups: [{
			eventgroup: 0x0010,
			events: [{
				event: 0x8010, name: "doors", period: 2000, isField: true, qos: 1, length: 4,
				write(into, n) {
					// Each door in turn opens and closes again.
					const open = n % 2 === 1 ? 1 << (n >> 1) % 5 : 0;
					into[0] = open;
					into[1] = open === 0 ? 1 : 0;
					into.writeUInt16BE(n & 0xffff, 2);
				},
			}],
		}],
		methods: [{
			method: 0x0001, name: "set door lock",
			call: request => request.length === 1 && request[0]! <= 1 ? request : E_MALFORMED_MESSAGE,
		}],
	},
	{
		service: 0x1303, instance: 2, name: "Camera", major: 2, minor: 1, port: 30503,
		eventgroups: [{
			eventgroup: 0x0020,
			events: [{
				event: 0x8020, name: "picture", period: 1000, isField: false, qos: 1, length: 4096,
				write(into, n) {
					into.writeUInt32BE(n, 0);
					for (let i = 4; i < 4096; i++)
						into[i] = (i >> 4) * 3 + n * 5 + (i & 15);
				},
			}],
		}],
	},
];

/** A route of gateway.json. */
export interface Route {
	service: string;
	instance: string;
	eventgroup: string;
	event: string;
	qos: 0 | 1;
}

/** The routes of everything that the vehicle sends. */
export function vehicleRoutes(): Route[] {
	return VEHICLE_SERVICES.flatMap(({ service, instance, eventgroups }) =>
		eventgroups.flatMap(({ eventgroup, events }) => events.map(({ event, qos }) => ({
			service: id(service), instance: id(instance), eventgroup: id(eventgroup), event: id(event), qos,
		}))));
}

/** "0x1101". */
export function id(value: number): string {
	return `0x${value.toString(16).padStart(4, "0")}`;
}
