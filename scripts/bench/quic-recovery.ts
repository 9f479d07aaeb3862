/** How soon messages are acknowledged again after an outage: the uplink and the QUIC client as they are, on a clock and a link of a
 *  simulation, so that many seeds are quick; the server is the tests'. A message every 100 ms. */
import { QUIC_PTO_MAX } from "../../firmware/config.js";
import { quicTransport } from "../../firmware/uplink/quic-transport.js";
import { UPLINK_EVENT_NONE, Uplink } from "../../firmware/uplink/uplink.js";
import { UPLINK_UP } from "../../firmware/uplink/uplink-state.js";
import { MockBroker, type BrokerConnection } from "../../host-tests/mqtt/mock-broker.js";
import { bytesOf, stream, varints, type ParsedFrame } from "../../host-tests/quic/support/frames.js";
import { crypto } from "../../host-tests/quic/support/pooled-crypto.js";
import { APPLICATION, HANDSHAKE, INITIAL, TestPeer } from "../../host-tests/quic/support/test-peer.js";
import { FakeClock } from "../../host-tests/support/fake-clock.js";
import { FaultyLink } from "../../host-tests/support/faulty-link.js";
import { Prng } from "../../host-tests/support/prng.js";
import { random } from "../../hal/node/random.js";
import { CALENDAR, certificates } from "../../host-tests/tls/support/certificates.js";

/** ms; one way, and by how much more. */
const DELAY = 25, JITTER = 3, INTERVAL = 100, PIECE = 1000;
const ADDRESS = 0x0a000002, CREDIT = varints(1 << 29);
/** ms after which the server repeats what was not acknowledged. */
const REPEAT = 200;

export interface Recovery {
	/** ms from the end of the outage to the first acknowledgment of a message after it. */
	times: number[];
	newHandshakes: number;
	lost: number;
}

/** A server with a broker behind it, over the tests' peer: acknowledges at once and repeats what was lost. */
class Server {
	readonly #peer = new TestPeer(crypto, { parameters: { 0x04: CREDIT, 0x06: CREDIT } });
	readonly #broker: BrokerConnection;
	readonly #send: (datagram: Uint8Array) => void;
	#packets = 0;
	#input = new Map<number, ParsedFrame>();
	#inputAt = 0;
	#output: number[] = [];
	#isDone = false;
	/** What is on its way, by packet number; offsets of the stream. */
	#flying = new Map<number, { from: number, to: number, at: number }>();
	#sentTo = 0;
	#clock: FakeClock;

	constructor(clock: FakeClock, broker: MockBroker, send: (datagram: Uint8Array) => void) {
		this.#clock = clock;
		this.#broker = broker.open();
		this.#send = send;
	}

