import { deepEqual, describe, equal, it, ok } from "#test";
import { SNTP_DENIED, SNTP_INTERVAL, SNTP_RETRY_MAX, SNTP_RETRY_MIN, SNTP_TIMEOUT } from "../../firmware/config.js";
import { NTP_PORT, ORIGIN, RECEIVE, REFERENCE_ID, STRATUM, TRANSMIT, writeTimestamp } from "../../firmware/sntp/ntp-packet.js";
import {
	DROP_HEADER, DROP_LENGTH, DROP_ORIGIN, DROP_SENDER, SNTP_EVENT_FAILED, SNTP_EVENT_NONE, SNTP_EVENT_TIME, SntpClient,
} from "../../firmware/sntp/sntp-client.js";
import { NO_TIMEOUT } from "../../firmware/wire/time.js";
import { Prng } from "../support/prng.js";

const SERVER = 0x0a000009, TIME = 1_800_000_000_000;

interface Answer {
	first?: number;
	stratum?: number;
	code?: string;
	/** Of the server's clock, ms since 1970. */
	received?: number;
	sent?: number;
	/** Flips one bit of this byte. */
	damage?: number;
}

/** A client on a clock that is close to its wrap, and what a server would answer. */
class Rig {
	readonly client = new SntpClient(new Prng(3));
	readonly request = new Uint8Array(48);
	now = 0x7ffffff0 | 0;

	/** Up to the request; returns its length. */
	ask(): number {
		this.client.onTimeout(this.now);
		if (this.client.wantsResolve)
			this.client.resolved(SERVER, this.now);
		return this.client.pollTransmit(this.request, this.now);
	}

	wait(duration: number): this {
		this.now = (this.now + duration) | 0;
		return this;
	}

	answer({ first = 0x24, stratum = 2, code = "", received = TIME, sent = received, damage = -1 }: Answer = {}, length = 48, address = SERVER, port = NTP_PORT): number {
		const bytes = new Uint8Array(48);
		bytes[0] = first;
		bytes[STRATUM] = stratum;
		for (let i = 0; i < code.length; i++)
			bytes[REFERENCE_ID + i] = code.charCodeAt(i);
		for (let i = 0; i < 8; i++)
			bytes[ORIGIN + i] = this.request[TRANSMIT + i]!;
		if (received !== 0)
			writeTimestamp(bytes, RECEIVE, received);
		if (sent !== 0)
			writeTimestamp(bytes, TRANSMIT, sent);
		if (damage >= 0)
			bytes[damage] = bytes[damage]! ^ 1;
		return this.client.receive(bytes, length, address, port, this.now);
	}
}

function asking(): Rig {
	const rig = new Rig();
	rig.client.start(rig.now);
	equal(rig.ask(), 48);
	return rig;
}

/** Between the bounds of a wait that is up to a quarter longer. */
function about(delay: number, expected: number): void {
	ok(delay >= expected && delay <= expected * 1.25, `${delay}, expected about ${expected}`);
}

