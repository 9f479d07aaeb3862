/** What specs of IPv6 need: Numbers of addresses, and whether the machine has the family at all. */
import { addresses, datagramSocket, timer } from "#hal";
import { addressOfText } from "../../firmware/wire/ipv6-address.js";

/** The Number of an address in the table that the specs share. */
export function ipv6(text: string): number {
	const address = addressOfText(text, addresses);
	if (address < 0)
		throw new RangeError(`"${text}" is no address`);
	return address;
}

/** Whether the machine has the address. */
export function hasIpv6(address = "::1"): boolean {
	try {
		datagramSocket({ address: ipv6(address), port: 0, addresses, onReadable: () => {} }).close();
		return true;
	}
	catch {
		return false;
	}
}

/** Whether a group's datagrams come back by the interface of ::1. */
export async function hasIpv6Groups(): Promise<boolean> {
	const local = ipv6("::1"), group = ipv6("ff02::4:c0de"), onReadable = (): void => {}, into = new Uint8Array(4);
	const receiver = datagramSocket({ address: group, port: 0, interface: local, addresses, onReadable });
	const sender = datagramSocket({ address: local, port: 0, addresses, onReadable });
	sender.send(into, 0, 1, group, receiver.localPort);
	const length = await new Promise<number>(resolve => {
		const once = timer(() => {
			once.close();
			resolve(receiver.receive(into));
		});
		once.schedule(50);
	});
	receiver.close();
	sender.close();
	return length === 1;
}
