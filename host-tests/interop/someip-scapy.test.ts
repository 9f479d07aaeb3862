/** What scapy builds, read by us (Node only). That scapy reads what we build: someip-tshark.test.ts. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { before, deepEqual, describe, equal, it, skip } from "#test";
import { Message } from "../../firmware/someip/header.js";
import { Statistics } from "../../firmware/someip/drop.js";
import { SdReader } from "../../firmware/someip/sd/sd-reader.js";
import { Topology } from "../../firmware/someip/sd/topology.js";
import { TP_COMPLETE, TpReassembly } from "../../firmware/someip/tp-reassembly.js";

const PYTHON = "/usr/bin/python3";
/** Each line: a name and the bytes. The entries and options are of all kinds that scapy has. */
const SCRIPT = `
from scapy.all import load_contrib, raw
load_contrib('automotive.someip')
from scapy.contrib.automotive.someip import *
from scapy.packet import Raw
def out(name, packet): print(name, raw(packet).hex())
for kind in (0x00, 0x01, 0x02, 0x80, 0x81):
    for size in (0, 1, 32, 1400):
        out('message', SOMEIP(srv_id=0x1234, **({"sub_id": 1, "event_id": 0x21} if kind == 2 else {"method_id": 0x21}), client_id=0x4a01, session_id=0x0203, iface_ver=3, msg_type=kind, retcode=0 if kind < 0x81 else 9) / Raw(bytes(i & 255 for i in range(size))))
whole = bytes((i * 7) & 255 for i in range(5012))
for offset in range(0, 5012, 1392):
    part = whole[offset:offset + 1392]
    out('segment', SOMEIP(srv_id=0x1234, sub_id=1, event_id=0x21, client_id=0, session_id=7, iface_ver=3, msg_type=0x22, offset=offset // 16, more_seg=int(offset + 1392 < 5012)) / Raw(part))
def sd(name, entries, options):
    packet = SD(flags=0xc0)
    packet.set_entryArray(entries)
    packet.set_optionArray(options)
    out(name, SOMEIP(srv_id=0xffff, sub_id=1, event_id=0x100, client_id=0, session_id=1, iface_ver=1, msg_type=2) / packet)
udp = SDOption_IP4_EndPoint(addr='10.0.0.1', l4_proto=0x11, port=30509)
tcp = SDOption_IP4_EndPoint(addr='10.0.0.1', l4_proto=0x06, port=30510)
group = SDOption_IP4_Multicast(addr='239.192.1.1', l4_proto=0x11, port=32344)
six = SDOption_IP6_EndPoint(addr='fd00::1', l4_proto=0x11, port=30509)
load = SDOption_LoadBalance(priority=3, weight=4)
config = SDOption_Config(cfg_str=SDOption_Config.make_string({'hostname': 'ecu', 'key': ''}))
service = lambda kind, ttl, opts, first=0: SDEntry_Service(type=kind, index_1=first, n_opt_1=opts, srv_id=0x1234, inst_id=1, major_ver=3, ttl=ttl, minor_ver=0x01020304)
eventgroup = lambda kind, ttl, opts, first=0: SDEntry_EventGroup(type=kind, index_1=first, n_opt_1=opts, srv_id=0x1234, inst_id=1, major_ver=3, ttl=ttl, cnt=5, eventgroup_id=0x10)
sd('sd', [service(0, 0xffffff, 0)], [])
sd('sd', [service(1, 3, 2)], [udp, tcp])
sd('sd', [service(1, 0, 4)], [udp, tcp, load, config])
sd('sd', [service(1, 3, 1), service(1, 3, 1, 1)], [udp, six])
sd('sd', [eventgroup(6, 3, 1)], [udp])
sd('sd', [eventgroup(6, 0, 1), eventgroup(6, 3, 1)], [udp])
sd('sd', [eventgroup(7, 3, 1), eventgroup(7, 0, 0)], [group])
`;

