import { deepEqual, describe, equal, it } from "#test";
import { LINK_DOWN, LINK_READY, LINK_STARTING, LINK_UP } from "../../firmware/ports/link.js";
import { Clause22Phy } from "../../hal/ethernet/clause22-phy.js";
import { DrivenLink } from "../../hal/ethernet/driven-link.js";
import { Ksz8081 } from "../../hal/ethernet/ksz8081.js";
import type { Mac } from "../../hal/ethernet/mac.js";
import { parseMacAddress } from "../../hal/ethernet/mac-address.js";
import type { Phy } from "../../hal/ethernet/phy.js";
import { PhyRegisters } from "../../hal/ethernet/phy-registers.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { BOARD, Machine } from "../gateway/support/machine.js";
import { Ksz8081Model } from "./support/chips.js";
import { ModelBus } from "./support/phy-model.js";

/** A MAC and an IP stack that gives its address `delay` ms after the carrier came. */
class ModelMac implements Mac {
	readonly told: string[] = [];
	address = 0;
	netmask = 0;
	lease = BOARD;
	/** Thrown by the next call. */
	failure: Error | undefined;
	phy: Phy | undefined;
	#clock: FakeClock;
	#onAddress: () => void = () => {};

	constructor(clock: FakeClock, phy: Phy | undefined) {
		this.#clock = clock;
		this.phy = phy;
	}

	begin(address: number, netmask: number, router: number, nameServer: number): void {
		this.#mayFail();
		this.told.push(`begin ${address} ${netmask} ${router} ${nameServer}`);
		if (address !== 0)
			this.lease = address;
	}

	macAddress(): Uint8Array {
		return parseMacAddress("02:5a:4e:00:00:01");
	}

	findPhy(): Phy | undefined {
		return this.phy;
	}

	setLink(isUp: boolean, speed: number, fullDuplex: boolean): void {
		this.#mayFail();
		this.told.push(isUp ? `up ${speed} ${fullDuplex ? "full" : "half"}` : "down");
		if (isUp)
			this.#clock.at(20, () => this.give(this.lease));
		else
			this.address = this.netmask = 0;
	}

	give(address: number): void {
		this.address = address;
		this.netmask = address === 0 ? 0 : 0xffffff00;
		this.#onAddress();
	}

	listen(onAddress: () => void): void {
		this.#onAddress = onAddress;
	}

	#mayFail(): void {
		const failure = this.failure;
		this.failure = undefined;
		if (failure !== undefined)
			throw failure;
	}
}

function rig() {
	const clock = new FakeClock(0x7fffff00), model = new Ksz8081Model(clock);
	const phy = new Ksz8081(new PhyRegisters(new ModelBus().add(1, model), 1));
	const mac = new ModelMac(clock, phy), lines: string[] = [], states: number[] = [];
	const link = new DrivenLink({ mac, clock, timer: fakeTimer(clock), log: { level: 3, write: (_level, module, text) => { lines.push(`${module}: ${text}`); } } });
	link.onChanged = () => { states.push(link.state); };
	return { clock, model, mac, link, lines, states };
}

