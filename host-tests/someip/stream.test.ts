import { deepEqual, describe, ENGINE, equal, it, ok, unhex } from "#test";
import { TCP_CLIENTS_MAX, TCP_IDLE_TIME, TCP_STALL_TIME } from "../../firmware/config.js";
import { SERVICE_AVAILABLE, SERVICE_LOST, SUBSCRIBED, SUBSCRIPTION_REFUSED } from "../../firmware/someip/consumer-event.js";
import { DROP_STREAM_LENGTH, DROP_STREAM_SLOW } from "../../firmware/someip/drop.js";
import { E_NOT_REACHABLE, E_OK } from "../../firmware/someip/return-code.js";
import { TRANSPORT_TCP } from "../../firmware/someip/wanted.js";
import { Prng } from "../support/prng.js";
import { CLIENT, SERVER, SERVICE_PORT } from "./support/pair.js";
import { StreamPair, TCP_PORT } from "./support/stream-pair.js";

const pattern = (length: number, seed = 1) => {
	const bytes = new Uint8Array(length);
	new Prng(seed).fill(bytes);
	return bytes;
};
const up = (pair: StreamPair) => {
	pair.advance(300);
	ok(pair.told.includes(SUBSCRIBED), "subscribed");
	return pair;
};

describe("someip by TCP", () => {
	it("feat_req_someipsd_767: the connection is open before the Subscribe; events and fields come by it", () => {
		const pair = new StreamPair();
		pair.host!.notify(pair.host!.field, pattern(3));
		up(pair);
		deepEqual(pair.told, [SERVICE_AVAILABLE, SUBSCRIBED]);
		equal(pair.host!.provider.subscribersOf(0), 1);
		pair.host!.notify(pair.host!.event, pattern(5000, 2));
		pair.advance(2);
		deepEqual(pair.events, [{ id: 0x8002, payload: pattern(3) }, { id: 0x8001, payload: pattern(5000, 2) }]);
		equal(pair.network.openStreams, 2, "one connection");
		pair.advance(5000);
		equal(pair.network.openStreams, 2);
		equal(pair.told.length, 2);
	});

	it("feat_req_someip_646: a service that is only called is connected to with the first call", () => {
		const pair = new StreamPair({}, consumer => { consumer.require(0x1234, 1); });
		pair.advance(300);
		equal(pair.network.openStreams, 0);
		ok(pair.call(pattern(2000)) > 0);
		ok(pair.call(new Uint8Array(0)) > 0);
		pair.advance(5);
		deepEqual(pair.ended.map(({ code, payload }) => [code, payload.length]), [[E_OK, 2000], [E_OK, 0]]);
		deepEqual(pair.ended[0]!.payload, pattern(2000));
		equal(pair.network.openStreams, 2);
	});

	it("streams in pieces of 1 and 7 bytes are the same", () => {
		for (const split of ENGINE === "xs" ? [700] : [1, 7]) {
			const pair = new StreamPair();
			pair.network.split = split;
			up(pair);
			for (let i = 0; i < 5; i++)
				pair.host!.notify(pair.host!.event, pattern(100 + i, i));
			equal(pair.call(pattern(700)) > 0, true);
			pair.advance(split === 1 ? 1500 : 300);
			deepEqual(pair.events.map(({ payload }) => payload), [0, 1, 2, 3, 4].map(i => pattern(100 + i, i)));
			equal(pair.ended[0]!.code, E_OK);
		}
	});

	it("feat_req_someip_594: cookies go out where they are wanted, at once and every 10 s", () => {
		for (const cookies of [false, true]) {
			const pair = up(new StreamPair({ cookies }));
			let bytes = 0;
			const seen = () => {
				const count = bytes;
				bytes = 0;
				return count;
			};
			for (const connection of [pair.connections.at(0), pair.host!.clients.at(0)]) {
				const { output } = connection, sent = output.sent.bind(output);
				output.sent = count => {
					bytes += count;
					sent(count);
				};
			}
			const counts: number[] = [];
			for (let i = 0; i < 12; i++) {
				pair.call(new Uint8Array(4));
				pair.advance(1000);
				counts.push(seen());
			}
			equal(pair.ended.filter(({ code }) => code === E_OK).length, 12);
			equal(counts[0], cookies ? 72 : 40);
			equal(counts.filter(count => count === 72).length, cookies ? 2 : 0, `${counts}`);
		}
	});

	it("feat_req_someip_326: calls end at once when the connection is lost", () => {
		const pair = up(new StreamPair());
		pair.host!.onRequest = () => { };
		pair.call(pattern(8));
		pair.advance(10);
		equal(pair.ended.length, 0);
		pair.network.cut();
		pair.advance(1);
		deepEqual(pair.ended.map(({ code }) => code), [E_NOT_REACHABLE]);
	});

	it("feat_req_someip_647: a lost connection is opened again, and subscribed to anew", () => {
		const pair = up(new StreamPair());
		pair.network.cut();
		pair.advance(3);
		equal(pair.host!.provider.subscribersOf(0), 0, "feat_req_someipsd_435");
		pair.advance(150);
		equal(pair.host!.provider.subscribersOf(0), 1);
		pair.host!.notify(pair.host!.event, pattern(9));
		pair.advance(2);
		equal(pair.events.length, 1);
		equal(pair.told.filter(code => code === SERVICE_LOST).length, 0);
	});

	it("a server that refuses is asked again with growing pauses, while the service is offered", () => {
		const pair = new StreamPair();
		pair.network.refuse = true;
		const factory = pair.connections;
		let lives = 0;
		pair.advance(20_000);
		lives = factory.at(0).life;
		ok(lives >= 6 && lives <= 12, `${lives} attempts in 20 s`);
		equal(pair.told.includes(SUBSCRIBED), false);
		pair.network.refuse = false;
		pair.advance(5100);
		ok(pair.told.includes(SUBSCRIBED));
	});

	it("feat_req_someip_679: the client closes when the service is withdrawn", () => {
		const pair = up(new StreamPair());
		pair.host!.provider.stopOffer(0);
		pair.advance(3);
		equal(pair.told.at(-1), SERVICE_LOST);
		equal(pair.network.openStreams, 0);
		pair.host!.provider.startOffer(0, pair.now);
		pair.advance(300);
		equal(pair.host!.provider.subscribersOf(0), 1);
	});

	it("feat_req_someipsd_872: after a reboot of the server it is reconnected within one SD message", () => {
		const pair = up(new StreamPair());
		pair.kill();
		pair.advance(500);
		pair.restart();
		pair.host!.notify(pair.host!.field, pattern(4));
		pair.events = [];
		const before = pair.subscribes;
		while (pair.subscribes === before)
			pair.advance(1);
		pair.advance(5);
		equal(pair.host!.provider.subscribersOf(0), 1);
		equal(pair.events.length, 1);
	});

	it("feat_req_someipsd_1137: a Subscribe without an open connection is refused", () => {
		const pair = new StreamPair({ port: SERVICE_PORT }, () => { });
		pair.advance(300);
		const subscribe = (endpoint: string) => {
			const count = endpoint.split(" ").join("").length / 24;
			const options = endpoint.split(" ").join("");
			const bytes = unhex(`ffff 8100 ${(36 + options.length / 2).toString(16).padStart(8, "0")} 0000 0001 01 01 02 00 40000000 00000010 06 00 00 ${count}0 1234 0001 01 000003 0000 0010 ${(options.length / 2).toString(16).padStart(8, "0")} ${options}`);
			pair.host!.provider.receiveSd(0, bytes, bytes.length, CLIENT, 30490, pair.now);
			return pair.host!.provider.subscribersOf(0);
		};
		equal(subscribe("0009 04 00 0a000002 00 11 9c40"), 0, "by UDP alone");
		equal(subscribe("0009 04 00 0a000002 00 06 9c41"), 0, "not open");
	});

	it("an eventgroup that is refused by UDP is asked for by TCP as well", () => {
		const pair = new StreamPair({ port: SERVICE_PORT });
		while (!pair.told.includes(SERVICE_AVAILABLE))
			pair.advance(1);
		pair.advance(5);
		ok(pair.told.includes(SUBSCRIBED), "at once");
		pair.host!.notify(pair.host!.event, pattern(9));
		pair.advance(2);
		equal(pair.events.length, 1);
	});

	it("an eventgroup that is refused by UDP and by TCP is not asked for faster than it is offered", () => {
		const pair = new StreamPair({ port: SERVICE_PORT }, consumer => { consumer.request(0x1234, 1, 0x99); });
		pair.advance(10_000);
		ok(pair.told.includes(SUBSCRIPTION_REFUSED));
		ok(pair.subscribes <= 30, `${pair.subscribes} messages in 10 s`);
		ok(pair.connections.at(0).life < 20, `${pair.connections.at(0).life} lives`);
	});

	it("a server that has not taken the connection yet is asked again soon, and once", () => {
		const pair = new StreamPair(), find = pair.host!.clients.find.bind(pair.host!.clients);
		pair.host!.clients.find = () => undefined;
		while (!pair.told.includes(SUBSCRIPTION_REFUSED))
			pair.advance(1);
		pair.host!.clients.find = find;
		pair.advance(150);
		ok(pair.told.includes(SUBSCRIBED));
		equal(pair.host!.provider.subscribersOf(0), 1);
	});

	it("TCP is taken first where it is asked for", () => {
		const pair = new StreamPair({ port: SERVICE_PORT }, consumer => {
			consumer.request(0x1234, 1, 0x10, 0xff, TRANSPORT_TCP);
			consumer.require(0x1234, 1, 0xff, TRANSPORT_TCP);
		});
		up(pair);
		equal(pair.told.includes(SUBSCRIPTION_REFUSED), false);
		pair.call(pattern(3));
		pair.advance(2);
		equal(pair.ended[0]!.code, E_OK);
	});

	it("a slow reader loses events, which is counted, and its connection when it takes nothing", () => {
		const pair = up(new StreamPair());
		pair.network.capacity = 2000;
		const connection = pair.host!.clients.at(0);
		pair.sockets.receive = () => false;
		for (let i = 0; i < 30; i++) {
			pair.host!.notify(pair.host!.event, pattern(2000, i));
			pair.advance(1);
		}
		ok(pair.host!.clients.statistics.droppedBy(DROP_STREAM_SLOW) > 10);
		ok(connection.output.bytes.length <= 16_896);
		pair.advance(TCP_STALL_TIME + 10);
		equal(pair.host!.provider.subscribersOf(0), 0);
	});

	it("too many clients are refused; one that is silent for long gives way", () => {
		const pair = up(new StreamPair()), network = pair.network;
		for (let i = 0; i < TCP_CLIENTS_MAX + 3; i++) {
			network.host(CLIENT).streamSocket({ address: SERVER, port: TCP_PORT, onChanged: () => { } });
			pair.advance(2);
		}
		equal(pair.host!.clients.length, TCP_CLIENTS_MAX);
		equal(pair.host!.streams.refused, 4);
		equal(pair.host!.provider.subscribersOf(0), 1);
		pair.advance(TCP_IDLE_TIME);
		const late = network.host(CLIENT).streamSocket({ address: SERVER, port: TCP_PORT, onChanged: () => { } });
		pair.advance(5);
		equal(late.state, 1);
		equal(pair.host!.provider.subscribersOf(0), 1, "who is subscribed stays");
	});

	it("a stream with a length that cannot be is reset, and counted; the others go on", () => {
		const pair = up(new StreamPair()), socket = pair.network.host(CLIENT).streamSocket({ address: SERVER, port: TCP_PORT, onChanged: () => { } });
		pair.advance(2);
		socket.send(unhex("12340001 fffffff8 00010001 01010000"), 0, 16);
		pair.advance(3);
		ok(socket.receive(new Uint8Array(1), 0, 1) < 0);
		equal(pair.host!.clients.statistics.droppedBy(DROP_STREAM_LENGTH), 1);
		pair.call(pattern(3));
		pair.advance(2);
		equal(pair.ended[0]!.code, E_OK);
	});

	it("hostile streams: mutated requests, lies, half messages; the next valid request is answered, and nothing grows", () => {
		const pair = up(new StreamPair()), random = new Prng(21), rounds = ENGINE === "xs" ? 60 : 3000;
		const good = [unhex("12340001 0000000c 4a020001 01010000 01020304"), unhex("ffff0000 00000008 deadbeef 01010100"), unhex("12340001 00000008 4a020002 01010000"), unhex("12348001 00000008 4a020002 01010200")];
		let socket = pair.network.host(CLIENT).streamSocket({ address: SERVER, port: TCP_PORT, onChanged: () => { } });
		const answer = new Uint8Array(2000);
		for (let round = 0; round < rounds; round++) {
			if (socket.state !== 1) {
				socket.close();
				socket = pair.network.host(CLIENT).streamSocket({ address: SERVER, port: TCP_PORT, onChanged: () => { } });
				pair.advance(1);
			}
			const bytes = good[random.below(good.length)]!.slice();
			for (let flips = random.below(3); flips > 0; flips--)
				bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
			socket.send(bytes, 0, random.chance(0.1) ? random.below(bytes.length) : bytes.length);
			if (random.chance(0.1))
				pair.advance(1);
			while (socket.receive(answer, 0, answer.length) > 0);
		}
		pair.advance(5);
		equal(pair.host!.provider.subscribersOf(0), 1);
		equal(pair.call(pattern(30)) > 0, true);
		pair.advance(3);
		equal(pair.ended.at(-1)!.code, E_OK);
		ok(pair.host!.clients.length <= TCP_CLIENTS_MAX);
	});

	it("random lengths, cuts and restarts: what comes is what was sent, and it always recovers", () => {
		const rounds = ENGINE === "xs" ? 3 : 40, random = new Prng(9), pair = up(new StreamPair({ cookies: true }));
		for (let round = 0; round < rounds; round++) {
			pair.network.split = random.below(40);
			if (random.chance(0.3))
				pair.network.cut();
			if (random.chance(0.2)) {
				pair.kill();
				pair.advance(random.below(3000));
				pair.restart();
			}
			pair.network.split = 1 + random.below(900);
			pair.advance(1500);
			equal(pair.host!.provider.subscribersOf(0), 1, `round ${round}`);
			pair.events = [];
			pair.ended = [];
			const payload = pattern(random.below(7000), round);
			pair.host!.notify(pair.host!.event, payload);
			pair.call(payload.subarray(0, 3000));
			pair.advance(200);
			deepEqual(pair.events.map(event => event.payload.length), [payload.length], `round ${round}`);
			deepEqual(pair.events[0]!.payload, payload);
			equal(pair.ended[0]!.code, E_OK, `round ${round}`);
		}
	});
});