describe("SNTP client", () => {
	it("does nothing until it is started", () => {
		const rig = new Rig();
		equal(rig.client.pollTimeout(rig.now), NO_TIMEOUT);
		equal(rig.ask(), 0);
		equal(rig.answer(), DROP_SENDER);
	});

	it("looks the name up, asks, and knows the time half a way later than it was sent", () => {
		const rig = new Rig(), { client } = rig;
		client.start(rig.now);
		equal(client.pollTimeout(rig.now), 0);
		equal(rig.ask(), 48);
		deepEqual([rig.request[0], client.pollTimeout(rig.now)], [0x23, SNTP_TIMEOUT]);
		rig.wait(240);
		equal(rig.answer({ received: TIME + 100, sent: TIME + 140 }), 0);
		equal(client.pollEvent(), SNTP_EVENT_TIME);
		deepEqual([client.seconds, client.milliseconds, client.error], [1_800_000_000, 240, ""]);
		equal(client.pollEvent(), SNTP_EVENT_NONE);
		about(client.pollTimeout(rig.now), SNTP_INTERVAL);
	});

	it("asks with a nonce that is another one each time", () => {
		const rig = asking(), first = [...rig.request.subarray(TRANSMIT)];
		rig.wait(SNTP_TIMEOUT).client.onTimeout(rig.now);
		rig.wait(rig.client.pollTimeout(rig.now));
		equal(rig.ask(), 48);
		ok([...rig.request.subarray(TRANSMIT)].some((byte, i) => byte !== first[i]));
	});

	it("drops what is no answer to its request, and takes the answer after it", () => {
		const rig = asking();
		equal(rig.answer({}, 48, SERVER + 1), DROP_SENDER);
		equal(rig.answer({}, 48, SERVER, 124), DROP_SENDER);
		for (let length = 0; length < 48; length++)
			equal(rig.answer({}, length), DROP_LENGTH);
		for (const first of [0x23, 0x25, 0x20, 0x2c, 0x14, 0x3c])
			equal(rig.answer({ first }), DROP_HEADER, `${first}`);
		for (let i = 0; i < 8; i++)
			equal(rig.answer({ damage: ORIGIN + i }), DROP_ORIGIN);
		equal(rig.client.pollEvent(), SNTP_EVENT_NONE);
		equal(rig.answer(), 0);
		equal(rig.client.pollEvent(), SNTP_EVENT_TIME);
		equal(rig.answer(), DROP_SENDER);
	});

	it("takes versions 3 and 4", () => {
		for (const first of [0x1c, 0x24, 0x64]) {
			const rig = asking();
			equal(rig.answer({ first }), 0);
			equal(rig.client.pollEvent(), SNTP_EVENT_TIME);
		}
	});

	it("refuses a time that cannot be", () => {
		for (const [answer, error] of [
			[{ first: 0xe4 }, "the server itself does not know the time"], [{ stratum: 16 }, "the server itself does not know the time"],
			[{ sent: 0 }, "the server's time cannot be"], [{ received: 0, sent: TIME }, "the server's time cannot be"],
			[{ received: TIME, sent: TIME - 1000 }, "the server's time cannot be"], [{ received: 1_700_000_000_000 }, "the server's time cannot be"],
		] as const) {
			const rig = asking();
			equal(rig.answer(answer), 0);
			deepEqual([rig.client.pollEvent(), rig.client.error], [SNTP_EVENT_FAILED, error]);
			about(rig.client.pollTimeout(rig.now), SNTP_RETRY_MIN);
		}
	});

	it("does not go back where the server was slower than the whole way", () => {
		const rig = asking().wait(10);
		rig.answer({ received: TIME, sent: TIME + 500 });
		deepEqual([rig.client.seconds, rig.client.milliseconds], [1_800_000_000, 500]);
	});

	it("asks again after 15 s where nobody answers, and then less and less often", () => {
		const rig = asking(), { client } = rig;
		let expected = SNTP_RETRY_MIN;
		for (let i = 0; i < 9; i++) {
			rig.wait(SNTP_TIMEOUT).client.onTimeout(rig.now);
			deepEqual([client.pollEvent(), client.error], [SNTP_EVENT_FAILED, "no answer"]);
			const delay = client.pollTimeout(rig.now);
			about(delay, expected);
			equal(rig.wait(delay - 1).ask(), 0);
			equal(rig.wait(1).ask(), 48);
			expected = Math.min(expected * 2, SNTP_RETRY_MAX);
		}
		rig.answer();
		equal(client.pollEvent(), SNTP_EVENT_TIME);
		rig.wait(client.pollTimeout(rig.now));
		equal(rig.ask(), 48);
		rig.wait(SNTP_TIMEOUT).client.onTimeout(rig.now);
		about(client.pollTimeout(rig.now), SNTP_RETRY_MIN);
	});

	it("asks again where the name is not found, or its lookup does not end", () => {
		const rig = new Rig(), { client } = rig;
		client.start(rig.now);
		client.onTimeout(rig.now);
		client.resolved(-1, rig.now);
		deepEqual([client.pollEvent(), client.error], [SNTP_EVENT_FAILED, "the name was not found"]);
		rig.wait(client.pollTimeout(rig.now)).client.onTimeout(rig.now);
		rig.wait(SNTP_TIMEOUT).client.onTimeout(rig.now);
		deepEqual([client.pollEvent(), client.error], [SNTP_EVENT_FAILED, "no answer to the name lookup"]);
		client.resolved(SERVER, rig.now);
		equal(client.pollTransmit(rig.request, rig.now), 0);
	});

	it("goes away where it is refused: for a day, or to the longest interval", () => {
		for (const [code, delay, shown] of [["DENY", SNTP_DENIED, "DENY"], ["RSTR", SNTP_DENIED, "RSTR"], ["RATE", SNTP_RETRY_MAX, "RATE"], ["X\n1", SNTP_RETRY_MIN, "X???"]] as const) {
			const rig = asking(), { client } = rig;
			equal(rig.answer({ stratum: 0, code }), 0);
			deepEqual([client.pollEvent(), client.error], [SNTP_EVENT_FAILED, `the server refuses: ${shown}`]);
			about(client.pollTimeout(rig.now), delay);
			client.stop();
			client.start(rig.now);
			about(client.pollTimeout(rig.now), delay);
		}
	});

	it("believes a refusal only from the server that it asked", () => {
		const rig = asking();
		equal(rig.answer({ stratum: 0, code: "DENY", damage: ORIGIN }), DROP_ORIGIN);
		equal(rig.answer(), 0);
	});

	it("asks at once when the network is back, but not twice within 15 s", () => {
		const rig = asking(), { client } = rig;
		client.stop();
		equal(client.pollTimeout(rig.now), NO_TIMEOUT);
		equal(rig.answer(), DROP_SENDER);
		rig.wait(1000);
		client.start(rig.now);
		equal(client.pollTimeout(rig.now), SNTP_RETRY_MIN - 1000);
		client.stop();
		rig.wait(20_000);
		client.start(rig.now);
		equal(rig.ask(), 48);
	});

	it("keeps to its interval over a loss of the network once it knows the time", () => {
		const rig = asking(), { client } = rig;
		rig.answer();
		const delay = client.pollTimeout(rig.now);
		client.stop();
		rig.wait(60_000);
		client.start(rig.now);
		equal(client.pollTimeout(rig.now), delay - 60_000);
	});
});
