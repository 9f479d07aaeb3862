/** Frames, good and bad, and an application that uses its streams by chance. */
import type { Prng } from "../support/prng.js";
import { ack, bytesOf, connectionClose, crypto, datagram, handshakeDone, maxData, maxStreamData, maxStreams, newConnectionId, newToken, padding, pathChallenge, ping, resetStream, stopSending, stream, text, varint8, varints } from "../quic/support/frames.js";
import type { Pair } from "../quic/support/pair.js";
import { APPLICATION } from "../quic/support/test-peer.js";

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
export function frame(prng: Prng): Uint8Array {
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
export function calm(prng: Prng, pair: Pair, space: number, streams: number[]): Uint8Array {
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
export function mutate(prng: Prng, bytes: Uint8Array): Uint8Array {
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

export function application(prng: Prng, pair: Pair, streams: number[]): void {
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

