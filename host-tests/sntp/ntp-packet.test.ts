import { describe, equal, hex, it, unhex } from "#test";
import { NTP_LENGTH, readTimestamp, writeRequest, writeTimestamp } from "../../firmware/sntp/ntp-packet.js";

/** RFC 4330 §3 (the era), RFC 5905 Figure 4 (the epochs), and the figures of `date`. */
const TIMES: readonly (readonly [bytes: string, milliseconds: number])[] = [
	["83aa7e8000000000", 0],
	["83aa7e8080000000", 500],
	["ed00378040000000", 1767225600250],
	["ffffffff00000000", 2085978495000],
	["0000000000000001", 2085978496000],
	["0000000100000000", 2085978497000],
	["7fffffff00000000", 4233462143000],
	["8000000000000000", -61505152000],
];

describe("NTP packet", () => {
	it("knows the time of a timestamp, in this era and in the next", () => {
		for (const [bytes, milliseconds] of TIMES)
			equal(Math.floor(readTimestamp(unhex(bytes), 0)), milliseconds, bytes);
	});

	it("takes 0 for unknown", () => {
		equal(readTimestamp(new Uint8Array(8), 0), -1);
	});

	it("writes what it reads", () => {
		const bytes = new Uint8Array(8);
		for (const time of [0, 1767225600250, 2085978495999, 2085978497001, 4233462143999]) {
			writeTimestamp(bytes, 0, time);
			equal(Math.round(readTimestamp(bytes, 0)), time);
		}
	});

	it("asks as a client of version 4, with the nonce as its only timestamp", () => {
		const into = new Uint8Array(60).fill(0xff);
		equal(writeRequest(into, unhex("0102030405060708")), NTP_LENGTH);
		equal(hex(into), `23${"00".repeat(39)}0102030405060708${"ff".repeat(12)}`);
	});
});
