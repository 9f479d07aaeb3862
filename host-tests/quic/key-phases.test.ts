import { random } from "#hal";
import { describe, it, equal, ok, throws } from "#test";
import { AEAD_AES_128_GCM, AEAD_CHACHA20_POLY1305 } from "../../firmware/ports/crypto.js";
import { ConnectionState, STATUS_OPEN } from "../../firmware/quic/connection-state.js";
import { startHandshake } from "../../firmware/quic/handshake.js";
import { KeyPhases } from "../../firmware/quic/key-phases.js";
import { CONFIDENTIALITY_LIMIT_AES, PacketProtection } from "../../firmware/quic/packet-protection.js";
import { receivePacket } from "../../firmware/quic/packet-receiver.js";
import { PacketSpace } from "../../firmware/quic/packet-space.js";
import { writeDatagram } from "../../firmware/quic/packet-writer.js";
import { AEAD_LIMIT_REACHED } from "../../firmware/quic/transport-error.js";
import { CALENDAR, certificates } from "../tls/support/certificates.js";
import { ping } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { crypto } from "./support/pooled-crypto.js";

function phasesOf(aead = AEAD_AES_128_GCM) {
	const space = new PacketSpace(2), secret = new Uint8Array(32).fill(7), peerSecret = new Uint8Array(32).fill(8);
	space.sendKeys = new PacketProtection(crypto, aead, secret);
	space.receiveKeys = new PacketProtection(crypto, aead, peerSecret);
	return { space, phases: new KeyPhases(space), peer: new PacketProtection(crypto, aead, peerSecret) };
}

/** Seals a packet of ours, for the count. */
function seal(space: PacketSpace): void {
	const bytes = new Uint8Array(40);
	bytes[0] = 0x40;
	space.sendKeys!.seal(bytes, 0, 1, 1, 5, space.nextNumber++);
}

/** A packet of the peer, opened by `phases`. */
function open(space: PacketSpace, phases: KeyPhases, peer: PacketProtection, number: number, phase: number): number {
	const bytes = new Uint8Array(30);
	bytes[0] = 0x40 | phase << 2;
	bytes[1] = number;
	const end = peer.seal(bytes, 0, 1, 1, 5, number);
	space.receiveKeys!.unmask(bytes, 0, 1, end, space.received.largest);
	const opened = phases.open(bytes, 0, end, 0, 100);
	if (opened >= 0)
		space.received.add(number, true, 0);
	return opened;
}

describe("key phases", () => {
	it("limits AES-GCM keys to 2^23 packets, ChaCha20 keys not at all", () => {
		equal(phasesOf().phases.sealLimit, CONFIDENTIALITY_LIMIT_AES);
		equal(phasesOf(AEAD_CHACHA20_POLY1305).phases.sealLimit, Infinity);
	});

	it("starts an update at half of the limit, once the peer has acknowledged the present keys", () => {
		const { space, phases, peer } = phasesOf();
		phases.sealLimit = 10;
		for (let i = 0; i < 5; i++) {
			equal(phases.renew(true), true);
			seal(space);
		}
		equal(phases.renew(true), true);
		equal(phases.phase, 0, "nothing is acknowledged yet");
		space.largestAcked = 2;
		equal(phases.renew(false), true);
		equal(phases.phase, 0, "not confirmed");
		equal(phases.renew(true), true);
		equal(phases.phase, 1);
		equal(space.sendKeys!.sealed, 0);
		// The peer's packets of the old phase still open, until those of the new one come.
		equal(open(space, phases, peer, 0, 0), 5);
		const next = peer.next();
		equal(open(space, phases, next, 1, 1), 5);
		// And again.
		for (let i = 0; i < 5; i++)
			seal(space);
		space.largestAcked = space.nextNumber - 1;
		equal(phases.renew(true), true);
		equal(phases.phase, 0);
		equal(open(space, phases, next.next(), 2, 0), 5);
	});

	it("stops at the limit where no update was possible", () => {
		const { space, phases } = phasesOf();
		phases.sealLimit = 10;
		for (let i = 0; i < 10; i++)
			seal(space);
		equal(phases.renew(true), false);
	});

	it("says goodbye at the limit in the datagram that was asked for", () => {
		const state = new ConnectionState({ crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root"), idleTimeout: 1000, keepAlive: 0 });
		const { space, phases } = phasesOf(), { application } = state, into = new Uint8Array(1200);
		phases.sealLimit = 0;
		state.status = STATUS_OPEN;
		state.isComplete = state.isConfirmed = true;
		state.setup = undefined;
		state.phases = phases;
		application.sendKeys = space.sendKeys;
		application.receiveKeys = space.receiveKeys;
		application.wantsPing = true;
		ok(writeDatagram(state, into, 0) > 20);
		equal(state.ending?.code, AEAD_LIMIT_REACHED);
		equal(writeDatagram(state, into, 0), 0);
	});

	it("counts forged packets up to the AEAD's limit", () => {
		const state = new ConnectionState({ crypto, random, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots: certificates("root"), idleTimeout: 1000, keepAlive: 0 });
		startHandshake(state, 0);
		state.integrityLimit = 3;
		const pair = new Pair().connect(), packet = pair.peer.seal(0, ping());
		for (let i = 0; i < 3; i++)
			receivePacket(state, packet.slice(), 0, packet.length, 0);
		equal((throws(() => receivePacket(state, packet.slice(), 0, packet.length, 0), "forged") as { code?: number }).code, AEAD_LIMIT_REACHED);
	});
});
