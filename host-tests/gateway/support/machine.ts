/** A board, a vehicle's host and a broker's host on a mock network with a fake clock. */
import { Board } from "../../../firmware/gateway/board.js";
import type { Platform } from "../../../firmware/gateway/platform.js";
import type { Console } from "../../../firmware/ports/console.js";
import type { Crypto } from "../../../firmware/ports/crypto.js";
import type { Way } from "../../../firmware/uplink/ways.js";
import { AddressTable } from "../../../firmware/wire/address-table.js";
import type { DatagramSocket } from "../../../firmware/ports/datagram-socket.js";
import type { Link } from "../../../firmware/ports/link.js";
import { LEVEL_INFO, type Log } from "../../../firmware/ports/log.js";
import { FakeClock } from "../../support/fake-clock.js";
import { fakeTimer } from "../../support/fake-timer.js";
import { address, MockNetwork, type MockSocket } from "../../support/mock-socket.js";
import { Prng } from "../../support/prng.js";
import { hex, unhex } from "#test";
import { MockBroker, MockTransport } from "./mock-broker.js";
import { configured, type Sample } from "./sample.js";

export const BOARD = address("10.77.0.2"), CAR = address("10.77.0.1"), BROKER = address("10.77.0.9");
export const SD_GROUP = address("224.244.224.245"), SD_PORT = 30490, EVENT_PORT = 40000;

/** The service of the recordings: 1234.5678, eventgroup 4465, event 8778. */
export function recorded(sample: Sample): void {
	sample.network = { address: "10.77.0.2", eventPort: EVENT_PORT };
	sample.broker.url = "mqtt-quic://broker.example:14567";
	sample.routes = [{ service: "0x1234", instance: "0x5678", eventgroup: "0x4465", event: "0x8778", qos: 1 }];
}

export interface MachineOptions {
	change?: (sample: Sample) => void;
	link?: Link;
	/** Further ports. */
	ports?: Partial<Platform>;
	/** Addresses of the board's machine. */
	addresses?: number[];
	/** Whether the name is found. */
	isNamed?: boolean;
	/** What the clock shows at the start; or the clock. */
	time?: number;
	clock?: FakeClock;
	/** The second way to the broker. */
	fallback?: Way;
}

export class Machine {
	readonly clock: FakeClock;
	readonly network: MockNetwork;
	readonly lines: string[] = [];
	readonly printed: string[] = [];
	/** The board's, in the order they were opened; closed ones among them. */
	readonly sockets: MockSocket[] = [];
	exitStatus = -1;
	readonly console: Console = { onLine: undefined, print: line => { this.printed.push(line); } };
	readonly log: Log = {
		level: LEVEL_INFO,
		write: (level, module, text) => {
			if (level <= this.log.level)
				this.lines.push(`${"EWID".charAt(level)} ${module}: ${text}`);
		},
	};
	readonly broker: MockBroker;
	readonly board: Board;
	readonly car: Car;
	/** What the resolver was asked. */
	readonly names: string[] = [];
	isNamed: boolean;
	/** Set: the resolver throws it. */
	resolverFault: Error | undefined;

	constructor(options: MachineOptions = {}) {
		const clock = this.clock = options.clock ?? new FakeClock(options.time ?? 0x7ffff000);
		this.network = new MockNetwork(clock);
		const open = this.network.host(...options.addresses ?? [BOARD]);
		this.isNamed = options.isNamed ?? true;
		const platform: Platform = {
			clock, calendar: { isSet: true, seconds: () => 1_800_000_000 },
			random: new Prng(7),
			crypto: {} as Crypto, addresses: new AddressTable(), datagramSocket: socketOptions => {
				const socket = open(socketOptions) as MockSocket;
				this.sockets.push(socket);
				return socket;
			},
			resolver: {
				resolve: (name, onResolved) => {
					this.names.push(name);
					if (this.resolverFault !== undefined)
						throw this.resolverFault;
					clock.at(3, () => onResolved(this.isNamed ? BROKER : -1));
				},
			},
			timer: fakeTimer(clock), log: this.log, console: this.console,
			system: {
				engineName: "mock", engineVersion: "1", engineBits: 64, arenaBytes: 4096, usedBytes: () => 1024, peakBytes: () => 2048,
				libraryHeapBytes: () => 512, exit: status => { this.exitStatus = status; },
			},
			...options.link === undefined ? {} : { link: options.link },
			...options.ports,
		};
		this.broker = new MockBroker(this.network.host(BROKER), BROKER, 14567);
		this.car = new Car(this.network);
		const configuration = configured(sample => {
			recorded(sample);
			options.change?.(sample);
		});
		this.board = new Board(platform, configuration, undefined, [{ ...configuration.broker.url, transport: () => new MockTransport() }, ...options.fallback === undefined ? [] : [options.fallback]]);
	}

