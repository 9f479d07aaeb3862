/** What the console's `link` says. */
import { LINK_READY, LINK_STARTING, LINK_UP } from "../../firmware/ports/link.js";
import { macAddressText } from "./mac-address.js";
import { ABILITY_100_FULL, ABILITY_100_HALF, ABILITY_10_FULL, ABILITY_10_HALF, ABILITY_ASYMMETRIC_PAUSE, ABILITY_PAUSE } from "./mii.js";
import { CABLE_OK, CABLE_OPEN, CABLE_SHORT, ROLE_MASTER, ROLE_UNKNOWN, type CablePair, type PhyCounter } from "./phy.js";

export const FAULT_NONE = 0;
export const FAULT_ABSENT = 1;
export const FAULT_OTHER = 2;
export const FAULT_RESET = 3;
export const FAULT_MODE = 4;
export const FAULT_LOST = 5;

export interface LinkReport {
	/** LINK_* and FAULT_*. */
	state: number;
	fault: number;
	phy: string;
	/** PHYID1 and PHYID2 as read. */
	id: number;
	speed: number;
	fullDuplex: boolean;
	mac: Uint8Array;
	/** IPv4 address and netmask, uint32; 0 none. */
	address: number;
	netmask: number;
	/** ANLPAR of the partner; 0 where nothing was negotiated. */
	partner: number;
	remoteFault: boolean;
	/** -1 unknown. */
	energy: number;
	signalQuality: number;
	signalQualityMax: number;
	/** ROLE_*. */
	role: number;
	flaps: number;
	counters: readonly PhyCounter[];
	/** Undefined: not tested. */
	cable: readonly CablePair[] | undefined;
	further: readonly string[];
}

const ABILITIES: readonly (readonly [bit: number, name: string])[] = [
	[ABILITY_10_HALF, "10 half"], [ABILITY_10_FULL, "10 full"], [ABILITY_100_HALF, "100 half"], [ABILITY_100_FULL, "100 full"],
	[ABILITY_PAUSE, "pause"], [ABILITY_ASYMMETRIC_PAUSE, "asymmetric pause"],
];

/** PHYID1 and PHYID2 as eight digits. */
export const idText = (id: number): string => (id + 0x100000000).toString(16).slice(1);

/** The lines of the report, the link itself first. */
export function linkText(report: LinkReport): string[] {
	const isUp = report.state === LINK_UP || report.state === LINK_READY;
	const lines = [`link ${stateText(report.state)}${isUp ? `, ${report.speed} Mbit/s ${report.fullDuplex ? "full" : "half"} duplex` : ""}${faultText(report.fault)}`];
	lines.push(`PHY ${report.phy}, id ${idText(report.id)}${report.role === ROLE_UNKNOWN ? "" : report.role === ROLE_MASTER ? ", master" : ", slave"}`);
	lines.push(`MAC ${macAddressText(report.mac)}${report.address === 0 ? ", no address" : `, ${dotted(report.address)} netmask ${dotted(report.netmask)}`}`);
	if (report.partner !== 0)
		lines.push(`partner offers ${ABILITIES.filter(([bit]) => (report.partner & bit) !== 0).map(([, name]) => name).join(", ")}`);
	if (report.remoteFault)
		lines.push("remote fault: the partner does not receive");
	if (report.signalQuality >= 0)
		lines.push(`signal quality ${report.signalQuality} of ${report.signalQualityMax}`);
	if (report.energy >= 0)
		lines.push(report.energy === 1 ? "energy on the line" : "no energy on the line");
	for (const line of report.further)
		lines.push(line);
	lines.push(`errors: ${[...report.counters.map(({ name, value }) => `${name} ${value}`), `flaps ${report.flaps}`].join(", ")}`);
	if (report.cable !== undefined)
		lines.push(`cable: ${report.cable.map(pairText).join(", ")}`);
	return lines;
}

function stateText(state: number): string {
	switch (state) {
		case LINK_READY:
			return "ready";
		case LINK_UP:
			return "up, no address yet";
		case LINK_STARTING:
			return "starting";
		default:
			return "down";
	}
}

/** Why there is no link, after the state; "" where nothing is wrong with the PHY. */
export function faultText(fault: number): string {
	switch (fault) {
		case FAULT_ABSENT:
			return ": no PHY answers at this address";
		case FAULT_OTHER:
			return ": another PHY than the board's definition says";
		case FAULT_RESET:
			return ": the PHY does not come out of its reset";
		case FAULT_MODE:
			return ": the PHY cannot do the speed and duplex that are configured";
		case FAULT_LOST:
			return ": the PHY does not answer any more";
		default:
			return "";
	}
}

function pairText(pair: CablePair): string {
	const at = pair.distance < 0 ? "" : ` at ${(pair.distance / 100).toFixed(1)} m`;
	switch (pair.result) {
		case CABLE_OK:
			return `${pair.name} ok`;
		case CABLE_OPEN:
			return `${pair.name} open${at}`;
		case CABLE_SHORT:
			return `${pair.name} short${at}`;
		default:
			return `${pair.name} could not be measured`;
	}
}

function dotted(address: number): string {
	return `${address >>> 24}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}
