/** Other people's dissectors judge what the consumer and the provider send (Node only). */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, deepEqual, describe, equal, it, ok, skip } from "#test";
import { Message } from "../../firmware/someip/header.js";
import { SdReader } from "../../firmware/someip/sd/sd-reader.js";
import { Topology } from "../../firmware/someip/sd/topology.js";
import { CAPTURES, readPcap, writePcap } from "../someip/support/pcap.js";
import { Pair, SD, SERVER, SERVICE_PORT } from "../someip/support/pair.js";

const PORTS = ["-o", "someip.ports.udp:30490,30509,30510,40000,32344", "-o", "someip.ports.tcp:30509,30510"];
const PYTHON = "/usr/bin/python3";

function answers(program: string, ...args: string[]): boolean {
	try {
		execFileSync(program, args, { stdio: "ignore" });
		return true;
	}
	catch {
		return false;
	}
}

const tshark = (file: string, ...args: string[]) => execFileSync("tshark", ["-r", file, ...PORTS, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
	.split("\n").filter(line => line !== "").map(line => line.split("\t"));

/** Everything that the two roles can send at present: searches, offers, all answers, multicast, segments, stops. */
function conversation(): Pair {
	const pair = new Pair({ provider: { subscribersMax: 3 } }), { provider, consumer } = pair;
	const service = provider.offer(0x1234, 1, 1, 7, SERVICE_PORT), other = provider.offer(0x1235, 2, 3, 0, 30510, 0xffffff);
	const groups = [provider.eventgroup(service, 0x10), provider.eventgroup(service, 0x11, 0xe0e1e2e9, 32344, 1), provider.eventgroup(other, 0x10)];
	provider.event(0x8001, [groups[0]!]);
	provider.field(0x8002, [groups[0]!]);
	provider.event(0x8003, [groups[1]!]);
	provider.event(0x8001, [groups[2]!]);
	for (const id of [0x10, 0x11, 0x12])
		consumer.request(0x1234, 1, id);
	consumer.request(0x1235, 0xffff, 0x10);
	consumer.request(0x7777, 0xffff, 0x10);
	const long = new Uint8Array(5012).map((_, i) => i);
	provider.notify(1, long, 0, long.length);
	pair.start();
	pair.advance(1500);
	for (const [event, length] of [[0, 0], [0, 1400], [0, 1401], [2, 3000], [3, 8192]] as const) {
		provider.notify(event, new Uint8Array(8192), 0, length);
		pair.drain();
		pair.advance(20);
	}
	// An Ack that is lost brings Stop and Subscribe; then both end.
	pair.toServer.loseNext = 1;
	pair.advance(3000);
	consumer.stop(pair.clock.now());
	pair.drain();
	provider.stop();
	pair.drain();
	pair.advance(10);
	return pair;
}

describe("what is sent, judged by tshark and scapy", () => {
	const folder = mkdtempSync(join(tmpdir(), "zonal-someip-")), file = join(folder, "sent.pcap");
	let pair: Pair;
	before(() => {
		pair = conversation();
		writeFileSync(file, writePcap(pair.sent));
	});
	after(() => { rmSync(folder, { recursive: true }); });

	if (!answers("tshark", "-v"))
		skip("tshark", "tshark is not installed");
	else {
		it("tshark finds nothing malformed and every segment in its place", () => {
			deepEqual(tshark(file, "-Y", "_ws.malformed || someip.tp.fragment.error || someip.tp.fragment.overlap || someipsd.option_unknown || someipsd.option_array_truncated || someipsd.entry_unknown"), []);
			const messages = tshark(file, "-Y", "someip", "-T", "fields", "-e", "someip.messageid", "-e", "someip.tp.reassembled.length");
			equal(messages.length, pair.sent.length);
			deepEqual(new Set(messages.map(([, length]) => length)), new Set(["", "5012", "1401", "3000", "8192"]));
		});
		it("tshark sees each kind of entry", () => {
			const seen = new Set<string>();
			for (const [types, ttls, options] of tshark(file, "-Y", "someipsd", "-T", "fields", ...["someipsd.entry.type", "someipsd.entry.ttl", "someipsd.option.type"].flatMap(field => ["-e", field]))) {
				const ttl = ttls!.split(",");
				types!.split(",").forEach((type, i) => seen.add(`${Number(type)}${ttl[i] === "0" ? " stop" : ""}`));
				(options ?? "").split(",").forEach(option => seen.add(`option ${Number(option)}`));
			}
			for (const kind of ["0", "1", "1 stop", "6", "6 stop", "7", "7 stop", "option 4", "option 20"])
				ok(seen.has(kind), kind);
		});
		for (const name of ["vsomeip_sd_rr_event_udp", "vsomeip_tp_udp", "vsomeip_multicast_field_notify"])
			if (!existsSync(`${CAPTURES}${name}.pcap`))
				skip(name, `${CAPTURES} is not there`);
			else
				it(`${name}: we read the entries and events that tshark reads`, () => {
					deepEqual(ours(`${CAPTURES}${name}.pcap`), theirs(`${CAPTURES}${name}.pcap`));
				});
	}

	if (!existsSync(PYTHON) || !answers(PYTHON, "-c", "import scapy"))
		skip("scapy", "Debian's python3-scapy is not installed");
	else
		it("scapy reads our SD messages and builds the same bytes from them", () => {
			const script = `
import sys
from scapy.all import load_contrib, raw
load_contrib('automotive.someip')
from scapy.contrib.automotive.someip import SOMEIP, SD
for line in sys.stdin:
    data = bytes.fromhex(line.strip())
    packet = SOMEIP(data)
    sd = packet[SD] if SD in packet else SD(raw(packet.payload))
    print(len(sd.entry_array), len(sd.option_array), raw(sd) == data[16:])
`;
			const messages = pair.sent.filter(({ sourcePort }) => sourcePort === SD).map(({ payload }) => payload);
			const lines = execFileSync(PYTHON, ["-c", script], { encoding: "utf8", input: messages.map(bytes => Buffer.from(bytes).toString("hex")).join("\n"), stdio: ["pipe", "pipe", "ignore"] });
			deepEqual(lines.trim().split("\n"), messages.map(bytes => {
				const reader = new SdReader(new Topology(0, 0, false));
				equal(reader.open(bytes, 16, bytes.length), 0);
				return `${reader.entryCount} ${reader.optionCount} True`;
			}));
		});
});

/** SD entries and events of a recording's UDP datagrams as text, by our readers. */
function ours(path: string): string[] {
	const message = new Message(), reader = new SdReader(new Topology(SERVER, 0, false)), lines: string[] = [];
	for (const { payload } of readPcap(new Uint8Array(readFileSync(path)))) {
		message.attach(payload);
		for (let at = 0; at < payload.length;) {
			const length = message.wrap(at, payload.length);
			ok(length > 0);
			at += length;
			if (message.serviceId !== 0xffff) {
				const offset = message.isSegment ? String(message.uint32(message.payloadOffset) & ~15) : "";
				lines.push(`${hex4(message.serviceId)}${hex4(message.methodId).slice(2)} ${message.type | (message.isSegment ? 0x20 : 0)} ${message.sessionId} ${offset}`);
				continue;
			}
			equal(reader.open(payload, message.payloadOffset, message.payloadEnd), 0);
			for (let i = 0; i < reader.entryCount; i++) {
				reader.entry(i);
				equal(reader.endpoints(), 0);
				lines.push(`${reader.type} ${hex4(reader.serviceId)} ${hex4(reader.instanceId)} ${reader.majorVersion} ${reader.ttl} ${reader.type >= 6 ? hex4(reader.eventgroupId) : ""} ${reader.optionCount}`);
			}
		}
	}
	return lines;
}

function theirs(path: string): string[] {
	const fields = ["messageid", "messagetype", "sessionid", "tp.offset"].map(name => `someip.${name}`)
		.concat(["type", "serviceid", "instanceid", "majorver", "ttl", "eventgroupid"].map(name => `someipsd.entry.${name}`), ["someipsd.option.type"]);
	return tshark(path, "-Y", "udp && someip", "-T", "fields", ...fields.flatMap(field => ["-e", field])).map(columns => {
		const [id, type, session, offset, entry, service, instance, major, ttl, group, options] = columns.map(column => column ?? "");
		if (entry === "")
			return `${id} ${Number(type)} ${Number(session)} ${offset}`;
		return `${Number(entry)} ${service} ${instance} ${major} ${ttl} ${group} ${options === undefined || options === "" ? 0 : options.split(",").length}`;
	});
}

function hex4(value: number): string {
	return `0x${(value + 0x10000).toString(16).slice(1)}`;
}
