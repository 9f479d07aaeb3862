/** Two hosts with an Application each, on a mock network with a fake clock. */
import { Application, type ApplicationOptions } from "../../../../firmware/someip/api/application.js";
import { AddressTable } from "../../../../firmware/wire/address-table.js";
import { FakeClock } from "../../../support/fake-clock.js";
import { fakeTimer } from "../../../support/fake-timer.js";
import { MockNetwork } from "../../../support/mock-socket.js";
import { MockStreamNetwork } from "../../../support/mock-stream.js";
import { Prng } from "../../../support/prng.js";

export const SERVER = 0x0a000001, CLIENT = 0x0a000002, OTHER = 0x0a000003, GROUP = 0xe0f4e0f5, SD = 30490;

export class Hosts {
	readonly clock = new FakeClock(0x7fffff00);
	readonly network = new MockNetwork(this.clock);
	readonly streams = new MockStreamNetwork(this.clock);
	readonly server = this.application(SERVER);
	readonly client = this.application(CLIENT, { clientId: 0x4a01 });

	/** `machine`: the address of the machine whose sockets it has. */
	application(address: number, options: Partial<ApplicationOptions> = {}, machine = address): Application {
		const clock = this.clock;
		return new Application({ addresses: new AddressTable(), clock, random: new Prng(address), datagramSocket: this.network.host(machine), timer: fakeTimer(clock), ...this.streams.host(machine) },
			{ address, netmask: 0xffffff00, sdGroup: GROUP, ...options });
	}

	/** Starts both, and lets them find each other. */
	start(): void {
		this.server.start();
		this.client.start();
		this.advance(500);
	}

	advance(ms: number): void {
		this.clock.advance(ms);
	}
}
