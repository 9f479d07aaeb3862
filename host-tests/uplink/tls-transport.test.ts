import { crypto, random } from "#hal";
import { deepEqual, describe, equal, hex, it } from "#test";
import type { Storage } from "../../firmware/ports/storage.js";
import { ALERT_UNKNOWN_CA, ALERT_USER_CANCELED } from "../../firmware/tls/alert.js";
import type { RecordLayer } from "../../firmware/tls/record-layer.js";
import { SessionStore } from "../../firmware/tls/session-store.js";
import { Peer } from "../../firmware/uplink/peer.js";
import { tlsTransport, type TlsTransportOptions } from "../../firmware/uplink/tls-transport.js";
import { TRANSPORT_CLOSED, TRANSPORT_CONNECTED, TRANSPORT_NONE, type Transport } from "../../firmware/uplink/transport.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { CALENDAR, certificates } from "../tls/support/certificates.js";
import { SERVER } from "../tls/support/client.js";
import { concat, text } from "../tls/support/der-writer.js";
import { RecordPeer } from "../tls/support/record-peer.js";
import { message, type ServerOptions, vector16, vector8 } from "../tls/support/test-server.js";

const OPTIONS: TlsTransportOptions = { crypto, random, calendar: CALENDAR, serverName: "broker.example", roots: certificates("root") };

interface Pair {
	transport: Transport;
	peer: RecordPeer;
}

function pair(options: Partial<TlsTransportOptions> = {}, serverOptions: Partial<ServerOptions> = {}): Pair {
	const transport = tlsTransport({ ...OPTIONS, ...options })();
	const client = {
		start: () => { transport.connect(0, new Peer(0x0a000002, 8883)); }, isConnected: true, dispose: () => { transport.dispose(); },
		pollTransmit: (into: Uint8Array) => transport.pollTransmit(into, 0), receive: (bytes: Uint8Array, length: number) => { transport.receive(bytes, length, 0, 0); },
	} as unknown as RecordLayer;
	return { transport, peer: new RecordPeer(client, { ...SERVER, ...serverOptions }) };
}

function connected(options: Partial<TlsTransportOptions> = {}, serverOptions: Partial<ServerOptions> = {}): Pair {
	const made = pair(options, serverOptions);
	made.peer.connect();
	equal(made.transport.pollEvent(), TRANSPORT_CONNECTED);
	equal(made.transport.pollEvent(), TRANSPORT_NONE);
	return made;
}

describe("uplink/tls transport", () => {
	it("is connected with the handshake, and has one stream at once", () => {
		const { transport, peer } = connected(), into = new Uint8Array(16);
		deepEqual([transport.statistics.established, transport.statistics.cipher, transport.pollTimeout(0)], [true, "TLS_AES_128_GCM_SHA256", NO_TIMEOUT]);
		const stream = transport.openStream(), ring = transport.sendRing(stream);
		ring.putBytes(text("CONNECT"), 0, 7);
		ring.commit();
		equal(hex(peer.take()), hex(text("CONNECT")));
		deepEqual([ring.base, ring.end], [7, 7]);
		peer.send(23, text("CONNACK"));
		equal(transport.room, 0);
		equal(transport.read(stream, into, 2, 16), 7);
		equal(hex(into, 2, 9), hex(text("CONNACK")));
		equal(transport.isFinished(stream), false);
		transport.dispose();
	});

	it("tells why it ended, and whether another attempt soon may do better", () => {
		const cases: [(made: Pair) => void, string, boolean][] = [
			[({ peer }) => { peer.send(21, new Uint8Array([1, 0])); }, "the server closed the connection", true],
			[({ peer }) => { peer.send(21, new Uint8Array([2, ALERT_UNKNOWN_CA])); }, "the server refuses the client certificate: it does not trust its CA", false],
			[({ transport }) => { transport.lost!("TCP: reset by peer"); }, "TCP: reset by peer", true],
			[({ transport }) => { transport.close(0, "", 0); }, "closed", true],
		];
		for (const [end, reason, isPassing] of cases) {
			const made = connected(), { transport } = made;
			end(made);
			equal(transport.pollEvent(), TRANSPORT_CLOSED, reason);
			equal(transport.pollEvent(), TRANSPORT_NONE);
			deepEqual([transport.closeReason, transport.isPassing, transport.statistics.established], [reason, isPassing, false]);
			transport.dispose();
		}
		const { transport, peer } = connected();
		peer.send(21, new Uint8Array([1, ALERT_USER_CANCELED]));
		equal(transport.pollEvent(), TRANSPORT_NONE);
		transport.dispose();
	});

	it("says what is wrong with the server's certificate, which stays so", () => {
		const { transport, peer } = pair({ roots: certificates("otherRoot") });
		peer.connect();
		equal(transport.pollEvent(), TRANSPORT_CLOSED);
		deepEqual([transport.closeReason.startsWith("certificate is not signed by the configured CA"), transport.isPassing], [true, false]);
		transport.dispose();
	});

	it("keeps the server's session for the next connection, which it offers once", () => {
		const entries = new Map<string, Uint8Array>();
		const storage: Storage = { read: key => entries.get(key)?.slice(), write: (key, value) => { entries.set(key, value.slice()); return true; }, delete: key => { entries.delete(key); } };
		const sessions = new SessionStore(storage, crypto, { name: "tls", host: "broker.example", port: 8883, alpn: "mqtt", roots: OPTIONS.roots, certificate: undefined });
		const first = connected({ sessions });
		first.peer.server.expectedClientFlight();
		const secret = first.peer.server.sessionSecret(new Uint8Array(1));
		first.peer.send(22, message(4, concat(new Uint8Array([0, 0, 14, 16, 1, 2, 3, 4]), vector8(new Uint8Array(1)), vector16(new Uint8Array(20)), vector16())));
		equal(first.transport.pollEvent(), TRANSPORT_NONE);
		equal(entries.size, 1);
		first.peer.close();
		const second = connected({ sessions }, { secret });
		equal(second.transport.statistics.resumed, true);
		equal(entries.size, 0);
		second.peer.close();
	});
});
