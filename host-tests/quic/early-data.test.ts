import { describe, it, deepEqual, ENGINE, equal, ok } from "#test";
import { TLS_TICKET_MAX } from "../../firmware/config.js";
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_SESSION, EVENT_STREAM_CREDIT, type ConnectionOptions } from "../../firmware/quic/connection.js";
import { recallParameters, rememberParameters } from "../../firmware/quic/early-data.js";
import { PROTOCOL_VIOLATION } from "../../firmware/quic/transport-error.js";
import { parseTransportParameters, TransportParameters } from "../../firmware/quic/transport-parameters.js";
import { VERSION_1, VERSION_2 } from "../../firmware/quic/versions.js";
import type { Session } from "../../firmware/tls/session.js";
import { Prng } from "../support/prng.js";
import { CALENDAR } from "../tls/support/certificates.js";
import { extension, message, vector16, vector8 } from "../tls/support/test-server.js";
import { ack, bytesOf, crypto, maxStreams, padding, stream, text, varints, type ParsedFrame } from "./support/frames.js";
import { Pair, type PairOptions } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

const isStream = (frame: ParsedFrame) => frame.type >= 8 && frame.type < 0x10;
const SECRET = new Uint8Array(32).fill(0x33);

/** What a good test peer's parameters leave behind; `changes` by id. */
function remembered(changes: Record<number, number> = {}, version = VERSION_1): Uint8Array {
	const parameters = new TransportParameters();
	for (const [id, value] of Object.entries({ 4: 65536, 5: 16384, 6: 16384, 8: 8, ...changes }))
		if (id === "32")
			parameters.maxDatagramFrameSize = value;
		else
			parameters.numbers[Number(id)] = value;
	return rememberParameters(version, parameters);
}

function session(parts: Partial<Session> = {}): Session {
	return {
		ticket: new Uint8Array(200).fill(0x74), secret: SECRET.slice(), suite: 0x1301, ageAdd: 1234, lifetime: 3600, received: CALENDAR.seconds() - 60, until: CALENDAR.seconds() + 3600,
		maxEarlyData: 0xffffffff, transport: remembered(), ...parts,
	};
}

interface EarlyOptions {
	session?: Partial<Session>;
	takesEarly?: boolean;
	parameters?: PairOptions["parameters"];
	client?: Partial<ConnectionOptions>;
	resumes?: boolean;
	version?: number;
}

/** A connection attempt that offers early data, with nothing sent yet. */
function offered(options: EarlyOptions = {}): Pair {
	const { takesEarly = true, resumes = true } = options;
	return new Pair({
		...options.parameters === undefined ? {} : { parameters: options.parameters }, ...options.version === undefined ? {} : { version: options.version },
		tls: { takesEarly, ...resumes ? { secret: SECRET } : {} },
		client: { session: session(options.session), earlyData: true, ...options.client },
	});
}

/** The same with "early" written on a stream before the first datagram. */
function written(options: EarlyOptions = {}): Pair {
	const pair = offered(options);
	pair.client.connect(pair.now);
	pair.poll();
	equal(pair.client.openStream(), 0);
	return pair.write(0, text("early")).pump();
}

const answer = (pair: Pair) => pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
const early = (pair: Pair) => pair.peer.packets.filter(packet => packet.isEarly);
const sentOn = (pair: Pair, id: number) => pair.peer.packets.flatMap(packet => packet.frames).filter(frame => isStream(frame) && frame.values[0] === id);
const later = (pair: Pair, id: number) => pair.peer.packets.filter(packet => !packet.isEarly).flatMap(packet => packet.frames).filter(frame => isStream(frame) && frame.values[0] === id);

