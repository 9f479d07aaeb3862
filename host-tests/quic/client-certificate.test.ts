import { after, before, describe, equal, it, ok } from "#test";
import { QUIC_CRYPTO_SEND_RING } from "../../firmware/config.js";
import { clientCertificate, type ClientCertificate } from "../../firmware/tls/client-certificate.js";
import { certificates } from "../tls/support/certificates.js";
import { certificateFor, openKey } from "../tls/support/client-key.js";
import { text } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION, HANDSHAKE } from "./support/test-peer.js";

const FRAME_CRYPTO = 6;

describe("client certificate over CRYPTO frames", () => {
	let certificate: ClientCertificate;
	before(() => {
		const key = openKey("rsa2048");
		certificate = clientCertificate([certificateFor(key), ...certificates("intermediate")], key);
	});
	after(() => { certificate.key.close(); });

	/** The client's flight as far as it came without a gap. */
	function flightOf(pair: Pair): Uint8Array {
		const bytes = new Uint8Array(8192);
		let end = 0;
		const frames = pair.peer.frames(HANDSHAKE).filter(frame => frame.type === FRAME_CRYPTO).sort((a, b) => a.values[0]! - b.values[0]!);
		for (const { values: [offset], data } of frames)
			if (offset! <= end) {
				bytes.set(data, offset!);
				end = Math.max(end, offset! + data.length);
			}
		return bytes.slice(0, end);
	}

	const shaken = (): Pair => new Pair({ client: { certificate }, tls: { requests: true, requestSchemes: [0x0804] } }).shake();

	it("goes on past the ring as acknowledgments make room, in datagrams of the usual size", () => {
		const pair = shaken();
		equal(flightOf(pair).length, QUIC_CRYPTO_SEND_RING);
		pair.give(pair.peer.seal(HANDSHAKE, pair.peer.acknowledge(HANDSHAKE)));
		const flight = flightOf(pair);
		ok(flight.length > QUIC_CRYPTO_SEND_RING, `${flight.length} bytes`);
		equal(pair.peer.tls.takeClientFlight(flight, certificate.key.publicKey).length, 2);
		ok(pair.sent.every(datagram => datagram.length <= 1200));
		pair.give(pair.peer.donePacket());
		equal(pair.client.closed, false, pair.client.closeReason);
	});

	it("arrives whole where half of it is lost", () => {
		const pair = shaken();
		pair.losing = true;
		pair.give(pair.peer.seal(HANDSHAKE, pair.peer.acknowledge(HANDSHAKE)));
		pair.losing = false;
		for (let i = 0; i < 6; i++)
			pair.advance(500).give(pair.peer.seal(HANDSHAKE, pair.peer.acknowledge(HANDSHAKE)));
		pair.peer.tls.takeClientFlight(flightOf(pair), certificate.key.publicKey);
	});

	it("does not keep the first data back", () => {
		const pair = shaken();
		pair.write(pair.client.openStream(), text("CONNECT")).pump();
		ok(pair.peer.packets.some(packet => packet.space === APPLICATION));
	});
});
