import { describe, ENGINE, equal, it } from "#test";
import { INTERNAL_ERROR } from "../../firmware/quic/transport-error.js";
import { Prng } from "../support/prng.js";
import { ack, bytesOf, connectionClose, crypto, datagram, handshakeDone, maxData, maxStreamData, maxStreams, newConnectionId, newToken, padding, pathChallenge, ping, resetStream, stopSending, stream, text, varint8, varints } from "./support/frames.js";
import { ModelPeer } from "./support/model-peer.js";
import { Pair } from "./support/pair.js";
import { APPLICATION, HANDSHAKE } from "./support/test-peer.js";

const IS_XS = ENGINE as string === "xs";

/** A number as likely small as at a limit. */
function extreme(prng: Prng): Uint8Array {
	switch (prng.below(8)) {
		case 0: return varint8(0x3fffffff, 0xffffffff);
		case 1: return varint8(prng.below(0x200000), prng.next());
		case 2: return varints(prng.next());
		case 3: return varints(4096 + prng.below(3) - 1);
		case 4: return varints(8192 + prng.below(3) - 1);
		case 5: return varints(prng.below(300));
		default: return varints(prng.below(9));
	}
}

/** A frame whose numbers may be anything, or a good one. */
function frame(prng: Prng): Uint8Array {
	const number = () => extreme(prng);
	const data = new Uint8Array(prng.below(40)).fill(prng.below(256));
	const id = 4 * prng.below(3) + prng.below(4);
	switch (prng.below(24)) {
		case 0: return ping();
		case 1: return bytesOf(2 + prng.below(2), number(), number(), number(), number(), number(), number(), number());
		case 2: return ack([[0, prng.below(4)]], prng.below(1000));
		case 3: return bytesOf(4, number(), number(), number());
		case 4: return bytesOf(5, number(), number());
		case 5: return bytesOf(6, number(), data.length, data);
		case 6: return bytesOf(7, number(), data);
		case 7: return bytesOf(8 + prng.below(8), number(), number(), number(), data);
		case 8: return stream(id, prng.below(5000), data, prng.chance(0.2));
		case 9: return bytesOf(0x10 + prng.below(8), number(), number());
		case 10: return bytesOf(0x18, number(), number(), prng.below(22), new Uint8Array(36));
		case 11: return newConnectionId(prng.below(9), prng.below(4), text("12345678"), new Uint8Array(16).fill(prng.below(2)));
		case 12: return pathChallenge(text("challeng"));
		case 13: return bytesOf(0x19 + prng.below(3), number(), data);
		case 14: return handshakeDone();
		case 15: return prng.chance(0.1) ? connectionClose(prng.below(600), 6, "why") : maxStreams(prng.below(20));
		case 16: return maxData(prng.next());
		case 17: return maxStreamData(id, prng.next());
		case 18: return prng.chance(0.3) ? resetStream(id, 3, prng.below(50)) : stopSending(id, 4);
		case 19: return crypto(prng.below(60), bytesOf(prng.below(30), 0, 0, data.length, data));
		case 20: return bytesOf(number(), data);
		case 21: return prng.chance(0.5) ? datagram(data) : bytesOf(0x30 + prng.below(2), number(), data);
		case 22: return prng.chance(0.5) ? newToken(data.length === 0 ? bytesOf(1) : data) : bytesOf(0x1b, new Uint8Array(8).fill(prng.below(2)));
		default: return padding(1 + prng.below(9));
	}
}

