import { addresses, streamListener, streamSocket } from "#hal";
import { skip } from "#test";
import { hasIpv6, ipv6 } from "../support/ipv6.js";
import { streamSocketContract } from "./stream-socket-contract.js";
import { IPV4_STREAMS, type StreamFamily } from "./support/stream-ends.js";

const IPV6_STREAMS: StreamFamily = {
	local: ipv6("::1"), localText: "[::1]", foreign: ipv6("2001:db8::1"), foreignText: "2001:db8::1", foreignEndpoint: "[2001:db8::1]",
	group: ipv6("ff02::1"), any: ipv6("::"), addresses,
};

streamSocketContract("stream socket", streamSocket, streamListener, IPV4_STREAMS);
if (hasIpv6())
	streamSocketContract("stream socket, IPv6", streamSocket, streamListener, IPV6_STREAMS);
else
	skip("stream socket, IPv6", "this machine has no ::1");