	/** Starts the board and lets it connect and subscribe. */
	up(): this {
		this.board.start();
		this.clock.advance(500);
		this.car.offer();
		this.clock.advance(20);
		this.car.acknowledge();
		this.clock.advance(20);
		return this;
	}

	/** Types a line on the console. */
	type(line: string): void {
		this.console.onLine!(line);
	}

	/** The object that `status` prints. */
	status(): any {
		this.type("status");
		return JSON.parse(this.printed.pop()!.slice("status ".length));
	}

	/** Log lines that contain the text. */
	said(text: string): string[] {
		return this.lines.filter(line => line.includes(text));
	}
}

/** The recorded ECU (captures/vsomeip_sd_rr_event_udp, vsomeip 3.7.4): says what it said there. */
export class Car {
	/** What the board sent to it, hex. */
	readonly heard: string[] = [];
	/** What came to its service's port, hex, and where the last one came from. */
	readonly called: string[] = [];
	callPort = 0;
	#sd: DatagramSocket;
	#events: DatagramSocket;
	/** Session ids: to the group, to the board. */
	#session = 0;
	#unicastSession = 0;

	constructor(network: MockNetwork) {
		const host = network.host(CAR), buffer = new Uint8Array(2048);
		this.#sd = host({
			address: CAR, port: SD_PORT, onReadable: () => {
				for (let length = this.#sd.receive(buffer); length >= 0; length = this.#sd.receive(buffer))
					this.heard.push(Array.from(buffer.slice(0, length), byte => (byte + 256).toString(16).slice(1)).join(""));
			},
		});
		this.#events = host({
			address: CAR, port: 30509, onReadable: () => {
				for (let length = this.#events.receive(buffer); length >= 0; length = this.#events.receive(buffer)) {
					this.called.push(hex(buffer, 0, length));
					this.callPort = this.#events.sourcePort;
				}
			},
		});
	}

	/** To the group: OfferService 1234.5678 1.0, TTL 3 s, UDP 10.77.0.1:30509. `reboot`: its sessions begin again. */
	offer(reboot = false): void {
		if (reboot)
			this.#session = this.#unicastSession = 0;
		this.#session++;
		this.sendSd(`ffff8100000000300000${session(this.#session)}01010200c000000000000010010000101234567801000003000000000000000c000904000a4d00010011772d`, SD_GROUP);
	}

	/** To the board: SubscribeEventgroupAck 4465. */
	acknowledge(): void {
		this.#unicastSession++;
		this.sendSd(`ffff8100000000240000${session(this.#unicastSession)}01010200c0000000000000100700000012345678010000030000446500000000`, BOARD);
	}

	sendSd(text: string, to: number): void {
		const bytes = unhex(text);
		this.#sd.send(bytes, 0, bytes.length, to, SD_PORT);
	}

	/** The event 1234.8778 with this payload. */
	event(payload: string, to = BOARD, port = EVENT_PORT): void {
		this.datagram(`12348778${(8 + payload.length / 2 + 0x100000000).toString(16).slice(1)}0000000101010200${payload}`, to, port);
	}

	datagram(text: string, to = BOARD, port = EVENT_PORT): void {
		const bytes = unhex(text);
		this.#events.send(bytes, 0, bytes.length, to, port);
	}
}

function session(id: number): string {
	return (id + 0x10000).toString(16).slice(1);
}
