/** Which addresses may stand in endpoint options. */
import { isMulticast } from "../../wire/ipv4-address.js";

/** feat_req_someipsd_1135, _1233: "Its value is in a configured range or the local subnet … Is not the receiver's own
 *  IP address, Is no multicast address, Is not 127.0.0.1". */
export class Topology {
	#local: number;
	#netmask: number;
	#check: boolean;

	/** Addresses as uint32 in host order. `check` false: any unicast address will do (feat_req_someipsd_1149). */
	constructor(local: number, netmask: number, check: boolean) {
		this.#local = local;
		this.#netmask = netmask;
		this.#check = check;
	}

	accepts(address: number): boolean {
		if (address === 0 || address === 0xffffffff || isMulticast(address))
			return false;
		if (!this.#check)
			return true;
		const netmask = this.#netmask, host = (address & ~netmask) >>> 0, widest = ~netmask >>> 0;
		if (((address ^ this.#local) & netmask) !== 0 || address === this.#local || address >>> 24 === 127)
			return false;
		// The subnet's own number and its broadcast address; a /31 has neither.
		return widest <= 1 || (host !== 0 && host !== widest);
	}
}