/** A frame that a good server might send. */
function calm(prng: Prng, pair: Pair, space: number, streams: number[]): Uint8Array {
	const chosen = streams[prng.below(streams.length)], { peer } = pair;
	if (peer.largest[space]! >= 0 && prng.chance(0.3))
		return peer.acknowledge(space);
	if (space !== APPLICATION || chosen === undefined || prng.chance(0.2))
		return prng.chance(0.5) ? ping() : padding(1 + prng.below(30));
	switch (prng.below(9)) {
		case 6: return datagram(new Uint8Array(prng.below(900)));
		case 7: return newToken(text("token"));
		case 8: return stream(3 + 4 * prng.below(2), prng.below(900), new Uint8Array(prng.below(90)));
		case 0: return (chosen & 2) !== 0 ? ping() : maxStreamData(chosen, prng.next());
		case 1: return maxData(prng.next());
		case 2: return maxStreams(prng.below(50));
		case 3: return pathChallenge(text("challeng"));
		default: return (chosen & 2) !== 0 ? padding(1) : stream(chosen, prng.below(1500), new Uint8Array(prng.below(90)));
	}
}

/** Changes, removes, inserts or doubles some bytes. */
function mutate(prng: Prng, bytes: Uint8Array): Uint8Array {
	const at = prng.below(bytes.length + 1), end = at + prng.below(bytes.length - at + 1);
	switch (prng.below(5)) {
		case 0: return bytesOf(bytes.slice(0, at), bytes.slice(end));
		case 1: return bytesOf(bytes.slice(0, at), prng.below(256), bytes.slice(at));
		case 2: return bytesOf(bytes.slice(0, end), bytes.slice(at));
		default: {
			const changed = bytes.slice();
			if (bytes.length > 0)
				changed[prng.below(bytes.length)]! ^= 1 << prng.below(8);
			return changed;
		}
	}
}

function packet(prng: Prng, pair: Pair, wildness: number, streams: number[]): Uint8Array {
	const { peer } = pair;
	let space = peer.send[APPLICATION] !== undefined && prng.chance(0.8) ? APPLICATION : prng.below(3);
	while (peer.send[space] === undefined)
		space--;
	let payload: Uint8Array = bytesOf(...Array.from({ length: 1 + prng.below(4) }, () => prng.chance(wildness) ? frame(prng) : calm(prng, pair, space, streams)));
	if (space === HANDSHAKE && prng.chance(0.6)) {
		const at = prng.below(peer.flight.length);
		payload = crypto(at, peer.flight.slice(at, at + prng.below(1000)));
	}
	if (prng.chance(wildness))
		payload = mutate(prng, payload);
	const options = {
		...(prng.chance(0.05) ? { number: prng.below(70000) } : {}), ...(prng.chance(wildness / 8) ? { bits: prng.below(256) & (space === APPLICATION ? 0x3c : 0x0c) } : {}),
		...(prng.chance(0.02) ? { source: text("other") } : {}), ...(prng.chance(0.02) ? { token: text("token") } : {}),
	};
	const sealed = peer.seal(space, payload.slice(0, 1400), options);
	return prng.chance(0.1) ? mutate(prng, sealed) : sealed;
}

function application(prng: Prng, pair: Pair, streams: number[]): void {
	const { client } = pair, chosen = streams[prng.below(streams.length)];
	if (prng.chance(0.2)) {
		const id = prng.chance(0.3) ? client.openUniStream() : client.openStream();
		if (id >= 0)
			streams.push(id);
	}
	if (prng.chance(0.1))
		command(prng, pair);
	for (let from = 3; from < 20; from += 4)
		pair.read(from, prng.below(500));
	if (chosen === undefined)
		return;
	pair.read(chosen, prng.below(2000));
	if (client.isFinished(chosen) || client.streamError(chosen) >= 0)
		return;
	try {
		client.setUrgency(chosen, prng.below(8));
		pair.write(chosen, new Uint8Array(Math.min(client.sendRing(chosen).room, prng.below(500))));
	}
	catch (error) {
		// The stream may be over on both sides.
		if (!(error instanceof RangeError) || !error.message.includes("is not open"))
			throw error;
		streams.splice(streams.indexOf(chosen), 1);
		return;
	}
	if (prng.chance(0.05))
		client.finish(chosen);
	else if (prng.chance(0.03))
		client.abort(chosen, 7);
	else if (prng.chance(0.03))
		client.reset(chosen, 8);
	else if (prng.chance(0.03))
		client.stopSending(chosen, 9);
}