describe("what scapy builds", () => {
	if (!existsSync("/usr/lib/python3/dist-packages/scapy")) {
		skip("scapy", "Debian's python3-scapy is not installed");
		return;
	}
	let lines: [string, Uint8Array][] = [];
	before(() => {
		lines = execFileSync(PYTHON, ["-c", SCRIPT], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim().split("\n").map(line => {
			const [name, text] = line.split(" ");
			return [name!, new Uint8Array(Buffer.from(text!, "hex"))];
		});
	});
	const named = (name: string): Uint8Array[] => lines.filter(([kind]) => kind === name).map(([, bytes]) => bytes);

	it("messages of every type have the fields that they were given", () => {
		const message = new Message(), read: unknown[] = [], expected: unknown[] = [];
		for (const type of [0x00, 0x01, 0x02, 0x80, 0x81])
			for (const size of [0, 1, 32, 1400])
				expected.push([16 + size, 0x1234, type === 2 ? 0x8021 : 0x0021, 0x4a01, 0x0203, 3, type, type < 0x81 ? 0 : 9, size]);
		for (const bytes of named("message")) {
			message.attach(bytes);
			read.push([message.wrap(0, bytes.length), message.serviceId, message.methodId, message.clientId, message.sessionId, message.interfaceVersion,
				message.type, message.returnCode, message.payloadEnd - message.payloadOffset]);
		}
		deepEqual(read, expected);
	});

	it("segments make the original message, in any order within the distance that is allowed", () => {
		for (const order of [[0, 1, 2, 3], [1, 0, 2, 3], [3, 2, 1, 0]]) {
			const segments = named("segment"), tp = new TpReassembly(new Statistics()), message = new Message();
			equal(segments.length, 4);
			const codes = order.map(index => {
				message.attach(segments[index]!);
				message.wrap(0, segments[index]!.length);
				return tp.add(1, message, 0);
			});
			equal(codes.at(-1), TP_COMPLETE);
			const payload = tp.bytes.subarray(tp.start + 16, tp.end);
			equal(payload.length, 5012);
			equal(payload.every((byte, i) => byte === (i * 7 & 255)), true);
		}
	});

	it("entries and options of service discovery", () => {
		const message = new Message(), reader = new SdReader(new Topology(0x0a000002, 0xffffff00, true));
		const read = named("sd").map(bytes => {
			message.attach(bytes);
			equal(message.wrap(0, bytes.length), bytes.length);
			equal(reader.open(bytes, message.payloadOffset, message.payloadEnd), 0);
			return Array.from({ length: reader.entryCount }, (_, i) => {
				reader.entry(i);
				const code = reader.endpoints(), tail = reader.type < 4 ? reader.minorVersion : reader.eventgroupId;
				return [reader.type, reader.serviceId, reader.instanceId, reader.majorVersion, reader.ttl, tail, code, reader.udpPort, reader.tcpPort, reader.multicastPort];
			});
		});
		const service = (type: number, ttl: number, ...ports: number[]): unknown => [type, 0x1234, 1, 3, ttl, 0x01020304, 0, ...ports], group = (type: number, ttl: number, ...ports: number[]): unknown => [type, 0x1234, 1, 3, ttl, 0x10, 0, ...ports];
		// The IPv6 endpoint is none for a host that has IPv4.
		read[3]![1]!.splice(6, 4, 0, 0, 0, 0);
		deepEqual(read, [
			[service(0, 0xffffff, 0, 0, 0)], [service(1, 3, 30509, 30510, 0)], [service(1, 0, 30509, 30510, 0)], [service(1, 3, 30509, 0, 0), service(1, 3, 0, 0, 0)],
			[group(6, 3, 30509, 0, 0)], [group(6, 0, 30509, 0, 0), group(6, 3, 30509, 0, 0)], [group(7, 3, 0, 0, 32344), group(7, 0, 0, 0, 0)],
		]);
	});
});