describe("the driven link", () => {
	it("tells the MAC before it tells the board, and is ready once the stack has an address", () => {
		const { clock, model, mac, link, states, lines } = rig();
		let toldAtUp = "";
		link.onChanged = () => {
			states.push(link.state);
			if (link.state === LINK_UP)
				toldAtUp = mac.told.at(-1)!;
		};
		equal(link.state, LINK_DOWN);
		link.begin(BOARD, 0xffffff00, 1, 2);
		equal(link.state, LINK_STARTING);
		model.plug({ abilities: 0x45e1 });
		clock.advance(4000);
		deepEqual(mac.told, [`begin ${BOARD} ${0xffffff00} 1 2`, "up 100 full"]);
		equal(toldAtUp, "up 100 full");
		deepEqual([link.state, link.address, link.netmask], [LINK_READY, BOARD, 0xffffff00]);
		deepEqual(states, [LINK_STARTING, LINK_UP, LINK_READY]);
		deepEqual(lines, ["link: PHY KSZ8081"]);
		equal(link.describe()[0], "link ready, 100 Mbit/s full duplex");
	});

	it("takes the address away with the carrier, and waits for it anew", () => {
		const { clock, model, mac, link } = rig();
		link.begin(0, 0, 0, 0);
		model.plug();
		clock.advance(4000);
		equal(link.state, LINK_READY);
		model.unplug();
		clock.advance(300);
		deepEqual([link.state < LINK_UP, link.address, mac.told.at(-1)], [true, 0, "down"]);
		mac.give(BOARD);
		equal(link.address, 0);
		mac.lease = BOARD + 1;
		model.plug();
		clock.advance(5000);
		deepEqual([link.state, link.address], [LINK_READY, BOARD + 1]);
	});

	it("goes back to waiting where the stack loses its address", () => {
		const { clock, model, mac, link, states } = rig();
		link.begin(0, 0, 0, 0);
		model.plug();
		clock.advance(4000);
		mac.give(0);
		deepEqual([link.state, link.address, states.at(-1)], [LINK_UP, 0, LINK_UP]);
		mac.give(BOARD);
		equal(link.state, LINK_READY);
	});

	it("says in words why there is no Ethernet, and goes on", () => {
		const { clock, mac, link, lines } = rig();
		mac.failure = new Error("ethernet: driver: ESP_ERR_NO_MEM");
		link.begin(0, 0, 0, 0);
		clock.advance(10000);
		deepEqual([link.state, link.describe(), lines], [LINK_DOWN, ["link down: ethernet: driver: ESP_ERR_NO_MEM"], ["link: ethernet: driver: ESP_ERR_NO_MEM"]]);
		equal(link.testCable(), "there is no PHY to test it");
	});

	it("looks for the PHY until one answers, and says so once", () => {
		const { clock, model, mac, link, lines } = rig(), phy = mac.phy;
		mac.phy = undefined;
		link.begin(0, 0, 0, 0);
		clock.advance(5500);
		deepEqual([link.state, link.describe(), lines], [LINK_DOWN, ["link down: no PHY answers"], ["link: no PHY answers"]]);
		mac.phy = phy;
		model.plug();
		clock.advance(6000);
		equal(link.state, LINK_READY);
	});

	it("says in words where another PHY answers than the board names, and takes the right one once it is there", () => {
		const { clock, model, mac, link, lines } = rig(), find = mac.findPhy;
		mac.findPhy = () => {
			throw new Error("the PHY at address 1 is no IP101: its identifier is 00221560");
		};
		link.begin(0, 0, 0, 0);
		clock.advance(5500);
		deepEqual([link.state, link.describe(), lines], [LINK_DOWN, ["link down: the PHY at address 1 is no IP101: its identifier is 00221560"], ["link: the PHY at address 1 is no IP101: its identifier is 00221560"]]);
		mac.findPhy = find;
		model.plug();
		clock.advance(6000);
		equal(link.state, LINK_READY);
	});

	it("tells the MAC again where it did not take the link", () => {
		const { clock, model, mac, link } = rig();
		link.begin(0, 0, 0, 0);
		clock.advance(100);
		mac.failure = new Error("ethernet: link: ESP_ERR_TIMEOUT");
		model.plug();
		clock.advance(5000);
		deepEqual([mac.told.at(-1), link.state], ["up 100 full", LINK_READY]);
	});

	it("tells of a PHY that is not what it was, and of a cable test", () => {
		const { clock, model, link, lines } = rig();
		link.begin(0, 0, 0, 0);
		model.plug();
		clock.advance(4000);
		model.pairs = [{ kind: "ok" }, { kind: "open", count: 10 }];
		equal(link.testCable(), "testing the cable: the link goes down for it");
		clock.advance(3000);
		equal(link.describe().at(-1), "cable: MDI ok, MDI-X open at 4.0 m");
		equal(lines.length, 1);
	});

	it("needs no more of a PHY than the emulator's has: registers 0 to 5", () => {
		const clock = new FakeClock(), values = [0x1000, 0x782d, 0x2000, 0x5c90, 0x01e1, 0x45e1];
		const mdio = {
			read: (address: number, register: number) => address === 1 ? values[register] ?? 0xffff : 0xffff,
			write: (_address: number, register: number, value: number) => {
				if (register === 0)
					values[0] = value & 0x7fff;
			},
		};
		const mac = new ModelMac(clock, new Clause22Phy(new PhyRegisters(mdio, 1)));
		const link = new DrivenLink({ mac, clock, timer: fakeTimer(clock), log: { level: 3, write: () => {} } });
		link.begin(0, 0, 0, 0);
		clock.advance(5000);
		deepEqual([link.state, mac.told.at(-1)], [LINK_READY, "up 100 full"]);
	});
});

describe("a board whose address comes from DHCP", () => {
	function machine() {
		const { clock: time, model, mac, link } = rig();
		const board = new Machine({ link, change: sample => { sample.network.address = "dhcp"; } });
		const run = (duration: number) => {
			time.advance(duration);
			board.clock.advance(duration);
		};
		board.board.start();
		model.plug();
		run(4000);
		return { board, mac, model, run };
	}

	it("works with what the link has", () => {
		const { board, mac } = machine();
		equal(mac.told[0], `begin 0 ${0xffffff00} 0 0`);
		equal(board.status().link, "ready");
		board.car.offer();
		board.clock.advance(20);
		equal(board.status().someip.services, 1);
	});

	it("goes on where it gets the same address again, and begins anew with another one", () => {
		const { board, mac, model, run } = machine();
		model.unplug();
		run(300);
		model.plug();
		run(4000);
		equal(board.exitStatus, -1);
		mac.give(BOARD + 1);
		equal(board.exitStatus, 78);
		equal(board.said("the address is 10.77.0.3 now: starting anew").length, 1);
	});
});
