/** IPv4 addresses: uint32 in host order, and as text. */
import { parseDecimal } from "./decimal.js";

/** Dotted text of an address. */
export function addressText(address: number): string {
	return `${address >>> 24}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}

/** "10.0.0.1:30509". */
export function endpointText(address: number, port: number): string {
	return `${addressText(address)}:${port}`;
}

/** The address of dotted text, or -1. Leading zeros are refused: some readers take them for octal. */
export function parseAddress(text: string): number {
	const parts = text.split(".");
	if (parts.length !== 4)
		return -1;
	let address = 0;
	for (let i = 0; i < 4; i++) {
		const value = parseDecimal(parts[i]!, 255);
		if (value < 0)
			return -1;
		address = address * 256 + value;
	}
	return address;
}

/** Whether `netmask` is ones, then zeros. */
export function isNetmask(netmask: number): boolean {
	const inverted = ~netmask >>> 0;
	return netmask !== 0 && (inverted & (inverted + 1)) === 0;
}

/** True for 224.0.0.0/4. */
export function isMulticast(address: number): boolean {
	return address >>> 28 === 0xe;
}

/** Whether one host can have this address: not 0.0.0.0/8, multicast, reserved or broadcast (RFC 1122 §3.2.1.3). */
export function isHostAddress(address: number): boolean {
	const first = address >>> 24;
	return first !== 0 && first < 224;
}