	receive(datagram: Uint8Array): void {
		const peer = this.#peer;
		peer.take(datagram);
		let space = -1, elicits = false;
		for (; this.#packets < peer.packets.length; this.#packets++) {
			const packet = peer.packets[this.#packets]!;
			space = Math.max(space, packet.space);
			for (const frame of packet.frames)
				elicits = this.#take(packet.space, frame) || elicits;
		}
		// So that an hour would not fill the memory.
		peer.packets.length = this.#packets = 0;
		if (space === INITIAL && !this.#isDone)
			this.#send(bytesOf(peer.initialPacket(), ...peer.handshakePackets()));
		else if (space >= HANDSHAKE && peer.receive[APPLICATION] !== undefined && !this.#isDone) {
			this.#isDone = true;
			this.#send(peer.donePacket());
		}
		this.#reply(elicits);
	}

	#take(space: number, frame: ParsedFrame): boolean {
		if (space !== APPLICATION)
			return false;
		if (frame.type === 2 || frame.type === 3) {
			for (const number of this.#flying.keys())
				if (frame.ranges.some(([low, high]) => number >= low && number <= high))
					this.#flying.delete(number);
			return false;
		}
		if (frame.type >= 8 && frame.type < 0x10) {
			this.#input.set(frame.values[1]!, frame);
			for (const [offset, { data }] of [...this.#input].sort(([a], [b]) => a - b)) {
				if (offset > this.#inputAt)
					break;
				const fresh = data.slice(this.#inputAt - offset);
				this.#inputAt += fresh.length;
				this.#broker.feed(fresh);
				this.#input.delete(offset);
			}
			this.#output.push(...this.#broker.output.splice(0));
		}
		return true;
	}

	#reply(elicits: boolean): void {
		const peer = this.#peer, now = this.#clock.now();
		if (!this.#isDone)
			return;
		const frames = elicits ? [peer.acknowledge()] : [];
		for (const [number, { from, to, at }] of [...this.#flying])
			if (now - at >= REPEAT) {
				this.#flying.delete(number);
				frames.push(this.#piece(from, to));
			}
		if (this.#sentTo < this.#output.length)
			frames.push(this.#piece(this.#sentTo, this.#sentTo = Math.min(this.#output.length, this.#sentTo + PIECE)));
		if (frames.length > 0)
			this.#send(peer.seal(APPLICATION, bytesOf(...frames)));
		for (const set of peer.numbers)
			if (set.size > 400)
				for (const number of [...set].sort((a, b) => a - b).slice(0, 200))
					set.delete(number);
	}

	#piece(from: number, to: number): Uint8Array {
		this.#flying.set(this.#peer.nextNumber[APPLICATION]!, { from, to, at: this.#clock.now() });
		return stream(0, from, Uint8Array.from(this.#output.slice(from, to)));
	}
}

/** One connection with one outage of `outage` ms. */
function once(seed: number, outage: number): { time: number, handshakes: number, lost: number } {
	const clock = new FakeClock(), prng = new Prng(seed), broker = new MockBroker();
	const up = new FaultyLink(clock, { seed, delay: DELAY, jitter: JITTER }), down = new FaultyLink(clock, { seed: seed + 1000, delay: DELAY, jitter: JITTER });
	const uplink = new Uplink({
		host: "broker.example", port: 14567, clientId: "zonal", keepAlive: 60, random: prng,
		transport: quicTransport({ crypto, random, calendar: CALENDAR, serverName: "broker.example", roots: certificates("root") }),
	});
	const topic = uplink.addTopic("t"), payload = new Uint8Array(64), into = new Uint8Array(1500);
	let server: Server | undefined, generation = 0, published = 0, due: (() => void) | undefined;
	const drive = (): void => {
		while (uplink.pollEvent() !== UPLINK_EVENT_NONE);
		if (uplink.wantedName !== undefined)
			uplink.resolved(ADDRESS, clock.now());
		while (uplink.pollEvent() !== UPLINK_EVENT_NONE);
		if (uplink.socketGeneration !== generation) {
			const mine = generation = uplink.socketGeneration;
			server = new Server(clock, broker, datagram => down.send(datagram, 0, datagram.length, bytes => {
				if (mine !== uplink.socketGeneration)
					return;
				uplink.receive(bytes, bytes.length, clock.now());
				drive();
			}));
		}
		const to = server;
		for (let length = uplink.pollTransmit(into, clock.now()); length > 0; length = uplink.pollTransmit(into, clock.now()))
			up.send(into, 0, length, bytes => to?.receive(bytes));
		due?.();
		const delay = uplink.pollTimeout(clock.now());
		if (delay < 1e9)
			due = clock.at(Math.max(delay, 1), () => {
				uplink.onTimeout(clock.now());
				drive();
			});
	};
	uplink.start(0);
	drive();
	if (!clock.advanceUntil(() => uplink.state === UPLINK_UP, 5000))
		throw new Error(`seed ${seed}: no session: ${uplink.lastError}`);
	const publish = (): void => {
		uplink.publish(topic, 1, false, payload, 0, payload.length, clock.now());
		published++;
		drive();
		clock.at(INTERVAL, publish);
	};
	publish();
	clock.advance(1000 + prng.below(1000));
	up.blackhole = down.blackhole = true;
	clock.advance(outage);
	up.blackhole = down.blackhole = false;
	// What was acknowledged before the outage and is under way is lost; so what comes now is new.
	const from = clock.now(), before = uplink.statistics.acknowledged;
	clock.advanceUntil(() => uplink.statistics.acknowledged > before, 60_000);
	const time = clock.now() - from;
	clock.advance(5000);
	const lost = published - uplink.statistics.acknowledged;
	return { time, handshakes: uplink.socketGeneration - 1, lost: lost > 2 ? lost : 0 };
}

export function measureRecovery(outage: number, seeds: number): Recovery {
	const result: Recovery = { times: [], newHandshakes: 0, lost: 0 };
	for (let seed = 1; seed <= seeds; seed++) {
		const { time, handshakes, lost } = once(seed, outage);
		result.times.push(time);
		result.newHandshakes += handshakes;
		result.lost += lost;
	}
	result.times.sort((a, b) => a - b);
	return result;
}

/** ms: the probe timeout that an outage ends in (RFC 9002 §6.2.1, doubled until then) and a round trip. */
export function recoveryGoal(outage: number): number {
	const rtt = 2 * DELAY + JITTER;
	let timeout = rtt + 4 * JITTER + 25, at = timeout;
	while (at < outage && timeout < QUIC_PTO_MAX) {
		timeout = Math.min(2 * timeout, QUIC_PTO_MAX);
		at += timeout;
	}
	return timeout + rtt;
}
