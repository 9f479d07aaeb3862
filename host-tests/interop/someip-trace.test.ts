/** Traces judged by tshark, which is given no option (Node only): of conversations in memory with everything that the API can
 *  send, of two examples, and of the board. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, deepEqual, describe, equal, it, ok, skip } from "#test";
import { Application } from "../../firmware/someip/api/application.js";
import { TRANSPORT_TCP } from "../../firmware/someip/wanted.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { addressOfText } from "../../firmware/wire/ipv6-address.js";
import { NodeTraceFile } from "../../hal/node/trace-file.js";
import { traced } from "../../hal/trace/open-trace.js";
import { FakeClock } from "../support/fake-clock.js";
import { fakeTimer } from "../support/fake-timer.js";
import { addressKey, MockNetwork } from "../support/mock-socket.js";
import { MockStreamNetwork } from "../support/mock-stream.js";
import { until } from "../support/patience.js";
import { Prng } from "../support/prng.js";
import { build } from "../xs/support/run.js";
import { ownNetwork } from "./support/network.js";
import { needBoard, Stage } from "./support/stage.js";

const BAD = "_ws.malformed || _ws.unreassembled || someip.tp.fragment.error || someip.tp.fragment.overlap || someipsd.option_unknown || someipsd.option_array_truncated || someipsd.entry_unknown";
const SERVICE = 0x1234, ECHO = 1, GROUP = 0x10;

function hasTshark(): boolean {
	try {
		execFileSync("tshark", ["-v"], { stdio: "ignore" });
		return true;
	}
	catch {
		return false;
	}
}

const tshark = (file: string, ...args: string[]): string[] => execFileSync("tshark", ["-r", file, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n").filter(line => line !== "");
/** Packets by Wireshark's filter. */
const count = (file: string, filter: string): number => tshark(file, "-Y", filter).length;

interface Conversation {
	addresses: [string, string, string];
	netmask: number;
	tcp?: boolean;
	e2e?: boolean;
}

/** Everything that two applications can say to each other, the client's side in a trace. */
function converse(file: string, { addresses: [serverText, clientText, groupText], netmask, tcp = false, e2e = false }: Conversation): void {
	const clock = new FakeClock(), datagrams = new MockNetwork(clock), streams = new MockStreamNetwork(clock);
	const make = (text: string, isTraced: boolean): Application => {
		const addresses = new AddressTable(), address = addressOfText(text, addresses), key = addressKey(address, addresses)!;
		let sockets = { datagramSocket: datagrams.host(key), ...streams.host(key) };
		if (isTraced)
			sockets = { ...sockets, ...traced(sockets, { file: new NodeTraceFile(file), limit: 1e9, log: { level: 0, write: () => {} }, addresses }) };
		return new Application({ addresses, clock, random: new Prng(7), timer: fakeTimer(clock), ...sockets }, { address, netmask, sdGroup: addressOfText(groupText, addresses), cookies: tcp });
	};
	const server = make(serverText, false), client = make(clientText, true), protection = { profile: "P07", dataId: 9, maxDeltaCounter: 3 } as const;
	const service = server.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, ...tcp ? { tcpPort: 30600 } : { port: 30509 } });
	service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd), false, e2e ? protection : undefined);
	service.method(2, () => {}, true);
	service.method(3, request => request.refuse(0x21));
	const group = service.eventgroup(GROUP), event = service.event(0x8001, [group], undefined, tcp);
	const field = service.field({ getter: 4, setter: 5, notifier: 0x8002, eventgroups: [group], isReliable: tcp });
	const proxy = client.request({ serviceId: SERVICE, instanceId: 1, ...tcp ? { transport: TRANSPORT_TCP } : {} });
	proxy.subscribe(GROUP);
	proxy.subscribe(0x99);
	if (e2e) {
		event.protect(protection);
		proxy.protect(ECHO, protection);
		proxy.protect(0x8001, protection);
	}
	let events = 0, answers = 0;
	proxy.onEvent(0x8001, () => { events++; });
	field.set(new Uint8Array(3000).fill(1));
	server.start();
	client.start();
	clock.advance(2000);
	const call = (method: number, length: number): void => {
		ok(proxy.call(method, new Uint8Array(length), 0, length, 1000, () => { answers++; }) > 0);
		clock.advance(100);
	};
	for (const [method, length] of [[ECHO, 0], [ECHO, 1200], [ECHO, 1500], [3, 8], [9, 8], [4, 0], [5, 20]] as const)
		call(method, length);
	equal(proxy.send(2, new Uint8Array(8)), 1);
	for (const length of [0, 1300, 5012]) {
		event.notify(new Uint8Array(length));
		clock.advance(100);
	}
	server.cork();
	event.notify(new Uint8Array(10));
	event.notify(new Uint8Array(11));
	server.flush();
	clock.advance(1500);
	client.stop();
	server.stop();
	clock.advance(10);
	deepEqual([events, answers], [5, 7]);
}

