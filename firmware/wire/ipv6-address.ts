/** IPv6 addresses as text: RFC 4291 §2.2 read, RFC 5952 written. */
import { IPV6_FIRST, type Addresses } from "../ports/addresses.js";
import { addressText, parseAddress } from "./ipv4-address.js";

const GROUPS = 8;

/** Reads an address to into[at, at + 16); false where the text is none (into is then unchanged). A zone ("%eth0") is
 *  refused: the socket's interface is the zone. */
export function parseIpv6(text: string, into: Uint8Array, at: number): boolean {
	const groups: number[] = [];
	let gap = -1, start = 0;
	if (text.startsWith("::")) {
		gap = 0;
		start = 2;
	}
	while (start < text.length) {
		const colon = text.indexOf(":", start), end = colon < 0 ? text.length : colon, part = text.slice(start, end);
		if (part.includes(".")) {
			const ipv4 = colon < 0 ? parseAddress(part) : -1;
			if (ipv4 < 0)
				return false;
			groups.push(ipv4 >>> 16, ipv4 & 0xffff);
			break;
		}
		const group = parseGroup(part);
		if (group < 0)
			return false;
		groups.push(group);
		if (colon < 0)
			break;
		start = end + 1;
		if (text.charAt(start) === ":" && gap < 0) {
			gap = groups.length;
			start++;
		}
		else if (start === text.length)
			return false;
	}
	// RFC 4291 §2.2: 'The use of "::" indicates one or more groups of 16 bits of zeros.'
	if (gap < 0 ? groups.length !== GROUPS : groups.length >= GROUPS)
		return false;
	const zeros = GROUPS - groups.length;
	for (let i = 0; i < GROUPS; i++) {
		const group = gap < 0 || i < gap ? groups[i]! : i < gap + zeros ? 0 : groups[i - zeros]!;
		into[at + 2 * i] = group >>> 8;
		into[at + 2 * i + 1] = group & 255;
	}
	return true;
}

/** Text of the 16 bytes at bytes[at], as RFC 5952 wants it. */
export function ipv6Text(bytes: Uint8Array, at: number): string {
	// §4.2.3: the longest run of zeros, the first of equals; §4.2.2: not a single one.
	let gap = -1, zeros = 1;
	for (let i = 0, run = 0; i < GROUPS; i++) {
		run = groupAt(bytes, at, i) === 0 ? run + 1 : 0;
		if (run > zeros) {
			zeros = run;
			gap = i + 1 - run;
		}
	}
	// §5: an IPv4-mapped address.
	const isMapped = gap === 0 && zeros === 5 && groupAt(bytes, at, 5) === 0xffff;
	let text = "";
	for (let i = 0; i < GROUPS; i++) {
		if (i === gap) {
			text += "::";
			i += zeros - 1;
			continue;
		}
		if (text !== "" && !text.endsWith(":"))
			text += ":";
		if (isMapped && i === 6)
			return text + addressText((groupAt(bytes, at, 6) << 16 | groupAt(bytes, at, 7)) >>> 0);
		text += groupAt(bytes, at, i).toString(16);
	}
	return text;
}

/** Text of a Number that stands for an address of either family; "?" where the table does not know it any more. */
export function textOfAddress(address: number, addresses: Addresses): string {
	if (address < IPV6_FIRST)
		return addressText(address);
	const bytes = new Uint8Array(16);
	return addresses.write(address, bytes, 0) ? ipv6Text(bytes, 0) : "?";
}

/** "10.0.0.1:30509" or "[fd00::1]:30509". */
export function textOfEndpoint(address: number, port: number, addresses: Addresses): string {
	const text = textOfAddress(address, addresses);
	return address < IPV6_FIRST ? `${text}:${port}` : `[${text}]:${port}`;
}

/** The Number of the text of an address of either family, or -1. */
export function addressOfText(text: string, addresses: Addresses): number {
	if (!text.includes(":"))
		return parseAddress(text);
	const bytes = new Uint8Array(16);
	return parseIpv6(text, bytes, 0) ? addresses.intern(bytes, 0) : -1;
}

function groupAt(bytes: Uint8Array, at: number, index: number): number {
	return bytes[at + 2 * index]! << 8 | bytes[at + 2 * index + 1]!;
}

function parseGroup(text: string): number {
	if (text.length === 0 || text.length > 4)
		return -1;
	let group = 0;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i) | 0x20, digit = code >= 0x61 && code <= 0x66 ? code - 0x57 : text.charCodeAt(i) - 0x30;
		if (digit < 0 || digit > 15 || (digit > 9 && code < 0x61))
			return -1;
		group = group << 4 | digit;
	}
	return group;
}
