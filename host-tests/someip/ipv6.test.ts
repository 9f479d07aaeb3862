import { deepEqual, describe, equal, hex, it, ok, throws, unhex } from "#test";
import { MULTICAST_JOIN, SUBSCRIBED } from "../../firmware/someip/consumer-event.js";
import { Consumer } from "../../firmware/someip/consumer.js";
import { DROP_SD_OPTION_LENGTH, DROP_SD_TOPOLOGY } from "../../firmware/someip/drop.js";
import { Provider } from "../../firmware/someip/provider.js";
import { SdReader } from "../../firmware/someip/sd/sd-reader.js";
import { Topology } from "../../firmware/someip/sd/topology.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { addressOfText, textOfAddress } from "../../firmware/wire/ipv6-address.js";
import { Prng } from "../support/prng.js";

const OFFER = "01 00 00 10 1234 0001 01 000003 00000000";

function message(entries: string, options: string): Uint8Array {
	const size = (text: string) => (unhex(text).length + 0x100000000).toString(16).slice(1);
	return unhex(`c0 000000 ${size(entries)} ${entries} ${size(options)} ${options}`);
}

const endpoint = (address: string, type = "06", protocol = "11", port = "772d", length = "0015") => `${length} ${type} 00 ${address} 00 ${protocol} ${port}`;
const HOST = "fd00000000000077 0000000000000001", OWN = "fd00000000000077 0000000000000002";