function command(prng: Prng, { client, now }: Pair): void {
	switch (prng.below(6)) {
		case 0: client.sendDatagram(new Uint8Array(1200), 0, prng.below(1200)); break;
		case 1: client.readDatagram(new Uint8Array(1500), 0); break;
		case 2: client.updateKeys(); break;
		case 3: client.migrate(now); break;
		case 4: client.probePreferredAddress(now); break;
		default:
			client.takeToken();
			client.takeSession();
	}
}

/** One connection from connect to its end. Returns the datagrams that it was given. */
function hostile(seed: number): number {
	const prng = new Prng(seed), streams: number[] = [];
	const pair = new Pair({
		start: prng.next() | 0,
		...prng.chance(0.5) ? { parameters: { 7: varints(500), 9: varints(2), 0x20: varints(1200), 0x2ab2: bytesOf(), 0x0d: bytesOf(padding(24), 8, text("12345678"), new Uint8Array(16)) } } : {},
		client: {
			keepAlive: prng.chance(0.5) ? 10000 : 0,
			...prng.chance(0.5) ? { datagrams: 2048, peerUniStreams: 2, peerBidiStreams: prng.below(2), tickets: true, receiveMemory: 32768, versions: [0x6b3343cf, 1] } : {},
		},
	});
	const stage = prng.below(7), wildness = [0.01, 0.05, 0.5][prng.below(3)]!;
	let count = 0;
	pair.connect();
	if (prng.chance(0.5))
		pair.client.enableEcn();
	if (stage >= 1)
		pair.give(pair.peer.initialPacket());
	if (stage >= 2)
		pair.give(...pair.peer.handshakePackets().slice(0, stage === 2 ? 1 : 9));
	if (stage >= 4)
		pair.give(pair.peer.donePacket());
	for (; count < 100 && !pair.client.closed; count++) {
		pair.losing = prng.chance(0.2);
		application(prng, pair, streams);
		pair.arrive(bytesOf(...Array.from({ length: prng.chance(0.2) ? 2 : 1 }, () => packet(prng, pair, wildness, streams))), prng.below(4), prng.below(2)).pump();
		if (prng.chance(0.2))
			pair.advance(prng.below(500));
	}
	equal(pair.client.closeCode === INTERNAL_ERROR, false, pair.client.closeReason);
	// Nobody answers any more: it ends by itself, in the time that its timers say.
	pair.losing = true;
	for (let rounds = 0; rounds < 8 && !pair.client.ended; rounds++)
		pair.advance(20000);
	equal(pair.client.ended, true, "ends");
	return count;
}

describe("fuzz", () => {
	it("a server within the rules, whatever its choices, gets and delivers everything (by seed)", () => {
		for (let seed = 1; seed <= (IS_XS ? 2 : 10); seed++) {
			const pair = new Pair().establish(), model = new ModelPeer(pair, new Prng(seed));
			try {
				for (let i = 0; i < 150 && !pair.client.closed; i++)
					model.step();
				equal(pair.client.closeReason, "");
				model.finish();
				equal(pair.client.closeReason, "");
				pair.client.close(0, "", pair.now);
			}
			catch (error) {
				throw new Error(`seed ${seed}: ${(error as Error).message}`);
			}
		}
	});

	it("a server beyond the rules that holds the keys does no harm to the client but ends the connection (by seed)", () => {
		for (let seed = 1; seed <= (IS_XS ? 6 : 30); seed++)
			try {
				hostile(seed);
			}
			catch (error) {
				throw new Error(`seed ${seed}: ${(error as Error).message}`);
			}
		equal(new Pair().establish().client.statistics.established, true);
	});
});