describe("early data", () => {
	it("goes out beside the ClientHello in one full datagram, and is not sent again where it is taken", () => {
		const pair = written();
		deepEqual(pair.events, [EVENT_STREAM_CREDIT]);
		deepEqual(pair.sent.map(each => each.length), [1200]);
		answer(pair);
		equal(early(pair).length, 1);
		deepEqual(sentOn(pair, 0).map(frame => frame.data), [text("early")]);
		pair.give(pair.peer.donePacket());
		pair.advance(1000);
		equal(sentOn(pair, 0).length, 1);
		equal(pair.client.statistics.earlyAccepted && pair.client.statistics.resumed, true);
		// Numbers go on in the space that both share.
		const numbers = pair.peer.packets.filter(packet => packet.space === APPLICATION).map(packet => packet.number);
		deepEqual(numbers.slice(0, 2), [0, 1]);
	});

	it("takes no round trip from the time that an acknowledgment of it waited for its keys", () => {
		const pair = written(), initial = pair.peer.initialPacket(), flight = pair.peer.handshakePackets();
		pair.now += 30;
		pair.give(pair.peer.seal(APPLICATION, ack([[0, 0]])));
		equal(pair.client.statistics.rttMs, 0);
		pair.now += 800;
		// The Handshake packets first: they wait as well.
		pair.give(flight[0]!).give(initial);
		equal(pair.client.statistics.earlyAccepted, true, pair.client.closeReason);
		equal(pair.client.statistics.rttMs, 730, "7/8 of the 830 that the ClientHello took, and 1/8 of 30");
		pair.write(0, text("late")).pump();
		pair.now += 70;
		pair.frames(ack([[1, pair.peer.largest[APPLICATION]!]]));
		equal(pair.client.statistics.rttMs, 648, "what comes after its keys has not waited: 7/8 of 730 and 1/8 of 70");
	});

	it("has no round trip below 0 where it was acknowledged before it was sent", () => {
		const pair = written(), initial = pair.peer.initialPacket(), flight = pair.peer.handshakePackets();
		pair.give(pair.peer.seal(APPLICATION, ack([[0, 1]])));
		pair.now += 400;
		pair.write(0, text(" and more")).pump();
		pair.now += 200;
		pair.give(initial, ...flight);
		equal(pair.client.statistics.rttMs, 550, "7/8 of the 600 that the ClientHello took, and 1/8 of 200");
	});

	it("waits for no acknowledgment of the ClientHello, however long the ticket", () => {
		const pair = written({ session: { ticket: new Uint8Array(TLS_TICKET_MAX).fill(0x74) } });
		answer(pair);
		equal(pair.client.statistics.earlyAccepted, true, pair.client.closeReason);
		equal(early(pair).length, 1);
	});

	it("can be written until the server answers, each packet by its own keys; not after", () => {
		const pair = written();
		pair.write(0, text(" and more")).pump();
		equal(pair.sent.length, 2);
		ok(pair.sent[1]!.length < 100, "a packet of its own needs no padding");
		answer(pair);
		equal(early(pair).length, 2);
		pair.write(0, text("!")).pump();
		equal(early(pair).length, 2);
		equal(sentOn(pair, 0).length, 3);
	});

	it("carries streams, their ends and datagrams, and nothing that is forbidden there", () => {
		const pair = offered({ session: { transport: remembered({ 32: 1000 }) }, parameters: { 0x20: varints(1000) }, client: { datagrams: 2048 } });
		pair.client.connect(pair.now);
		equal(pair.client.openStream(), 0);
		pair.write(0, text("early")).client.finish(0);
		equal(pair.client.sendDatagram(text("by the way"), 0, 10), true);
		pair.pump();
		answer(pair);
		deepEqual(early(pair).flatMap(packet => packet.frames).map(frame => frame.type).sort((a, b) => a - b), [0x0b, 0x31]);
		ok(pair.peer.packets.filter(packet => packet.isEarly).every(packet => packet.frames.every(frame => ![2, 6, 7, 0x1b, 0x19, 0x1e].includes(frame.type))));
	});

	it("keeps to the remembered credit, and to the new one once it is known", () => {
		const pair = offered({ session: { transport: remembered({ 4: 10, 6: 8, 8: 1 }) } });
		pair.client.connect(pair.now);
		equal(pair.client.openStream(), 0);
		equal(pair.client.openStream(), -1);
		pair.write(0, padding(20)).pump();
		answer(pair);
		equal(early(pair).flatMap(packet => packet.frames.filter(isStream)).reduce((sum, frame) => sum + frame.data.length, 0), 8);
		equal(sentOn(pair, 0).reduce((sum, frame) => sum + frame.data.length, 0), 20);
		equal(pair.client.openStream(), 4);
	});

	it("is not sent where the credit is 0, and the handshake goes its way", () => {
		for (const changes of [{ 8: 0 }, {}] as Record<number, number>[]) {
			const pair = offered({ takesEarly: changes[8] === 0, session: { transport: remembered(changes), ...changes[8] === 0 ? {} : { maxEarlyData: 0 } } });
			pair.client.connect(pair.now);
			equal(pair.client.openStream(), -1);
			pair.pump();
			answer(pair);
			equal(pair.client.statistics.established && pair.client.statistics.resumed, true, pair.client.closeReason);
			equal(early(pair).length, 0);
			ok(pair.events.includes(EVENT_CONNECTED) && pair.events.includes(EVENT_STREAM_CREDIT));
			equal(pair.client.openStream(), 0);
		}
	});

	it("is not offered without the option, with a session of another version, or one that cannot be read", () => {
		const none: EarlyOptions[] = [
			{ client: { earlyData: false } }, { session: { transport: remembered({}, VERSION_2) } }, { session: { transport: bytesOf() } },
			{ session: { transport: remembered().slice(1) } }, { session: { received: CALENDAR.seconds() - 3601 } },
		];
		for (const [i, options] of none.entries()) {
			const pair = offered({ ...options, takesEarly: false });
			pair.client.connect(pair.now);
			equal(pair.client.openStream(), -1, `case ${i}`);
			pair.pump();
			equal(pair.sent.length, 1);
			answer(pair);
			equal(pair.client.statistics.established, true, pair.client.closeReason);
			equal(pair.client.statistics.resumed, i === 0, `case ${i}`);
		}
	});
});