describe("service discovery over IPv6", () => {
	const addresses = new AddressTable(), local = addressOfText("fd00:0:0:77::2", addresses);
	const check = (options: string, on = true) => {
		const reader = new SdReader(new Topology(local, 64, on, addresses)), bytes = message(OFFER, options);
		equal(reader.open(bytes, 0, bytes.length), 0);
		reader.entry(0);
		return [reader.endpoints(), reader] as const;
	};

	it("feat_req_someipsd_164: reads endpoints, by their Number", () => {
		const [code, reader] = check(endpoint(HOST));
		equal(code, 0);
		equal(textOfAddress(reader.udpAddress, addresses), "fd00:0:0:77::1");
		equal(reader.udpPort, 0x772d);
		equal(check(endpoint(HOST, "06", "06"))[1].tcpPort, 0x772d);
	});

	it("feat_req_someipsd_1135: drops endpoints that do not belong to the prefix", () => {
		for (const [address, ok] of [[OWN, false], ["fd00000000000078 0000000000000001", false], ["0000000000000000 0000000000000001", false], ["0000000000000000 0000000000000000", false],
			["ff02000000000000 0000000000000001", false], ["0000000000000000 0000ffff0a000001", false], ["fe80000000000000 0000000000000001", true], ["fd00000000000077 ffffffffffffffff", true]] as const)
			equal(check(endpoint(address))[0], ok ? 0 : DROP_SD_TOPOLOGY, address);
		equal(check(endpoint("20010db800000000 0000000000000001"), false)[0], 0, "feat_req_someipsd_1149");
		equal(check(endpoint("ff02000000000000 0000000000000001"), false)[0], DROP_SD_TOPOLOGY);
		equal(check(endpoint(HOST, "06", "11", "772d", "0014").slice(0, -2))[0], DROP_SD_OPTION_LENGTH);
	});

	it("options of the other family are passed over", () => {
		const [code, reader] = check("0009 04 00 0a000001 00 11 772d");
		deepEqual([code, reader.udpPort], [0, 0]);
		const ipv4 = new SdReader(new Topology(0x0a000002, 0xffffff00, true)), bytes = message(OFFER, endpoint(HOST));
		equal(ipv4.open(bytes, 0, bytes.length), 0);
		ipv4.entry(0);
		deepEqual([ipv4.endpoints(), ipv4.udpPort], [0, 0]);
	});

	it("feat_req_someipsd_1100: the SD endpoint option takes the place of the sender's address", () => {
		const [, reader] = check(endpoint(HOST, "26", "11", "771a") + endpoint(HOST));
		equal(textOfAddress(reader.sdAddress, addresses), "fd00:0:0:77::1");
		equal(reader.sdPort, 0x771a);
		equal(check(endpoint(OWN, "26"))[1].sdPort, 0);
	});

	it("provider and consumer find each other, with a multicast eventgroup", () => {
		const server = new AddressTable(), client = new AddressTable(), group = "ff14::4:c0de";
		const common = { netmask: 64, sdPort: 30490, topologyCheck: true, random: new Prng(1) };
		const provider = new Provider({ ...common, localAddress: addressOfText("fd00::1", server), sdGroup: addressOfText(group, server), addresses: server });
		const consumer = new Consumer({ ...common, localAddress: addressOfText("fd00::2", client), sdGroup: addressOfText(group, client), addresses: client, eventPort: 40000, ttl: 3 });
		const service = provider.offer(0x1234, 1, 1, 0, 30509, 3, { tcpPort: 30510 });
		provider.event(0x8001, [provider.eventgroup(service, 1, addressOfText("ff14::99", server), 30511, 1)]);
		provider.event(0x8002, [provider.eventgroup(service, 2)]);
		consumer.request(0x1234, 1, 1);
		consumer.request(0x1234, 1, 2);
		provider.start(0);
		consumer.start(0);
		const bytes = new Uint8Array(1500), told: number[] = [];
		let joined = "";
		for (let now = 0; now < 1000; now++) {
			if (provider.pollTimeout(now) === 0)
				provider.onTimeout(now);
			if (consumer.pollTimeout(now) === 0)
				consumer.onTimeout(now);
			for (let length = provider.pollTransmit(bytes, now); length > 0; length = provider.pollTransmit(bytes, now))
				consumer.receiveSd(textOfAddress(provider.destinationAddress, server) === group ? 1 : 0, bytes, length, addressOfText("fd00::1", client), 30490, now);
			for (let length = consumer.pollTransmit(bytes, now); length > 0; length = consumer.pollTransmit(bytes, now))
				provider.receiveSd(textOfAddress(consumer.destinationAddress, client) === group ? 1 : 0, bytes, length, addressOfText("fd00::2", server), 30490, now);
			for (let code = consumer.pollEvent(); code !== 0; code = consumer.pollEvent()) {
				told.push(code);
				if (code === MULTICAST_JOIN)
					joined = `${textOfAddress(consumer.event.address, client)} ${consumer.event.port}`;
			}
		}
		equal(told.filter(code => code === SUBSCRIBED).length, 2);
		equal(joined, "ff14::99 30511");
		equal(provider.subscribersOf(1), 1);
		equal(consumer.statistics.dropped + provider.statistics.dropped, 0);
	});

	it("a flood of addresses makes nobody forgotten whom we need", () => {
		const table = new AddressTable(), group = addressOfText("ff14::4:c0de", table), server = addressOfText("fd00::1", table);
		const consumer = new Consumer({
			localAddress: addressOfText("fd00::2", table), netmask: 64, sdPort: 30490, sdGroup: group, topologyCheck: true, random: new Prng(1), addresses: table, eventPort: 40000, ttl: 3,
		});
		consumer.request(0x1234, 1, 1);
		consumer.start(0);
		const out = new Uint8Array(1500), offer = (host: string, session: string, options = 1) => {
			const list = Array.from({ length: options }, (_, i) => endpoint(`fd00000000000000 ${host}${(i + 0x1000).toString(16)}0000`)).join("");
			const entries = Array.from({ length: options }, (_, i) => `01 ${(i + 0x100).toString(16).slice(1)} 00 10 1234 0001 01 000003 00000000`).join("");
			const size = (text: string) => (unhex(text).length + 0x100000000).toString(16).slice(1);
			const body = `c0 000000 ${size(entries)} ${entries} ${size(list)} ${list}`;
			return unhex(`ffff 8100 ${(unhex(body).length + 8 + 0x100000000).toString(16).slice(1)} 0000 ${session} 01010200 ${body}`);
		};
		const good = unhex("ffff 8100 0000003c 0000 0001 01010200 c0000000 00000010 01000010 1234 0001 01000003 00000000 00000018" + endpoint("fd00000000000000 0000000000000001"));
		consumer.receiveSd(1, good, good.length, server, 30490, 0);
		equal(consumer.statistics.services, 1);
		for (let i = 0; i < 200; i++) {
			const junk = offer((i + 0x10000000).toString(16), (i + 0x10001).toString(16).slice(1), 30), stranger = addressOfText(`fd00::bad:${i.toString(16)}`, table);
			consumer.receiveSd(1, junk, junk.length, stranger, 30490, 10 + i);
		}
		deepEqual([group, server].map(address => textOfAddress(address, table)), ["ff14::4:c0de", "fd00::1"]);
		equal(consumer.services.find(0x1234, 1, 1)!.peer!.address, server);
		let found = "";
		for (let length = consumer.pollTransmit(out, 500); length > 0; length = consumer.pollTransmit(out, 500))
			if (out[24] === 6)
				found = textOfAddress(consumer.destinationAddress, table);
		equal(found, "fd00::1");
	});

	it("a flood of endpoints makes nobody forget where it is and where to speak", () => {
		const table = new AddressTable(), group = addressOfText("ff14::4:c0de", table), client = addressOfText("fd00::2", table), bytes = new Uint8Array(1500);
		const provider = new Provider({ netmask: 64, sdPort: 30490, topologyCheck: true, random: new Prng(1), localAddress: addressOfText("fd00::1", table), sdGroup: group, addresses: table });
		provider.event(0x8001, [provider.eventgroup(provider.offer(0x1234, 1, 1, 0, 30509), 0x10)]);
		provider.start(0);
		provider.onTimeout(100);
		for (let i = 1; i <= 300; i++) {
			const subscribe = unhex("ffff8100 0000003c 00000000 01010200 c0000000 00000010 06000010 12340001 01000003 00000010 00000018 001506 00 fd000000000000000000000000000000 00 11 9c40");
			subscribe[11] = i;
			subscribe[10] = i >> 8;
			subscribe[subscribe.length - 5] = i;
			subscribe[subscribe.length - 6] = 1 + (i >> 8);
			provider.receiveSd(0, subscribe, subscribe.length, client, 30490, 200);
		}
		ok(provider.statistics.subscribers > 100);
		let offers = 0;
		for (let now = 300; now < 4000; now += 10) {
			provider.onTimeout(now);
			for (let length = provider.pollTransmit(bytes, now); length > 0; length = provider.pollTransmit(bytes, now))
				if (bytes[24] === 1) {
					offers++;
					equal(provider.destinationAddress, group);
					ok(hex(bytes, 0, length).endsWith("00150600fd0000000000000000000000000000010011772d"), hex(bytes, 0, length));
				}
		}
		ok(offers > 3);
		ok(table.write(group, bytes, 0));
	});

	it("a local address that the table does not know is refused", () => {
		throws(() => new Topology(0x1_0000_0007, 64, true, new AddressTable()));
		throws(() => new Topology(0x1_0000_0007, 64, true));
	});
});
