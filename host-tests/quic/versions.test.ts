import { describe, it, deepEqual, equal, ok } from "#test";
import { TRANSPORT_PARAMETER_ERROR, VERSION_NEGOTIATION_ERROR } from "../../firmware/quic/transport-error.js";
import { VERSION_1, VERSION_2 } from "../../firmware/quic/versions.js";
import { bytesOf, handshakeDone, ping, text } from "./support/frames.js";
import { Pair, type PairOptions } from "./support/pair.js";
import { APPLICATION, HANDSHAKE, INITIAL } from "./support/test-peer.js";

const list = (...versions: number[]) => Uint8Array.from(versions.flatMap(version => [version >>> 24, version >>> 16 & 255, version >>> 8 & 255, version & 255]));
const BOTH = { versions: [VERSION_2, VERSION_1] };

/** A server that goes on in version 2 where the client began with version 1 (RFC 9368 §2.3). */
function compatible(options: PairOptions = {}): Pair {
	const pair = new Pair({ ...options, parameters: { 0x11: list(VERSION_2, VERSION_2, VERSION_1), ...options.parameters }, client: { ...BOTH, ...options.client } }).connect();
	pair.peer.changeVersion(VERSION_2);
	return pair;
}

const versionsOf = (pair: Pair, space: number) => [...new Set(pair.peer.packets.filter(packet => packet.space === space).map(packet => packet.version))];
/** What version_information in the ClientHello said. */
function said(pair: Pair): string {
	const parameters = pair.peer.tls.hello.extensions.get(57)!, at = String(parameters).indexOf("17," + String(4 * 3) + ",");
	return at < 0 ? "" : String(parameters).slice(at).split(",").slice(2, 14).join();
}

describe("version 2", () => {
	it("is spoken from the first packet on where it is the first version", () => {
		const pair = new Pair({ version: VERSION_2, client: { versions: [VERSION_2], firstVersion: VERSION_2 } }).establish();
		deepEqual([INITIAL, HANDSHAKE].map(space => versionsOf(pair, space)), [[VERSION_2], [VERSION_2]]);
		equal(pair.client.statistics.version, "2");
		equal(pair.peer.unreadable, 0);
		pair.write(pair.client.openStream(), text("hello")).pump();
		pair.frames(ping());
		equal(pair.peer.frames(APPLICATION).some(frame => frame.type >= 8 && frame.type < 16), true);
	});

	it("has its own Retry", () => {
		const pair = new Pair({ version: VERSION_2, client: { versions: [VERSION_2] } }).connect();
		pair.deliver(pair.peer.retry(text("token")));
		pair.peer.afterRetry();
		pair.pump();
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		equal(pair.client.statistics.established && pair.client.statistics.retried, true, pair.client.closeReason);
	});

	it("is gone over to where the server chooses it, once", () => {
		const pair = compatible();
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		pair.give(pair.peer.donePacket());
		equal(pair.client.closed, false, pair.client.closeReason);
		deepEqual(versionsOf(pair, INITIAL)[0], VERSION_1);
		deepEqual(versionsOf(pair, HANDSHAKE), [VERSION_2]);
		equal(pair.client.statistics.version, "2");
		equal(said(pair), String(list(VERSION_1, VERSION_2, VERSION_1)));
		deepEqual(pair.events, [1, 4, 2]);
	});

	it("is gone over to after a version 1 acknowledgment and after a Retry of version 1", () => {
		const pair = new Pair({ parameters: { 0x11: list(VERSION_2, VERSION_2) }, client: BOTH }).connect();
		pair.deliver(pair.peer.retry(text("token")));
		pair.peer.afterRetry();
		pair.pump();
		pair.give(pair.peer.seal(INITIAL, bytesOf(pair.peer.acknowledge(INITIAL))));
		pair.peer.changeVersion(VERSION_2);
		pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
		equal(pair.client.statistics.established, true, pair.client.closeReason);
	});

	it("is not gone over to by a packet that does not open, nor where it was not offered, nor back", () => {
		const pair = compatible(), forged = pair.peer.initialPacket();
		forged[40]! ^= 1;
		pair.give(forged);
		equal(pair.client.statistics.version, "1");
		pair.give(pair.peer.initialPacket());
		equal(pair.client.statistics.version, "2");
		const dropped = pair.client.statistics.droppedHeader;
		pair.peer.changeVersion(VERSION_1);
		pair.give(pair.peer.seal(INITIAL, ping()));
		equal(pair.client.statistics.droppedHeader, dropped + 1);
		equal(pair.client.statistics.version, "2");
		const alone = new Pair().connect();
		alone.peer.changeVersion(VERSION_2);
		alone.give(alone.peer.initialPacket());
		equal(alone.client.statistics.packetsReceived, 0);
	});

	it("is not said of itself where version 1 is all there is", () => {
		const pair = new Pair().establish();
		equal(said(pair), "");
	});
});

