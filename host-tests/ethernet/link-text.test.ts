import { deepEqual, describe, equal, it } from "#test";
import { LINK_DOWN, LINK_READY, LINK_STARTING } from "../../firmware/ports/link.js";
import { FAULT_ABSENT, FAULT_LOST, FAULT_MODE, FAULT_NONE, FAULT_OTHER, FAULT_RESET, linkText, type LinkReport } from "../../hal/ethernet/link-text.js";
import { parseMacAddress } from "../../hal/ethernet/mac-address.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, CABLE_UNKNOWN, ROLE_MASTER, ROLE_SLAVE, ROLE_UNKNOWN } from "../../hal/ethernet/phy.js";

const REPORT: LinkReport = {
	state: LINK_READY, fault: FAULT_NONE, phy: "KSZ8081", id: 0x00221560, speed: 100, fullDuplex: true, mac: parseMacAddress("02:5a:4e:00:00:01"),
	address: 0x0a4d0002, netmask: 0xffffff00, partner: 0x45e1, remoteFault: false, energy: 1, signalQuality: -1, signalQualityMax: 0, role: ROLE_UNKNOWN,
	flaps: 2, counters: [{ name: "receive errors", value: 7 }], cable: undefined, further: [],
};
const first = (change: Partial<LinkReport>) => linkText({ ...REPORT, ...change })[0];

describe("link-text", () => {
	it("says the link, its partner, errors and the last cable test", () => {
		deepEqual(linkText({ ...REPORT, cable: [{ name: "MDI", result: CABLE_OK, distance: -1 }, { name: "MDI-X", result: CABLE_OPEN, distance: 1240 }] }), [
			"link ready, 100 Mbit/s full duplex",
			"PHY KSZ8081, id 00221560",
			"MAC 02:5a:4e:00:00:01, 10.77.0.2 netmask 255.255.255.0",
			"partner offers 10 half, 10 full, 100 half, 100 full, pause",
			"energy on the line",
			"errors: receive errors 7, flaps 2",
			"cable: MDI ok, MDI-X open at 12.4 m",
		]);
	});

	it("says what an automotive PHY knows", () => {
		deepEqual(linkText({ ...REPORT, phy: "TJA110x", id: 0x0180dd01, state: LINK_DOWN, speed: 0, address: 0, partner: 0, energy: -1, remoteFault: true, signalQuality: 5, signalQualityMax: 7, role: ROLE_MASTER, counters: [], flaps: 0, further: ["PLCA off, CSMA/CD"] }), [
			"link down",
			"PHY TJA110x, id 0180dd01, master",
			"MAC 02:5a:4e:00:00:01, no address",
			"remote fault: the partner does not receive",
			"signal quality 5 of 7",
			"PLCA off, CSMA/CD",
			"errors: flaps 0",
		]);
		equal(linkText({ ...REPORT, role: ROLE_SLAVE })[1], "PHY KSZ8081, id 00221560, slave");
	});

	it("says why there is no link", () => {
		equal(first({ state: LINK_STARTING }), "link starting");
		equal(first({ state: LINK_DOWN, fault: FAULT_ABSENT }), "link down: no PHY answers at this address");
		equal(first({ state: LINK_DOWN, fault: FAULT_OTHER }), "link down: another PHY than the board's definition says");
		equal(first({ state: LINK_DOWN, fault: FAULT_RESET }), "link down: the PHY does not come out of its reset");
		equal(first({ state: LINK_DOWN, fault: FAULT_MODE }), "link down: the PHY cannot do the speed and duplex that are configured");
		equal(first({ state: LINK_DOWN, fault: FAULT_LOST }), "link down: the PHY does not answer any more");
	});

	it("has a word for each result of a pair", () => {
		const pair = (result: number, distance: number) => linkText({ ...REPORT, cable: [{ name: "TX", result, distance }] }).at(-1);
		equal(pair(CABLE_SHORT, 150), "cable: TX short at 1.5 m");
		equal(pair(CABLE_SHORT, -1), "cable: TX short");
		equal(pair(CABLE_OPEN, 0), "cable: TX open at 0.0 m");
		equal(pair(CABLE_UNKNOWN, -1), "cable: TX could not be measured");
	});
});
