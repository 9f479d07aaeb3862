import { describe, it, deepEqual, equal, ok } from "#test";
import { EVENT_PATH_FAILED, EVENT_PATH_VALIDATED } from "../../firmware/quic/connection.js";
import { PROTOCOL_VIOLATION } from "../../firmware/quic/transport-error.js";
import { bytesOf, newConnectionId, padding, pathChallenge, pathResponse, ping, stream, text, type ParsedFrame } from "./support/frames.js";
import { Pair, type PairOptions } from "./support/pair.js";
import { APPLICATION, PEER_ID, type ParsedPacket } from "./support/test-peer.js";

const SPARE = text("spare id"), THIRD = text("third id"), TOKEN = new Uint8Array(16).fill(9);
const isStream = (frame: ParsedFrame) => frame.type >= 8 && frame.type < 0x10;
const spare = (sequence = 1, id = SPARE) => newConnectionId(sequence, 0, id, TOKEN);

/** Established, with a stream and a spare connection id. */
function ready(options: PairOptions = {}): Pair {
	const pair = new Pair(options).establish();
	equal(pair.client.openStream(), 0);
	return pair.frames(spare());
}

const last = (pair: Pair): ParsedPacket => pair.peer.packets.at(-1)!;
/** Content of the client's challenges, the newest last. */
const challenges = (pair: Pair) => pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x1a).map(frame => frame.data);
const answered = (pair: Pair) => pair.frames(pathResponse(challenges(pair).at(-1)!));

describe("migration", () => {
	it("takes an unused connection id, challenges the path in a full datagram, and retires the old id once that is answered", () => {
		const pair = ready();
		equal(pair.client.migrate(pair.now), true);
		pair.write(0, text("on")).pump();
		deepEqual(last(pair).destination, SPARE);
		equal(pair.sent.at(-1)!.length, 1200);
		deepEqual(last(pair).frames.map(frame => isStream(frame) ? 8 : frame.type).filter(type => type !== 2).sort((a, b) => a - b), [8, 0x1a]);
		answered(pair);
		equal(pair.events.at(-1), EVENT_PATH_VALIDATED);
		pair.pump();
		deepEqual(pair.peer.frames(APPLICATION).filter(frame => frame.type === 0x19).map(frame => frame.values), [[0]]);
		pair.advance(5000);
		equal(challenges(pair).length, 1);
	});

	it("repeats the challenge with other bytes, answers to any of them count, and gives up in the end", () => {
		const pair = ready();
		equal(pair.client.migrate(pair.now), true);
		pair.losing = true;
		pair.pump();
		pair.losing = false;
		pair.advance(1000);
		ok(challenges(pair).length >= 1);
		const [first] = challenges(pair);
		pair.advance(500);
		equal(new Set(challenges(pair).map(String)).size, challenges(pair).length);
		pair.frames(pathResponse(first!));
		equal(pair.events.at(-1), EVENT_PATH_VALIDATED);
		const dead = ready();
		equal(dead.client.migrate(dead.now), true);
		dead.losing = true;
		dead.advance(4000);
		ok(dead.events.includes(EVENT_PATH_FAILED));
		equal(dead.client.closed, false);
	});

	it("is refused before the handshake is confirmed, without a spare id, and where the server forbids it", () => {
		const early = new Pair().shake();
		equal(early.client.migrate(0), false);
		const none = new Pair().establish();
		equal(none.client.migrate(0), false);
		const forbidden = ready({ parameters: { 0x0c: bytesOf() } });
		equal(forbidden.client.migrate(0), false);
		const closed = ready();
		closed.client.close(0, "", 0);
		equal(closed.client.migrate(0), false);
	});

	it("needs no spare id where the server's ids have no bytes", () => {
		const pair = new Pair({ id: bytesOf() }).establish();
		equal(pair.client.migrate(pair.now), true);
		pair.pump();
		equal(challenges(pair).length, 1);
		answered(pair);
		equal(pair.events.at(-1), EVENT_PATH_VALIDATED);
	});

	it("works again and again as the server gives ids", () => {
		const pair = ready();
		for (let i = 0; i < 20; i++) {
			equal(pair.client.migrate(pair.now), true, `round ${i}`);
			pair.pump();
			answered(pair);
			equal(pair.client.migrate(pair.now), false);
			pair.frames(pair.peer.acknowledge(), spare(2 + i, bytesOf(text("spare i"), i)));
			equal(pair.client.closed, false, pair.client.closeReason);
		}
	});

	it("begins anew with round-trip time and congestion window; what was lost before says nothing about the new path", () => {
		const pair = ready({ parameters: { 4: bytesOf(0x84, 0, 0, 0), 6: bytesOf(0x84, 0, 0, 0) } });
		for (let i = 0; i < 5; i++) {
			pair.write(0, padding(100)).pump();
			pair.now += 700;
			pair.frames(pair.peer.acknowledge());
		}
		ok(pair.client.statistics.rttMs > 300);
		pair.losing = true;
		for (let i = 0; i < 4; i++)
			pair.write(0, padding(1000)).pump();
		pair.losing = false;
		pair.now += 10;
		equal(pair.client.migrate(pair.now), true);
		equal(pair.client.statistics.rttMs, 0);
		pair.write(0, padding(100)).pump();
		pair.now += 20;
		answered(pair.frames(pair.peer.acknowledge()));
		ok(pair.client.statistics.packetsLost >= 1);
		equal(pair.client.statistics.rttMs, 20);
		// The whole initial window may go out.
		const from = pair.peer.packets.length;
		pair.write(0, padding(4000)).pump();
		ok(pair.peer.packets.length - from >= 3);
	});

	it("refuses an answer to what was never asked", () => {
		ready().frames(pathResponse(padding(8))).closedWith(PROTOCOL_VIOLATION);
		const pair = ready();
		pair.client.migrate(pair.now);
		pair.pump();
		pair.frames(pathResponse(text("invented"))).closedWith(PROTOCOL_VIOLATION);
		const twice = ready();
		twice.client.migrate(twice.now);
		twice.pump();
		answered(answered(twice));
		equal(twice.client.closed, false);
		equal(twice.events.filter(event => event === EVENT_PATH_VALIDATED).length, 1);
	});
});

