import { createSocket } from "node:dgram";
import { describe, it, after, before, equal, ok } from "#test";
import { until } from "../support/patience.js";
import { startProxy } from "../support/udp-proxy.js";
import type { UdpProxy } from "../support/udp-proxy.js";

describe("udp proxy", () => {
	const server = createSocket("udp4"), client = createSocket("udp4");
	const peers = new Set<number>();
	let proxy: UdpProxy, answers = 0;

	before(async () => {
		server.on("message", (datagram, from) => {
			peers.add(from.port);
			server.send(datagram, from.port, from.address);
		});
		client.on("message", () => { answers++; });
		await new Promise<void>(resolve => { server.bind(0, "127.0.0.1", resolve); });
		await new Promise<void>(resolve => { client.bind(0, "127.0.0.1", resolve); });
		proxy = await startProxy({ port: server.address().port, seed: 3 });
	});
	after(async () => {
		await proxy.stop();
		server.close();
		client.close();
	});

	it("carries both ways, from a new port after a rebind", async () => {
		client.send("one", proxy.port, "127.0.0.1");
		await until("an answer", () => answers === 1);
		proxy.rebind();
		client.send("two", proxy.port, "127.0.0.1");
		await until("a second answer", () => answers === 2);
		equal(peers.size, 2);
	});
	it("loses at the rate that is asked for, and all in a black hole", async () => {
		answers = 0;
		proxy.up.set({ loss: 0.5 });
		for (let i = 0; i < 100; i++)
			client.send("x", proxy.port, "127.0.0.1");
		await until("100 answers or losses", () => answers + proxy.up.statistics.lost === 100);
		ok(answers > 30 && answers < 70, `${answers} of 100 answered`);
		const lost = proxy.up.statistics.lost;
		answers = 0;
		proxy.blackhole = true;
		client.send("x", proxy.port, "127.0.0.1");
		await until("one more loss", () => proxy.up.statistics.lost > lost);
		equal(answers, 0);
	});
});
