import { deepEqual, describe, equal, it } from "#test";
import { Ksz8081 } from "../../hal/ethernet/ksz8081.js";
import { BOARD, Machine } from "../gateway/support/machine.js";
import { Ksz8081Model } from "./support/chips.js";
import { onModel } from "./support/setup.js";

describe("a board on an Ethernet link", () => {
	it("waits for the cable, works, is asked, and loses its services with the cable", () => {
		const { model, rig } = onModel(clock => new Ksz8081Model(clock), registers => new Ksz8081(registers), { address: BOARD, netmask: 0xffffff00 });
		const machine = new Machine({ link: rig.link });
		const run = (duration: number) => {
			rig.run(duration);
			machine.clock.advance(duration);
		};
		machine.board.start();
		rig.start();
		run(1000);
		deepEqual([machine.status().link, machine.said("looking for services").length], ["starting", 0]);
		model.plug({ abilities: 0x45e1 });
		run(3900);
		equal(machine.status().link, "ready");
		machine.car.offer();
		machine.clock.advance(20);
		equal(machine.status().someip.services, 1);
		machine.type("link");
		deepEqual(machine.printed.splice(0), [
			"link ready, 100 Mbit/s full duplex", "PHY KSZ8081, id 00221560", "MAC 02:5a:4e:00:00:01, 10.77.0.2 netmask 255.255.255.0",
			"partner offers 10 half, 10 full, 100 half, 100 full, pause", "energy on the line", "errors: receive errors 0, flaps 0",
		]);
		model.pairs = [{ kind: "ok" }, { kind: "open", count: 10 }];
		machine.type("link test");
		deepEqual(machine.printed.splice(0), ["link: testing the cable: the link goes down for it"]);
		model.unplug();
		run(300);
		deepEqual([machine.status().link, machine.status().someip.services], ["starting", 0]);
		machine.type("link");
		equal(machine.printed.at(-1), "cable: MDI ok, MDI-X open at 4.0 m");
		run(5000);
		equal(machine.status().link, "down");
	});
});