describe("early data that the server throws away", () => {
	for (const resumes of [true, false])
		it(`is sent again after the handshake, once and in order, ${resumes ? "in the resumed session" : "without a session"}`, () => {
			const pair = written({ takesEarly: false, resumes });
			pair.write(0, text(" bird")).pump();
			answer(pair);
			pair.give(pair.peer.donePacket());
			pair.advance(1000);
			equal(pair.client.statistics.earlyAccepted, false);
			deepEqual(later(pair, 0).filter(frame => frame.data.length > 0).map(frame => [frame.values[1], frame.data]), [[0, text("early bird")]]);
			equal(pair.client.statistics.packetsLost, 0);
			pair.frames(stream(0, 0, text("answer")));
			deepEqual(pair.read(0), text("answer"));
		});

	it("waits for credit where there is less now, down to none", () => {
		const pair = offered({ takesEarly: false, parameters: { 8: undefined, 6: varints(3) } });
		pair.client.connect(pair.now);
		equal(pair.client.openStream(), 0);
		equal(pair.client.openStream(), 4);
		pair.write(0, text("first")).write(4, text("second")).client.finish(4);
		pair.pump();
		answer(pair);
		pair.give(pair.peer.donePacket());
		pair.advance(500);
		equal(pair.client.closed, false, pair.client.closeReason);
		equal(later(pair, 0).length + later(pair, 4).length, 0);
		pair.frames(maxStreams(1));
		deepEqual(later(pair, 0).map(frame => frame.data), [text("fir")]);
		equal(later(pair, 4).length, 0);
		pair.frames(maxStreams(2));
		deepEqual(later(pair, 4).map(frame => [frame.data, frame.fin]), [[text("sec"), false]]);
	});

	it("is thrown away by a HelloRetryRequest: nothing early goes out after it", () => {
		const pair = written({ takesEarly: false });
		pair.deliver(pair.peer.helloRetryPacket(extension(44, vector16(text("cookie")))));
		pair.write(0, text(" bird")).pump();
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		equal(pair.client.statistics.established, true, pair.client.closeReason);
		equal(pair.peer.packets.filter(packet => packet.isEarly && packet.number > 0).length, 0);
		deepEqual(sentOn(pair, 0).filter(frame => frame.data.length === 10).map(frame => frame.data), [text("early bird")]);
		ok(!pair.peer.tls.hello.extensions.has(42));
	});

	it("is sent again, as early data, after a Retry", () => {
		const pair = written();
		pair.deliver(pair.peer.retry(text("token")));
		pair.peer.afterRetry();
		pair.pump();
		answer(pair);
		equal(pair.client.statistics.earlyAccepted, true, pair.client.closeReason);
		const packets = early(pair);
		deepEqual([packets.length, packets.at(-1)!.number], [2, 1]);
		deepEqual(packets.at(-1)!.frames.map(frame => frame.data), [text("early")]);
		deepEqual(pair.sent.slice(0, 2).map(each => each.length), [1200, 1200]);
	});

	it("is sent again after Version Negotiation, when the handshake is over", () => {
		const pair = offered({ takesEarly: false, client: { versions: [VERSION_1, VERSION_2] } });
		pair.client.connect(pair.now);
		equal(pair.client.openStream(), 0);
		pair.write(0, text("early")).pump();
		const first = pair.peer.originalId;
		pair.peer.restart();
		pair.peer.version = VERSION_2;
		pair.give(pair.peer.versionNegotiation([VERSION_2], first));
		equal(pair.client.closed, false, pair.client.closeReason);
		ok(!pair.client.statistics.resumed);
		equal(early(pair).length, 0);
	});

	it("is probed for where nobody answers", () => {
		const pair = written();
		pair.peer.packets.length = 0;
		pair.advance(1100);
		ok(pair.sent.length >= 3, `${pair.sent.length}`);
		answer(pair);
		ok(early(pair).length >= 2);
		equal(pair.client.statistics.earlyAccepted, true);
	});
});

