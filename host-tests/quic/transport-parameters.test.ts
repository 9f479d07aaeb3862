import { describe, it, deepEqual, equal, hex, ok, throws, unhex } from "#test";
import { TRANSPORT_PARAMETER_ERROR, TransportError } from "../../firmware/quic/transport-error.js";
import {
	ACK_DELAY_EXPONENT, checkConnectionIds, DISABLE_ACTIVE_MIGRATION, encodeTransportParameters, GREASE_QUIC_BIT, INITIAL_MAX_DATA, INITIAL_MAX_STREAM_DATA_BIDI_LOCAL,
	INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, INITIAL_MAX_STREAM_DATA_UNI, INITIAL_MAX_STREAMS_BIDI, INITIAL_MAX_STREAMS_UNI, INITIAL_SOURCE_CONNECTION_ID, MAX_ACK_DELAY,
	MAX_IDLE_TIMEOUT, MAX_UDP_PAYLOAD_SIZE, ORIGINAL_DESTINATION_CONNECTION_ID, parseTransportParameters, PREFERRED_ADDRESS, RETRY_SOURCE_CONNECTION_ID, STATELESS_RESET_TOKEN,
} from "../../firmware/quic/transport-parameters.js";

const TOKEN = "000102030405060708090a0b0c0d0e0f";

function refuses(text: string, reason = ""): void {
	const error = throws(() => parseTransportParameters(unhex(text)), reason) as TransportError;
	equal(error.code, TRANSPORT_PARAMETER_ERROR, text);
}

describe("transport parameters", () => {
	it("encodes ours and leaves the defaults out", () => {
		const own = { idleTimeout: 30000, maxData: 4096, streamWindow: 2048, uniStreamWindow: 1024, peerBidiStreams: 0, peerUniStreams: 0, datagram: 0, versions: undefined, chance: 2 };
		// max_idle_timeout 30000, max_udp_payload_size 1472, initial_max_data 4096,
		// initial_max_stream_data_bidi_local 2048, initial_source_connection_id of no bytes, 27 (reserved), grease_quic_bit
		const start = "010480007530" + "030245c0" + "04025000" + "05024800";
		equal(hex(encodeTransportParameters(own)), start + "0f00" + "1b00" + "6ab200");
		// initial_max_stream_data_bidi_remote, _uni, initial_max_streams_bidi, _uni, max_datagram_frame_size, version_information
		equal(hex(encodeTransportParameters({ ...own, idleTimeout: 0, peerBidiStreams: 1, peerUniStreams: 3, datagram: 1472, versions: [1, 0x6b3343cf, 1], chance: 1 })),
			start.slice(12) + "06024800" + "07024400" + "080101" + "090103" + "200245c0" + "0f00" + "110c000000016b3343cf00000001" + "3a00" + "6ab200");
	});

	it("reads the server's, with defaults for what is absent", () => {
		const none = parseTransportParameters(unhex(""));
		equal(none.numbers[ACK_DELAY_EXPONENT], 3);
		equal(none.numbers[MAX_ACK_DELAY], 25);
		equal(none.numbers[INITIAL_MAX_STREAMS_BIDI], 0);
		equal(none.numbers[MAX_UDP_PAYLOAD_SIZE], 65527);
		equal(none.maxDatagramFrameSize, 0);
		equal(none.ids.length, 0);
		const all = parseTransportParameters(unhex(`0004 01020304 010480007530 0210${TOKEN} 030245c0 040480010000 050104 060480004000 070100 08010a 090103
			0a0108 0b0220ff 0c00 0e0104 0f02b0b1 1001a0 4abc03112233 200245c0 6ab200 11086b3343cf00000001`.replace("0b0220ff", "0b0260ff")));
		deepEqual(all.values[ORIGINAL_DESTINATION_CONNECTION_ID], unhex("01020304"));
		equal(all.numbers[MAX_IDLE_TIMEOUT], 30000);
		deepEqual(all.values[STATELESS_RESET_TOKEN], unhex(TOKEN));
		deepEqual([INITIAL_MAX_DATA, INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, INITIAL_MAX_STREAM_DATA_UNI].map(id => all.numbers[id]), [65536, 4, 16384, 0]);
		deepEqual([INITIAL_MAX_STREAMS_BIDI, INITIAL_MAX_STREAMS_UNI, ACK_DELAY_EXPONENT, MAX_ACK_DELAY].map(id => all.numbers[id]), [10, 3, 8, 0x20ff]);
		equal(all.maxDatagramFrameSize, 1472);
		ok(all.ids.includes(GREASE_QUIC_BIT) && all.ids.includes(DISABLE_ACTIVE_MIGRATION));
		deepEqual(all.versions, [0x6b3343cf, 1]);
		deepEqual(all.values[INITIAL_SOURCE_CONNECTION_ID], unhex("b0b1"));
		deepEqual(all.values[RETRY_SOURCE_CONNECTION_ID], unhex("a0"));
	});

	it("saturates what is larger than a Number holds", () => {
		equal(parseTransportParameters(unhex("0408ffffffffffffffff")).numbers[INITIAL_MAX_DATA], Number.MAX_SAFE_INTEGER);
	});

	it("refuses each value out of range", () => {
		for (const text of ["0a0115", "0b0480004000", "030244af", "0e0101", "0808d000000000000001", "0908ffffffffffffffff"])
			refuses(text, "malformed");
		for (const text of ["1100", "110300000", "11050000000100", "1108000000010000000", "110400000000", "11080000000100000000"])
			refuses(text.length % 2 === 0 ? text : text + "0", "malformed");
		refuses("6ab20100", "malformed");
		equal(parseTransportParameters(unhex("0808d000000000000000")).numbers[INITIAL_MAX_STREAMS_BIDI], Number.MAX_SAFE_INTEGER);
		refuses("020f000102030405060708090a0b0c0d0e", "malformed");
		refuses("0c0100", "malformed");
		refuses("0f15" + "00".repeat(21), "malformed");
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
		refuses("0102050a", "malformed");
		refuses("0100", "cut off");
	});

	it("takes a preferred address's id, and refuses a malformed one", () => {
		const address = "00".repeat(24);
		const good = parseTransportParameters(unhex(`0d2b${address}02c0c1${TOKEN}`));
		equal(hex(good.values[PREFERRED_ADDRESS]!.slice(24)), `02c0c1${TOKEN}`);
		refuses(`0d29${address}00${TOKEN}`, "malformed");
		refuses(`0d2a${address}02c0c1${TOKEN.slice(2)}`, "malformed");
		refuses(`0d18${address}`, "malformed");
		refuses(`0d3e${address}15${"00".repeat(21)}${TOKEN}`, "malformed");
	});

	it("checks the three connection ids that bind the handshake", () => {
		const original = unhex("0102"), source = unhex("0304"), retry = unhex("0506");
		const check = (text: string, withRetry = false) => checkConnectionIds(parseTransportParameters(unhex(text)), original, source, withRetry ? retry : undefined);
		check("00020102 0f020304");
		check("00020102 0f020304 10020506", true);
		throws(() => check("0f020304"), "parameter 0 ");
		throws(() => check("00020103 0f020304"), "parameter 0 ");
		throws(() => check("00020102"), "parameter 15 ");
		throws(() => check("00020102 0f0103"), "parameter 15 ");
		throws(() => check("00020102 0f020304 10020506"), "parameter 16 ");
		throws(() => check("00020102 0f020304", true), "parameter 16 ");
		throws(() => check("00020102 0f020304 10020507", true), "parameter 16 ");
	});
});
