import { deepEqual, describe, it } from "#test";
import { LINK_READY, type Link } from "../../firmware/ports/link.js";
import { BOARD, Machine } from "./support/machine.js";

const ready = (): Link => ({ state: LINK_READY, address: BOARD, netmask: 0xffffff00, onChanged: undefined });

function printedBy(link: Link | undefined, ...lines: string[]): string[] {
	const machine = new Machine(link === undefined ? {} : { link });
	machine.board.start();
	for (const line of lines)
		machine.type(line);
	return machine.printed;
}

describe("console: link", () => {
	it("prints what the link says of itself", () => {
		deepEqual(printedBy({ ...ready(), describe: () => ["link ready, 100 Mbit/s full duplex", "errors: flaps 0"] }, "link", " link "), [
			"link ready, 100 Mbit/s full duplex", "errors: flaps 0", "link ready, 100 Mbit/s full duplex", "errors: flaps 0",
		]);
	});

	it("begins a cable test where the link has one", () => {
		let tests = 0;
		const link: Link = { ...ready(), describe: () => [], testCable: () => `test ${++tests}` };
		deepEqual(printedBy(link, "link test", "link test", "link tests"), ["link: test 1", "link: test 2", "link, or link test"]);
		deepEqual(printedBy({ ...ready(), describe: () => [] }, "link test"), ["link: this board has no cable test"]);
	});

	it("has nothing to ask without a PHY, and does not offer it", () => {
		for (const link of [undefined, ready()])
			deepEqual(printedBy(link, "link", "link test", "help").filter(line => line.includes("link")), [
				"link: this board has no PHY to ask", "link: this board has no PHY to ask", "status          one line of JSON: memory, link, services, broker, counters",
			]);
		deepEqual(printedBy({ ...ready(), describe: () => [] }, "help").filter(line => line.startsWith("link")), [
			"link [test]     the Ethernet link: state, partner, error counters; test measures the cable",
		]);
	});
});
