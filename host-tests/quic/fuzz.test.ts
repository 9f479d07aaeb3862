import { liveBytes } from "#hal";
import { describe, ENGINE, equal, it, ok } from "#test";
import { QuicFuzz } from "../fuzz/quic.js";
import { Prng } from "../support/prng.js";
import { ModelPeer } from "./support/model-peer.js";
import { Pair } from "./support/pair.js";

const IS_XS = ENGINE as string === "xs";
const PARTS = IS_XS ? 1 : 4, DATAGRAMS = IS_XS ? 10_000 : 250_000, WARM_UP = IS_XS ? 500 : 20_000;
const GROWTH_MAX = IS_XS ? 16 * 1024 : 4 * 1024 * 1024;
const SEED = 20_261_122;

describe("fuzz", () => {
	it("a server within the rules, whatever its choices, gets and delivers everything (by seed)", () => {
		for (let seed = 1; seed <= (IS_XS ? 2 : 10); seed++) {
			const pair = new Pair().establish(), model = new ModelPeer(pair, new Prng(seed));
			try {
				for (let i = 0; i < 150 && !pair.client.closed; i++)
					model.step();
				equal(pair.client.closeReason, "");
				model.finish();
				equal(pair.client.closeReason, "");
				pair.client.close(0, "", pair.now);
			}
			catch (error) {
				throw new Error(`seed ${seed}: ${(error as Error).message}`);
			}
		}
	});

	// In parts, each of which is done in the time that a test has.
	for (let part = 0; part < PARTS; part++)
		it(`a server beyond the rules that holds the keys does no harm in ${DATAGRAMS} datagrams, seed ${SEED + part}`, () => {
			const fuzz = new QuicFuzz(SEED + part);
			fuzz.run(WARM_UP);
			const before = liveBytes();
			fuzz.run(DATAGRAMS);
			fuzz.probe();
			const growth = liveBytes() - before;
			ok(growth <= GROWTH_MAX, `grew by ${growth} bytes`);
			ok(fuzz.established > fuzz.connections / 4 && fuzz.codes.size >= (IS_XS ? 4 : 10), `${fuzz.established} of ${fuzz.connections} connections were established, ${fuzz.codes.size} codes ended them: not worth its name`);
		});
});
