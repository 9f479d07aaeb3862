import { describe, equal, it, throws } from "#test";
import { CHECK_ERROR, CHECK_NO_NEW_DATA, CHECK_OK, CHECK_OK_SOME_LOST, CHECK_REPEATED, CHECK_WRONG_SEQUENCE } from "../../../firmware/someip/e2e/protection.js";
import { STATE_INIT, STATE_INVALID, STATE_NO_DATA, STATE_VALID, StateMachine, type StateMachineOptions } from "../../../firmware/someip/e2e/state-machine.js";

const BASE: StateMachineOptions = {
	windowSizeValid: 5, windowSizeInit: 4, windowSizeInvalid: 4,
	minOkStateInit: 2, maxErrorStateInit: 1, minOkStateValid: 1, maxErrorStateValid: 2, minOkStateInvalid: 3, maxErrorStateInvalid: 0,
};
const STATUS: { [letter: string]: number } = { o: CHECK_OK, l: CHECK_OK_SOME_LOST, r: CHECK_REPEATED, w: CHECK_WRONG_SEQUENCE, e: CHECK_ERROR, n: CHECK_NO_NEW_DATA };
const STATE: { [letter: string]: number } = { N: STATE_NO_DATA, I: STATE_INIT, V: STATE_VALID, X: STATE_INVALID };

describe("e2e: state machine", () => {
	it("goes through its states as the table says", () => {
		for (const [name, statuses, states, more] of [
			["nothing or errors only: no data", "nenenenene", "NNNNNNNNNN"],
			["the first message opens INIT and is not counted", "ooo", "IIV"],
			["whatever its counter was", "woo", "IIV"], ["repeated is data as well", "roo", "IIV"],
			["some lost is OK", "olllo", "IIVVV"],
			["one error is allowed in INIT, two are not", "oeoo", "IIIV"], ["one error is allowed in INIT, two are not", "oeoe", "IIIX"],
			["repeated and wrong sequences are neither OK nor errors", "orwrwrwoo", "IIIIIIIIV"],
			["VALID bears two errors in five", "oooeeooooo", "IIVVVVVVVV"], ["three are too many", "oooeeoe", "IIVVVVX"],
			["VALID needs one OK in five", "ooornrrr", "IIVVVVVX"],
			["INVALID needs three OK and no error in four", "oooeeeooooo", "IIVVVXXXXVV"],
			["an error in INVALID clears what was counted", "oooeeeooeooo", "IIVVVXXXXXXV"],
			["repeated do not clear it", "oooeeeoroo", "IIVVVXXXXV"],
			["where cleared on the way to INVALID nothing remains", "oooeeeooo", "IIVVVXXXV", { clearToInvalid: true }],
			["extended: a window without data is INVALID", "nenen", "NNNNX", { transitToInvalidExtended: true }],
			["extended: data in time is not", "neneo", "NNNNI", { transitToInvalidExtended: true }],
			["extended: INIT that cannot get its OK is INVALID", "orrr", "IIIX", { transitToInvalidExtended: true }],
			["extended: INIT that can still get it is not", "orroo", "IIIIV", { transitToInvalidExtended: true }],
		] as [string, string, string, Partial<StateMachineOptions>?][]) {
			const machine = new StateMachine({ ...BASE, ...more });
			equal(machine.state, STATE_NO_DATA);
			for (let i = 0; i < statuses.length; i++)
				equal(machine.add(STATUS[statuses[i]!]!), STATE[states[i]!], `${name}: ${statuses} at ${i}`);
		}
	});

	it("does not count in a longer window what the shorter one had forgotten", () => {
		const machine = new StateMachine({ ...BASE, windowSizeValid: 10, maxErrorStateValid: 1, maxErrorStateInit: 1, windowSizeInvalid: 3 });
		for (const letter of "oooee")
			machine.add(STATUS[letter]!);
		equal(machine.state, STATE_INVALID);
		for (const letter of "ooo")
			machine.add(STATUS[letter]!);
		equal(machine.state, STATE_VALID);
		machine.add(CHECK_ERROR);
		equal(machine.errorCount, 1);
		equal(machine.state, STATE_VALID);
	});

	it("says at set-up which numbers contradict each other", () => {
		for (const [more, message] of [
			[{ windowSizeInit: 6 }, "VALID must be the longest"], [{ minOkStateValid: 0 }, "minOk must grow"], [{ minOkStateInvalid: 1 }, "minOk must grow"],
			[{ maxErrorStateInvalid: 2 }, "maxError must shrink"], [{ minOkStateInit: 3, maxErrorStateInit: 2 }, "must fit into its window"], [{ windowSizeValid: 256 }, "from 0 to 255"],
			[{ windowSizeInit: 0 }, "VALID must be the longest"],
		] as [Partial<StateMachineOptions>, string][])
			throws(() => new StateMachine({ ...BASE, ...more }), message);
	});
});