describe("traces, judged by tshark without options", function (this: any) {
	// Of which each test starts many.
	this.timeout(300_000);
	if (!hasTshark()) {
		skip("traces", "tshark is not installed");
		return;
	}
	const folder = mkdtempSync(join(tmpdir(), "zonal-trace-"));
	after(() => { rmSync(folder, { recursive: true }); });
	const ipv4: Conversation["addresses"] = ["10.0.0.1", "10.0.0.2", "224.244.224.245"];
	const conversations: Record<string, Conversation> = {
		"UDP": { addresses: ipv4, netmask: 0xffffff00 },
		"TCP with magic cookies": { addresses: ipv4, netmask: 0xffffff00, tcp: true },
		"UDP over IPv6": { addresses: ["fd00::1", "fd00::2", "ff02::4:c0de"], netmask: 64 },
		"end-to-end protection": { addresses: ipv4, netmask: 0xffffff00, e2e: true },
	};
	for (const [name, conversation] of Object.entries(conversations))
		it(`${name}: every message decodes, nothing is malformed`, () => {
			const file = join(folder, `${name}.pcapng`), isIpv6 = conversation.netmask === 64;
			converse(file, conversation);
			deepEqual(tshark(file, "-Y", BAD), []);
			equal(count(file, "!someip"), 0);
			for (const [what, least] of [["someipsd.entry.type == 0", 1], ["someipsd.entry.type == 1", 1], ["someipsd.entry.type == 6", 1], ["someipsd.entry.type == 7", 1]] as const)
				ok(count(file, what) >= least, what);
			for (const type of [0x00, 0x01, 0x02, 0x80])
				ok(count(file, `someip.messagetype == ${type} && someip.serviceid == 0x1234`) > 0 || (type === 2 && conversation.tcp), `type ${type}`);
			equal(count(file, "someip.methodid == 0x0003 && someip.returncode == 0x21"), 1);
			if (conversation.tcp)
				ok(count(file, "someip.messageid == 0xffff0000") + count(file, "someip.messageid == 0xffff8000") > 0, "magic cookies");
			else {
				const whole = new Set(tshark(file, "-Y", "someip.tp.reassembled.length", "-T", "fields", "-e", "someip.tp.reassembled.length"));
				for (const length of conversation.e2e ? ["3000", "1520", "5032"] : ["3000", "1500", "5012"])
					ok(whole.has(length), `${length} bytes in segments, of ${[...whole].join(", ")}`);
			}
			ok(count(file, isIpv6 ? "exported_pdu.ipv6_src" : "exported_pdu.ipv4_src") > 0);
		});

	it("the examples on XS: discovery, calls, the field and events", async function (this: any) {
		const engine = await build(this, { bits: 64 }), network = await ownNetwork(), file = join(folder, "example.pcapng");
		let said = "";
		// The caller may come when some have been sent already.
		const measured = () => [...said.matchAll(/measurement (\d+): (\S+) °C are (\S+) °F$/gm)].map(([, ...numbers]) => numbers.map(Number) as [number, number, number]);
		const start = (name: string, host: number, ...options: string[]): ChildProcess => {
			const child = spawn(engine, ["--root", resolve("build"), "--entry", "firmware/main-example.js", "--", "--example", name, "--address", `127.${network}.${host}`,
				"--sd-group", `239.${network}.1`, "--topology-check", "off", ...options], { stdio: ["ignore", "pipe", "inherit"] });
			child.stdout!.setEncoding("utf8").on("data", (text: string) => { said += text; });
			return child;
		};
		const children = [start("thermometer", 1), start("caller", 2, "--trace", file)], ended = children.map(child => new Promise(resolve => child.on("close", resolve)));
		try {
			await until(() => said, () => measured().length >= 2);
			children[1]!.kill("SIGINT");
			equal(await ended[1], 0);
		}
		finally {
			children[0]!.kill("SIGINT");
			await Promise.all(ended);
		}
		for (const [number, celsius, fahrenheit] of measured()) {
			const exactly = 25 + 10 * Math.sin(number / 10);
			ok(Math.abs(celsius - exactly) < 0.06 && Math.abs(fahrenheit - exactly * 1.8 - 32) < 0.06, said);
		}
		deepEqual(tshark(file, "-Y", BAD), []);
		equal(count(file, "!someip"), 0);
		ok(count(file, "someip.serviceid == 0x4001 && someip.messagetype == 0x80") >= 3);
		ok(count(file, "someip.messageid == 0x40018001") >= 2);
		equal(count(file, "someip.messageid == 0x40018002 && someip.messagetype == 2"), 1);
		ok(count(file, "someipsd.entry.type == 6 && someipsd.entry.ttl == 0") >= 1, "the subscription is ended");
	} as () => Promise<void>);
} as () => void);

describe("board: trace", () => {
	if (!hasTshark()) {
		skip("a trace", "tshark is not installed");
		return;
	}
	if (!needBoard())
		return;
	it("has what came from the vehicle and went to it, whole although the board was killed", async function (this: any) {
		this.timeout(300_000);
		await Stage.run(async stage => {
			const folder = mkdtempSync(join(tmpdir(), "zonal-trace-")), file = join(folder, "board.pcapng");
			stage.also(() => rmSync(folder, { recursive: true }));
			await stage.startAll({ args: ["--trace", file] });
			await stage.untilMore();
			stage.board!.kill();
			await stage.board!.ended;
			deepEqual(tshark(file, "-Y", BAD), []);
			equal(count(file, "!someip"), 0);
			ok(count(file, "someipsd") >= 3 && count(file, "someip.messagetype == 2 && someip.serviceid != 0xffff") >= 1);
			equal(tshark(file, "-T", "fields", "-e", "frame.interface_name")[0], "vehicle");
		});
	} as () => Promise<void>);
});