describe("the preferred address", () => {
	const ADDRESS = bytesOf(10, 0, 0, 9, 0x11, 0x51, padding(16), 0, 0), WITH = { 0x0d: bytesOf(ADDRESS, SPARE.length, SPARE, TOKEN) };

	it("is told, probed beside the path in use with an id of its own, and used from then on", () => {
		const pair = new Pair({ parameters: { ...WITH, 0x0c: bytesOf() } }).establish();
		equal(pair.client.openStream(), 0);
		deepEqual(pair.client.preferredAddress, ADDRESS);
		equal(pair.client.probePreferredAddress(pair.now), true);
		pair.write(0, text("meanwhile")).pump();
		deepEqual(pair.paths.slice(-2), [1, 0]);
		const [probe, data] = pair.peer.packets.slice(-2);
		deepEqual([probe!.destination, data!.destination], [SPARE, PEER_ID]);
		deepEqual(probe!.frames.map(frame => frame.type), [0x1a]);
		deepEqual(pair.sent.at(-2)!.length, 1200);
		// The server validates this path as well: the answer goes there.
		pair.arrive(pair.peer.seal(APPLICATION, pathChallenge(text("its turn"))), 0, 1).pump();
		const response = pair.peer.packets.findIndex(packet => packet.frames.some(frame => frame.type === 0x1b));
		deepEqual([pair.paths[response], pair.peer.packets[response]!.destination, pair.peer.packets[response]!.frames.map(frame => frame.type)], [1, SPARE, [0x1b]]);
		pair.arrive(pair.peer.seal(APPLICATION, pathResponse(probe!.frames[0]!.data)), 0, 1).pump();
		equal(pair.events.at(-1), EVENT_PATH_VALIDATED);
		pair.write(0, text("after")).pump();
		deepEqual(last(pair).destination, SPARE);
		equal(pair.paths.at(-1), 0);
		ok(pair.peer.frames(APPLICATION).some(frame => frame.type === 0x19 && frame.values[0] === 0));
		// RFC 9000 §18.2: disable_active_migration does not hold any more.
		pair.frames(newConnectionId(2, 0, THIRD, TOKEN));
		equal(pair.client.migrate(pair.now), true);
	});

	it("that nobody answers at is given up; the old one stays in use", () => {
		const pair = new Pair({ parameters: WITH }).establish();
		equal(pair.client.openStream(), 0);
		equal(pair.client.probePreferredAddress(pair.now), true);
		pair.advance(4000);
		equal(pair.events.at(-1), EVENT_PATH_FAILED);
		const probes = pair.paths.filter(path => path === 1).length;
		ok(probes >= 2 && probes <= 8, `${probes}`);
		pair.write(0, text("on")).pump();
		deepEqual(last(pair).destination, PEER_ID);
		equal(pair.client.statistics.packetsLost, 0);
	});

	it("is not there, or cannot be probed yet", () => {
		const pair = new Pair().establish();
		equal(pair.client.preferredAddress, undefined);
		equal(pair.client.probePreferredAddress(pair.now), false);
		equal(new Pair({ parameters: WITH }).shake().client.probePreferredAddress(0), false);
	});
});

describe("challenges of the server", () => {
	it("are answered with full datagrams, the last one of a flood", () => {
		const pair = ready(), from = pair.peer.packets.length;
		pair.deliver(pair.peer.seal(APPLICATION, bytesOf(...Array.from({ length: 100 }, (_, i) => pathChallenge(new Uint8Array(8).fill(i))))));
		pair.pump();
		const responses = pair.peer.packets.slice(from).flatMap(packet => packet.frames).filter(frame => frame.type === 0x1b);
		deepEqual(responses.map(frame => frame.data[0]), [99]);
		equal(pair.sent.at(-1)!.length, 1200);
		equal(pair.paths.at(-1), 0);
		pair.frames(stream(0, 0, text("x")), ping());
	});
});
