import { describe, it, deepEqual, equal, hex, throws, unhex } from "#test";
import { TRANSPORT_PARAMETER_ERROR, TransportError } from "../../firmware/quic/transport-error.js";
import { checkConnectionIds, encodeTransportParameters, parseTransportParameters } from "../../firmware/quic/transport-parameters.js";

const TOKEN = "000102030405060708090a0b0c0d0e0f";

function refuses(text: string, reason = ""): void {
	const error = throws(() => parseTransportParameters(unhex(text)), reason) as TransportError;
	equal(error.code, TRANSPORT_PARAMETER_ERROR, text);
}

describe("transport parameters", () => {
	it("encodes ours and leaves the defaults out", () => {
		// max_idle_timeout 30000, max_udp_payload_size 1472, initial_max_data 4096,
		// initial_max_stream_data_bidi_local 2048, initial_source_connection_id of no bytes
		equal(hex(encodeTransportParameters(30000)), "010480007530" + "030245c0" + "04025000" + "05024800" + "0f00");
	});

	it("reads the server's, with defaults for what is absent", () => {
		const none = parseTransportParameters(unhex(""));
		equal(none.ackDelayExponent, 3);
		equal(none.maxAckDelay, 25);
		equal(none.initialMaxStreamsBidi, 0);
		equal(none.maxUdpPayloadSize, 65527);
		const all = parseTransportParameters(unhex(`0004 01020304 010480007530 0210${TOKEN} 030245c0 040480010000 050104 060480004000 070100 08010a 090103
			0a0108 0b0220ff 0c00 0e0104 0f02b0b1 1001a0 4abc03112233`.replace("0b0220ff", "0b0260ff")));
		deepEqual(all.originalDestinationId, unhex("01020304"));
		equal(all.maxIdleTimeout, 30000);
		deepEqual(all.statelessResetToken, unhex(TOKEN));
		equal(all.initialMaxData, 65536);
		equal(all.initialMaxStreamDataBidiRemote, 16384);
		equal(all.initialMaxStreamsBidi, 10);
		equal(all.ackDelayExponent, 8);
		equal(all.maxAckDelay, 0x20ff);
		deepEqual(all.initialSourceId, unhex("b0b1"));
		deepEqual(all.retrySourceId, unhex("a0"));
	});

	it("saturates what is larger than a Number holds", () => {
		equal(parseTransportParameters(unhex("0408ffffffffffffffff")).initialMaxData, Number.MAX_SAFE_INTEGER);
	});

	it("refuses each value out of range", () => {
		refuses("0a0115", "ack_delay_exponent");
		refuses("0b0480004000", "max_ack_delay");
		refuses("030244af", "max_udp_payload_size");
		refuses("0e0101", "active_connection_id_limit");
		refuses("0808d000000000000001", "2^60");
		refuses("0908ffffffffffffffff", "2^60");
		equal(parseTransportParameters(unhex("0808d000000000000000")).initialMaxStreamsBidi, Number.MAX_SAFE_INTEGER);
		refuses("020f000102030405060708090a0b0c0d0e", "stateless_reset_token");
		refuses("0c0100", "disable_active_migration");
		refuses("0f15" + "00".repeat(21), "longer than 20");
	});

	it("refuses duplicates, known and unknown, and what is cut off", () => {
		refuses("01010a01010a", "twice");
		refuses("4abc004abc00", "twice");
		// Two reserved ones (RFC 9000 §18.1) above 2^53.
		parseTransportParameters(unhex("ffffffffffffff0100" + "ffffffffffffff2000"));
		const whole = "01048000753040020210";
		for (let length = 1; length < whole.length / 2; length++)
			if (length !== 6)
				refuses(whole.slice(0, length * 2), "cut off");
		refuses("01028000", "cut off");
		refuses("0102050a", "wrong length");
		refuses("0100", "cut off");
	});

	it("takes a preferred address's id, and refuses a malformed one", () => {
		const address = "00".repeat(24);
		const good = parseTransportParameters(unhex(`0d2b${address}02c0c1${TOKEN}`));
		deepEqual(good.preferredId, unhex("c0c1"));
		deepEqual(good.preferredToken, unhex(TOKEN));
		refuses(`0d29${address}00${TOKEN}`, "preferred_address");
		refuses(`0d2a${address}02c0c1${TOKEN.slice(2)}`, "preferred_address");
		refuses(`0d18${address}`, "preferred_address");
		refuses(`0d3e${address}15${"00".repeat(21)}${TOKEN}`, "preferred_address");
	});

	it("checks the three connection ids that bind the handshake", () => {
		const original = unhex("0102"), source = unhex("0304"), retry = unhex("0506");
		const check = (text: string, withRetry = false) => checkConnectionIds(parseTransportParameters(unhex(text)), original, source, withRetry ? retry : undefined);
		check("00020102 0f020304");
		check("00020102 0f020304 10020506", true);
		throws(() => check("0f020304"), "original_destination_connection_id");
		throws(() => check("00020103 0f020304"), "original_destination_connection_id");
		throws(() => check("00020102"), "initial_source_connection_id");
		throws(() => check("00020102 0f0103"), "initial_source_connection_id");
		throws(() => check("00020102 0f020304 10020506"), "retry_source_connection_id");
		throws(() => check("00020102 0f020304", true), "retry_source_connection_id");
		throws(() => check("00020102 0f020304 10020507", true), "retry_source_connection_id");
	});
});
