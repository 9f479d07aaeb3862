import { addresses, datagramSocket } from "#hal";
import { skip } from "#test";
import { hasIpv6, hasIpv6Groups, ipv6 } from "../support/ipv6.js";
import { datagramSocketContract, type DatagramFamily } from "./datagram-socket-contract.js";

datagramSocketContract("datagram socket", datagramSocket);

if (hasIpv6()) {
	const hasGroups = await hasIpv6Groups();
	const family: DatagramFamily = {
		local: ipv6("::1"), localText: "[::1]", group: ipv6("ff02::4:c0de"), groupText: "[ff02::4:c0de]", otherGroup: ipv6("ff02::4:c0df"), hasGroups,
		foreign: ipv6("2001:db8::1"), foreignText: "2001:db8::1", foreignEndpoint: "[2001:db8::1]", any: ipv6("::"), addresses,
	};
	datagramSocketContract("datagram socket, IPv6", datagramSocket, family);
	if (!hasGroups)
		skip("datagram socket, IPv6, groups", "this machine has no multicast route on lo (ip -6 route add multicast ff00::/8 dev lo table local)");
}
else
	skip("datagram socket, IPv6", "this machine has no ::1");
