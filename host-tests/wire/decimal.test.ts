import { deepEqual, describe, it } from "#test";
import { parseDecimal } from "../../firmware/wire/decimal.js";

describe("decimal", () => {
	it("reads decimals up to a bound", () => {
		deepEqual(["0", "65535", "65536", "", "00", "1a", "99999999999"].map(text => parseDecimal(text, 65535)), [0, 65535, -1, -1, -1, -1, -1]);
	});
});
