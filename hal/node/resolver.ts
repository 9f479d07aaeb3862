import { lookup } from "node:dns";
import type { Resolver } from "../../firmware/ports/resolver.js";

class NodeResolver implements Resolver {
	resolve(name: string, onResolved: (address: number) => void): void {
		lookup(name, { family: 4 }, (error, address) => onResolved(error ? -1 : addressOf(address)));
	}
}

/** uint32 in host order of dotted text that the system wrote itself. */
function addressOf(text: string): number {
	let address = 0;
	for (const part of text.split("."))
		address = address * 256 + Number(part);
	return address;
}

export const resolver: Resolver = new NodeResolver();
