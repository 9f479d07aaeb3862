/** What a QUIC connection takes on XS. Entry for XS, in a growing heap. `idle N`: leaves N established connections with one stream each, for
 *  the engine's report; `handshake`: plays a full handshake with a client certificate against recorded datagrams, and prints the most it
 *  had in use beyond what was in use before. */
import { crypto as natives } from "#hal";
import { Connection, EVENT_NONE } from "../../firmware/quic/connection.js";
import { clientCertificate } from "../../firmware/uplink/client-certificate.js";
import { system } from "../../hal/system/system.js";
import { engine } from "../../hal/system/engine.js";
import { Pair } from "../../host-tests/quic/support/pair.js";
import { CALENDAR, certificates } from "../../host-tests/tls/support/certificates.js";
import { certificateFor, openKey } from "../../host-tests/tls/support/client-key.js";
import { fixedCrypto } from "../../host-tests/tls/support/recorded.js";
import { P256Key } from "../../host-tests/tls/support/p256.js";

const print = (line: string): void => native("xs_print").call(undefined, line);
const random = { fill: (bytes: Uint8Array): void => { bytes.fill(0x77); } };
/** Bytes of CRYPTO data in each of the server's packets: so often is looked. */
const PIECE = 100;
const kept: Connection[] = [];
/** Hashes that host-tests/quic/support/pooled-crypto.ts keeps open. */
const POOLED = 4;

export default function (args: string[]): void {
	if (args[0] === "handshake")
		return handshake();
	// The specs' pool keeps the last hashes of servers: it is full before anything counts.
	for (let i = 0; i < POOLED; i++)
		new Pair({ client: { crypto: natives } }).establish().client.dispose();
	for (let i = 0; i < Number(args[1]); i++) {
		const { client } = new Pair({ client: { crypto: natives } }).establish();
		client.openStream();
		kept.push(client);
	}
	engine.collect();
	(globalThis as any).kept = kept;
}

function handshake(): void {
	const crypto = fixedCrypto(natives), key = openKey("p256"), certificate = clientCertificate([certificateFor(key)], key), roots = certificates("root");
	const signer = new P256Key(crypto, "leaf");
	let pair: Pair | undefined = new Pair({
		client: { crypto, random, certificate }, tls: { crypto, chain: certificates("leafBelow intermediate"), sign: content => signer.sign(content), requests: true },
	});
	const datagrams: Uint8Array[] = [];
	const give = (packet: Uint8Array): void => {
		datagrams.push(packet.slice());
		pair!.give(packet);
	};
	pair.connect();
	give(pair.peer.initialPacket());
	for (const packet of pair.peer.handshakePackets(PIECE))
		give(packet);
	give(pair.peer.donePacket());
	const done = pair.client.statistics.established && !pair.client.closed;
	pair.client.dispose();
	pair = undefined;

	const into = new Uint8Array(1500), library = system.libraryHeapBytes();
	const before = engine.usedBytes(true);
	let most = 0;
	const connection = new Connection({ crypto, random, certificate, calendar: CALENDAR, serverName: "broker.example", alpn: "mqtt", roots, idleTimeout: 30000, keepAlive: 0 });
	const pump = (): void => {
		while (connection.pollEvent() !== EVENT_NONE);
		while (connection.pollTransmit(into, 0) > 0);
		most = Math.max(most, engine.usedBytes(true) - before);
	};
	connection.connect(0);
	pump();
	for (const datagram of datagrams) {
		connection.receive(datagram, datagram.length, 0);
		pump();
	}
	print(`handshake ${most} ${engine.usedBytes(true) - before} ${library} ${done && connection.statistics.established && !connection.closed ? 1 : 0} ${connection.closeReason}`);
}
