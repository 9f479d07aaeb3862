import { deepEqual, describe, ENGINE, equal, it, ok, throws } from "#test";
import { configurationValue, encodeConfiguration } from "../../firmware/someip/sd/configuration-strings.js";
import { SdReader } from "../../firmware/someip/sd/sd-reader.js";
import { SdWriter } from "../../firmware/someip/sd/sd-writer.js";
import { Topology } from "../../firmware/someip/sd/topology.js";
import { Prng } from "../support/prng.js";
import { Pair } from "./support/pair.js";

describe("load balancing and configuration options", () => {
	it("feat_req_someipsd_770: a call goes to the highest priority, by weight", () => {
		const pair = new Pair(), priorities = [[1, 3, 10], [2, 1, 30], [3, 1, 10], [4, 1, 0], [5, 2, 99]] as const;
		for (const [instance, priority, weight] of priorities)
			pair.provider.offer(0x1234, instance, 1, 0, 30500 + instance, 3, { priority, weight });
		pair.consumer.require(0x1234, 0xffff);
		pair.start();
		pair.advance(500);
		equal(pair.consumer.statistics.services, 5);
		const counts = [0, 0, 0, 0, 0, 0], random = new Prng(3), rounds = ENGINE === "xs" ? 400 : 4000;
		for (let i = 0; i < rounds; i++)
			counts[pair.consumer.services.callable(0x1234, 0xffff, 0xff, random.below(0x7fffffff))!.instanceId]!++;
		equal(counts[2]! + counts[3]!, rounds);
		ok(counts[2]! > 2.5 * counts[3]! && counts[2]! < 3.5 * counts[3]!, `${counts}`);
		pair.provider.stopOffer(1);
		pair.provider.stopOffer(2);
		pair.drain();
		pair.advance(1);
		equal(pair.consumer.services.callable(0x1234, 0xffff, 0xff, 7)!.instanceId, 4, "without a weight, where nobody has one");
		equal(pair.consumer.services.callable(0x1234, 5, 0xff)!.instanceId, 5, "one that is named");
	});

	it("feat_req_someipsd_149: strings are written, read and passed on", () => {
		const pair = new Pair();
		pair.provider.offer(0x1234, 1, 1, 0, 30509, 3, { configuration: ["hostname=zonal", "protocol=x", "flag", "empty="] });
		pair.consumer.require(0x1234, 1);
		let told: Uint8Array | undefined;
		pair.onTold = () => { told ??= pair.consumer.event.configuration; };
		pair.start();
		pair.advance(500);
		const strings = told!, value = (key: string) => configurationValue(strings, 0, strings.length, key);
		deepEqual(["hostname", "protocol", "flag", "empty", "host", "none", "hostnames"].map(value), ["zonal", "x", "", "", undefined, undefined, undefined]);
		const kept = pair.consumer.services.at(0).configuration;
		pair.advance(3000);
		ok(pair.consumer.services.at(0).configuration === kept, "kept, not copied anew");
	});

	it("feat_req_someipsd_1146: two configuration options are merged", () => {
		const writer = new SdWriter(), into = new Uint8Array(1500), reader = new SdReader(new Topology(0x0a000002, 0xffffff00, true));
		writer.begin(into);
		writer.endpoint(0x0a000001, 30509);
		writer.configuration(encodeConfiguration(["a=1"]));
		writer.configuration(encodeConfiguration(["a=2", "b=3"]));
		writer.service(1, 1, 1, 1, 3, 0);
		equal(reader.open(into, 16, writer.finish(1, true)), 0);
		reader.entry(0);
		equal(reader.endpoints(), 0);
		const strings = reader.configurationStrings(undefined)!;
		deepEqual([configurationValue(strings, 0, strings.length, "a"), configurationValue(strings, 0, strings.length, "b")], ["1", "3"]);
		equal(strings.length, 12);
	});

	it("feat_req_someipsd_341: many services with all options share them, in two runs each", () => {
		const writer = new SdWriter(), into = new Uint8Array(1500), reader = new SdReader(new Topology(0x0a000002, 0xffffff00, true)), random = new Prng(4);
		for (let round = 0; round < 50; round++) {
			writer.begin(into);
			const wanted: number[][] = [];
			while (writer.fits(1, 2, 40) && wanted.length < 20) {
				const udp = random.below(4), tcp = random.below(4), text = random.below(3), priority = random.below(3);
				if (udp > 0)
					writer.endpoint(0x0a000001, 30000 + udp, 0x11);
				if (tcp > 0)
					writer.endpoint(0x0a000001, 31000 + tcp, 0x06);
				if (text > 0)
					writer.configuration(encodeConfiguration([`k=${text}`]));
				if (priority > 0)
					writer.loadBalancing(priority, 7);
				writer.service(1, wanted.length + 1, 1, 1, 3, 0);
				wanted.push([udp === 0 ? 0 : 30000 + udp, tcp === 0 ? 0 : 31000 + tcp, text, priority]);
			}
			equal(reader.open(into, 16, writer.finish(1, true)), 0);
			equal(reader.entryCount, wanted.length);
			wanted.forEach(([udp, tcp, text, priority], index) => {
				reader.entry(index);
				equal(reader.endpoints(), 0);
				const strings = reader.configurationStrings(undefined);
				deepEqual([reader.udpPort, reader.tcpPort, strings === undefined ? 0 : Number(configurationValue(strings, 0, strings.length, "k")), reader.priority], [udp, tcp, text, priority]);
			});
		}
	});

	it("feat_req_someipsd_162: strings that cannot be sent are refused at set-up", () => {
		for (const text of ["", "=x", "a\u0007", "é=1", "x".repeat(256)])
			throws(() => encodeConfiguration([text]));
		equal(encodeConfiguration([]).length, 1);
	});
});
