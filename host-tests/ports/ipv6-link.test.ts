/** IPv6 on an interface with several addresses, groups and link-local addresses: a network namespace made for it (host-tests/
 *  interop/ipv6-link.test.ts). */
import { addresses, datagramSocket, streamListener, streamSocket } from "#hal";
import { skip } from "#test";
import { hasIpv6, ipv6 } from "../support/ipv6.js";
import { datagramSocketContract } from "./datagram-socket-contract.js";
import { streamSocketContract } from "./stream-socket-contract.js";

const FAMILIES = [
	{ name: "unique local addresses", local: "fd5a:6f6e:616c::1", other: "fd5a:6f6e:616c::2", group: "ff15::4:c0de", otherGroup: "ff15::4:c0df" },
	{ name: "link-local addresses", local: "fe80::5a:1", other: "fe80::5a:2", group: "ff02::4:c0de", otherGroup: "ff02::4:c0df" },
];

for (const { name, local, other, group, otherGroup } of FAMILIES) {
	if (!hasIpv6(local)) {
		skip(name, "no network namespace with them");
		continue;
	}
	const common = { local: ipv6(local), localText: `[${local}]`, other: ipv6(other), foreign: ipv6("fe80::bad"), foreignText: "fe80::bad", foreignEndpoint: "[fe80::bad]",
		any: ipv6("::"), addresses };
	datagramSocketContract(`datagram socket, ${name}`, datagramSocket,
		{ ...common, group: ipv6(group), groupText: `[${group}]`, otherGroup: ipv6(otherGroup), hasGroups: true });
	streamSocketContract(`stream socket, ${name}`, streamSocket, streamListener, { ...common, group: ipv6(group), needsInterface: local.startsWith("fe80") });
}
