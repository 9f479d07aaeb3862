import { liveBytes } from "#hal";
import { describe, ENGINE, it, ok } from "#test";
import { SomeipFuzz } from "../fuzz/someip.js";

const IS_XS = ENGINE as string === "xs";
const MUTANTS = IS_XS ? 10_000 : 1_000_000;
/** Until every table has seen its fill. */
const WARM_UP = IS_XS ? 2000 : 50_000;
const GROWTH_MAX = IS_XS ? 32 * 1024 : 4 * 1024 * 1024;

describe("SOME/IP under mutation", () => {
	it(`${MUTANTS} datagrams and pieces of streams throw nothing, leave no memory behind, and good ones are served`, () => {
		const fuzz = new SomeipFuzz(20_261_122);
		fuzz.run(WARM_UP);
		const before = liveBytes();
		fuzz.run(MUTANTS);
		fuzz.probe();
		const growth = liveBytes() - before;
		ok(growth <= GROWTH_MAX, `grew by ${growth} bytes`);
		ok(fuzz.taken > MUTANTS / 10 && fuzz.dropped > MUTANTS / 10, `${fuzz.taken} taken, ${fuzz.dropped} dropped: the mutants are not worth their name`);
	});
});
