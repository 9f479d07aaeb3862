import { liveBytes } from "#hal";
import { describe, ENGINE, equal, it, ok } from "#test";
import { applicationClose, stream, text } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { QuickCrypto } from "../fuzz/quick-crypto.js";

const IS_XS = ENGINE as string === "xs";
const PARTS = IS_XS ? 1 : 4, CONNECTS = IS_XS ? 300 : 2500, WARM_UP = IS_XS ? 40 : 500;
/** One of so many has real keys and a real signature. */
const REAL_EVERY = 50;
/** On Node what the collector leaves goes up and down by a megabyte; a connection that left 400 bytes would be 4 MB after all. */
const GROWTH_MAX = IS_XS ? 2048 : 3 * 1024 * 1024;

const quick = new QuickCrypto();

/** One connection from connect to its end, of one of the ways that there are. */
function connectAndClose(i: number): void {
	const pair = new Pair({ start: i * 1000, ...i % REAL_EVERY === 0 ? {} : { crypto: quick, tls: { sign: () => quick.sign() } } }), { client } = pair;
	if (i % 10 === 9) {
		// Given up in its handshake.
		pair.connect().give(pair.peer.initialPacket());
		client.dispose();
	}
	else {
		pair.establish();
		equal(client.openStream(), 0);
		pair.write(0, text("hello")).frames(stream(0, 0, text("world")));
		equal(pair.read(0).length, 5);
		if (i % 3 === 0)
			pair.frames(applicationClose(0, "bye"));
		else if (i % 3 === 1)
			pair.give(pair.peer.statelessReset());
		else {
			client.close(0, "", pair.now);
			pair.pump();
		}
		pair.losing = true;
		pair.advance(20000);
	}
	equal(client.ended, true, `connection ${i}`);
}

describe("soak", () => {
	let count = 0;
	const connect = (connects: number): void => {
		for (const end = count + connects; count < end; count++)
			connectAndClose(count);
	};
	let before = 0;
	// In parts, each of which is done in the time that a test has.
	for (let part = 1; part <= PARTS; part++)
		it(`${part * CONNECTS} connects and closes leave nothing behind`, () => {
			if (before === 0) {
				connect(WARM_UP);
				before = liveBytes();
			}
			connect(CONNECTS);
			const growth = liveBytes() - before;
			ok(growth <= GROWTH_MAX, `grew by ${growth} bytes`);
		});
});