describe("early data over a bad link", () => {
	it("arrives whole and in order, taken or thrown away (by seed)", () => {
		for (let seed = 1; seed <= (ENGINE as string === "xs" ? 4 : 40); seed++) {
			const prng = new Prng(seed), takesEarly = prng.chance(0.5), text = (from: number, to: number) => Uint8Array.from({ length: to - from }, (_, i) => from + i & 255);
			const pair = offered({ takesEarly, resumes: prng.chance(0.8) || takesEarly, parameters: prng.chance(0.5) || takesEarly ? {} : { 6: varints(300), 8: varints(0) } });
			let written = 0;
			const write = () => {
				const count = prng.below(300);
				pair.write(0, text(written, written + count));
				written += count;
			};
			pair.client.connect(pair.now);
			equal(pair.client.openStream(), 0);
			pair.losing = false;
			write();
			pair.pump();
			for (let round = 0; round < 30; round++) {
				pair.losing = prng.chance(0.4);
				if (prng.chance(0.5))
					write();
				pair.pump().advance(prng.below(400));
				if (prng.chance(0.5) && !pair.client.statistics.established)
					pair.give(...prng.chance(0.5) ? [pair.peer.initialPacket()] : [pair.peer.initialPacket(), ...pair.peer.handshakePackets(400).filter(() => prng.chance(0.7))]);
				else if (pair.client.statistics.established && prng.chance(0.5))
					pair.give(pair.peer.donePacket());
				equal(pair.client.closed, false, `seed ${seed}: ${pair.client.closeReason}`);
			}
			pair.losing = false;
			for (let i = 0; i < 12 && !pair.client.statistics.established; i++)
				pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets()).advance(500);
			pair.give(pair.peer.donePacket());
			for (let i = 0; i < 40; i++)
				pair.frames(maxStreams(1), bytesOf(0x11, 0, varints(1 << 20)), pair.peer.numbers[APPLICATION]!.size > 0 ? pair.peer.acknowledge() : bytesOf(1)).advance(300);
			equal(pair.client.closed, false, `seed ${seed}: ${pair.client.closeReason}`);
			equal(pair.client.statistics.earlyAccepted, takesEarly, `seed ${seed}`);
			const came = new Uint8Array(written).fill(1).map((_, i) => i + 1 & 255);
			let bytes = 0;
			for (const packet of pair.peer.packets)
				for (const frame of packet.frames)
					if (isStream(frame))
						for (let i = 0; i < frame.data.length; i++) {
							const at = frame.values[1]! + i;
							equal(frame.data[i], at & 255, `seed ${seed}: byte ${at}`);
							if (came[at] !== (at & 255))
								bytes++;
							came[at] = at & 255;
						}
			equal(bytes, written, `seed ${seed}: bytes that came`);
		}
	});
});

