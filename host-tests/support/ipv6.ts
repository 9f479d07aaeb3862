/** What specs of IPv6 need: Numbers of addresses, and whether the machine has the family at all. */
import { addresses, datagramSocket } from "#hal";
import { addressOfText } from "../../firmware/wire/ipv6-address.js";

/** The Number of an address in the table that the specs share. */
export function ipv6(text: string): number {
	const address = addressOfText(text, addresses);
	if (address < 0)
		throw new RangeError(`"${text}" is no address`);
	return address;
}

/** Whether ::1 can be bound. */
export function hasIpv6(): boolean {
	try {
		datagramSocket({ address: ipv6("::1"), port: 0, addresses, onReadable: () => {} }).close();
		return true;
	}
	catch {
		return false;
	}
}