describe("version_information", () => {
	const refused = (pair: Pair, code: number) => pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets()).closedWith(code);

	it("must name the version that is spoken", () => {
		refused(compatible({ parameters: { 0x11: list(VERSION_1, VERSION_2, VERSION_1) } }), VERSION_NEGOTIATION_ERROR);
		refused(new Pair({ parameters: { 0x11: list(VERSION_2, VERSION_1) } }).connect(), VERSION_NEGOTIATION_ERROR);
		for (const malformed of [bytesOf(), list(0), list(VERSION_1, 0), list(VERSION_1).slice(1)])
			refused(new Pair({ parameters: { 0x11: malformed } }).connect(), TRANSPORT_PARAMETER_ERROR);
	});

	/** Begins with version 2; the server says that it only speaks version 1. */
	function downgraded(parameters: PairOptions["parameters"]): Pair {
		const pair = new Pair({ parameters: parameters!, client: { ...BOTH, firstVersion: VERSION_2 } }).connect();
		const first = pair.peer.originalId;
		pair.peer.restart();
		pair.give(pair.peer.versionNegotiation([0x0a1a2a3a, VERSION_1], first));
		equal(pair.client.closed, false, pair.client.closeReason);
		ok(String(first) !== String(pair.peer.originalId), "another connection attempt");
		return pair;
	}

	it("answers a Version Negotiation packet's doubt: the attempt begins anew in the best version that both speak", () => {
		for (const parameters of [{ 0x11: list(VERSION_1, VERSION_1) }, {}]) {
			const pair = downgraded(parameters);
			pair.give(pair.peer.initialPacket(), ...pair.peer.handshakePackets());
			pair.give(pair.peer.seal(APPLICATION, handshakeDone()));
			equal(pair.client.statistics.established, true, pair.client.closeReason);
			equal(pair.client.statistics.version, "1");
			equal(said(pair), String(list(VERSION_1, VERSION_2, VERSION_1)));
		}
	});

	it("tells a downgrade: the server speaks a better version than the packet said", () => {
		refused(downgraded({ 0x11: list(VERSION_1, VERSION_1, VERSION_2) }), VERSION_NEGOTIATION_ERROR);
		refused(downgraded({ 0x11: list(VERSION_1) }), VERSION_NEGOTIATION_ERROR);
	});

	it("is needed where a Version Negotiation packet led to another version than 1", () => {
		const pair = new Pair({ client: BOTH }).connect(), first = pair.peer.originalId;
		pair.peer.restart();
		pair.peer.version = VERSION_2;
		pair.give(pair.peer.versionNegotiation([VERSION_2], first));
		refused(pair, VERSION_NEGOTIATION_ERROR);
	});

	it("a second Version Negotiation packet is ignored", () => {
		const pair = downgraded({});
		pair.give(pair.peer.versionNegotiation([VERSION_2]));
		equal(pair.client.closed, false);
	});
});

describe("the QUIC bit (RFC 9287)", () => {
	const fixed = (parameters: PairOptions["parameters"]) => {
		const pair = new Pair({ parameters: parameters! }).establish(), from = pair.peer.packets.length;
		for (let i = 0; i < 64; i++)
			pair.frames(ping()), pair.advance(30);
		return pair.peer.packets.slice(from).filter(packet => packet.space === APPLICATION).map(packet => packet.fixedBit);
	};

	it("is random where the server takes either, and set where it does not", () => {
		ok(fixed({}).every(bit => bit));
		const bits = fixed({ 0x2ab2: bytesOf() });
		ok(bits.includes(true) && bits.includes(false));
	});

	it("of the server may be clear", () => {
		const pair = new Pair().establish();
		const before = pair.client.statistics.packetsReceived;
		pair.give(pair.peer.seal(APPLICATION, ping(), { clearsFixedBit: true }));
		equal(pair.client.statistics.packetsReceived, before + 1);
	});
});
