import { putUint32 } from "../../wire/big-endian.js";
import { parseAddress } from "../../wire/ipv4-address.js";
import { parseIpv6 } from "../../wire/ipv6-address.js";

/** The name by which the server is addressed: exactly one of the two is set. */
export interface Host {
	/** Lower-case DNS name without a final dot. */
	readonly dns: string | undefined;
	/** The 4 bytes of an IPv4 address, or the 16 of an IPv6 address. */
	readonly address: Uint8Array | undefined;
}

/** Reads a configured server name: a DNS name (RFC 1123 §2.1, underscores allowed) or an address without brackets.
 *  Throws where it is neither, with a message that says why. */
export function parseHost(name: string): Host {
	const ipv4 = parseAddress(name);
	if (ipv4 >= 0) {
		const address = new Uint8Array(4);
		putUint32(address, 0, ipv4);
		return { dns: undefined, address };
	}
	const ipv6 = new Uint8Array(16);
	if (parseIpv6(name, ipv6, 0))
		return { dns: undefined, address: ipv6 };
	const dns = (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
	const labels = dns.split(".");
	if (dns.length > 253 || !labels.every(isLabel) || isNumeric(labels[labels.length - 1]!))
		throw new Error(`"${name}" is neither a DNS name nor an IP address`);
	return { dns, address: undefined };
}

/** True for a DNS label: 1 to 63 letters, digits, hyphens (not at its ends) and underscores. */
export function isLabel(label: string): boolean {
	if (label.length < 1 || label.length > 63 || label.startsWith("-") || label.endsWith("-"))
		return false;
	for (let i = 0; i < label.length; i++) {
		const c = label.charCodeAt(i);
		if (!(c >= 0x61 && c <= 0x7a || c >= 0x41 && c <= 0x5a || c >= 0x30 && c <= 0x39 || c === 0x2d || c === 0x5f))
			return false;
	}
	return true;
}

function isNumeric(text: string): boolean {
	for (let i = 0; i < text.length; i++)
		if (text.charCodeAt(i) < 0x30 || text.charCodeAt(i) > 0x39)
			return false;
	return text.length > 0;
}