describe("a server that takes early data", () => {
	it("must not lower a limit", () => {
		for (const [id, value] of [[4, 65535], [5, 16383], [6, 16383], [8, 7], [0x20, 999]] as const) {
			const pair = written({ session: { transport: remembered({ 32: 1000 }) }, parameters: { 0x20: varints(1000), [id]: varints(value) } });
			answer(pair).closedWith(PROTOCOL_VIOLATION, "remembered");
			ok(pair.events.includes(EVENT_CLOSED));
		}
		for (const [id, value] of [[7, 5], [9, 1], [0x0e, 3]] as const)
			answer(written({ session: { transport: remembered({ [id]: value + 1 }) }, parameters: { [id]: varints(value) } })).closedWith(PROTOCOL_VIOLATION, "remembered");
		const pair = written({ session: { transport: remembered({ 32: 1000 }) }, takesEarly: false, parameters: { 4: varints(10) } });
		answer(pair);
		equal(pair.client.closed, false, pair.client.closeReason);
	});
});

describe("sessions", () => {
	const u32 = (value: number) => bytesOf(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
	const ticket = (maxEarlyData: number, length = 100) => message(4, bytesOf(u32(3600), u32(7), vector8(text("n")), vector16(new Uint8Array(length).fill(0x74)), vector16(extension(42, u32(maxEarlyData)))));

	it("are handed out with what QUIC remembers, and resume with early data", () => {
		const pair = new Pair({ client: { tickets: true } }).establish();
		pair.peer.tls.expectedClientFlight();
		pair.frames(crypto(0, ticket(0xffffffff)));
		equal(pair.events.at(-1), EVENT_SESSION);
		const made = pair.client.takeSession()!;
		equal(pair.client.takeSession(), undefined);
		const parameters = recallParameters(made.transport, VERSION_1)!;
		deepEqual([4, 5, 6, 7, 8, 9, 14].map(id => parameters.numbers[id]), [65536, 16384, 16384, 0, 8, 0, 2]);
		const next = new Pair({ client: { session: made, earlyData: true }, tls: { secret: made.secret.slice(), takesEarly: true } });
		next.client.connect(0);
		equal(next.client.openStream(), 0);
		next.write(0, text("again")).pump();
		answer(next);
		equal(next.client.statistics.earlyAccepted, true, next.client.closeReason);
	});

	it("come two in one packet, larger than the ordinary buffer", () => {
		const pair = new Pair({ client: { tickets: true } }).establish();
		pair.frames(crypto(0, bytesOf(ticket(0xffffffff, 600), ticket(0xffffffff, 600), ticket(0xffffffff, 600))));
		equal(pair.client.closed, false, pair.client.closeReason);
		ok(pair.client.takeSession() !== undefined && pair.client.takeSession() !== undefined);
		equal(pair.client.takeSession(), undefined);
	});

	it("with a limit on early data break RFC 9001 §4.6.1", () => {
		new Pair({ client: { tickets: true } }).establish().frames(crypto(0, ticket(16384))).closedWith(PROTOCOL_VIOLATION, "max_early_data_size");
	});

	it("remember nothing that must not be", () => {
		const parameters = parseTransportParameters(bytesOf(0x0a, 1, 9, 0x0b, 1, 9, 0x01, 1, 9));
		const recalled = recallParameters(rememberParameters(VERSION_1, parameters), VERSION_1)!;
		deepEqual([recalled.numbers[0x0a], recalled.numbers[0x0b], recalled.numbers[1]], [3, 25, 0]);
	});
});
