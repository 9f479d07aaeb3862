/** The E2E state machine (AUTOSAR E2E protocol, E2E_SMCheck): whether the messages of one event or method, taken
 *  together over a window, can be relied on. Give it each CHECK_* of its checker. */
import { CHECK_ERROR, CHECK_NO_NEW_DATA, CHECK_OK, CHECK_OK_SOME_LOST } from "./protection.js";

export const STATE_NO_DATA = 0;
export const STATE_INIT = 1;
export const STATE_VALID = 2;
export const STATE_INVALID = 3;
export const STATE_NAMES: readonly string[] = Object.freeze(["no data", "init", "valid", "invalid"]);

/** Counted within the window of the state that is left: at least so many OK and at most so many errors lead to VALID. */
export interface StateMachineOptions {
	/** Messages in the window of each state; that of VALID is the longest. */
	readonly windowSizeValid: number;
	readonly windowSizeInit?: number;
	readonly windowSizeInvalid?: number;
	readonly minOkStateInit: number;
	readonly maxErrorStateInit: number;
	readonly minOkStateValid: number;
	readonly maxErrorStateValid: number;
	readonly minOkStateInvalid: number;
	readonly maxErrorStateInvalid: number;
	/** Forget the window where INVALID begins. Default: no. */
	readonly clearToInvalid?: boolean;
	/** From NO_DATA to INVALID after a window without an intact message, and from INIT where too few OK can still come.
	 *  Default: no, as before AUTOSAR R20-11. */
	readonly transitToInvalidExtended?: boolean;
}

const EMPTY = 0xff;

export class StateMachine {
	state = STATE_NO_DATA;
	/** In the window, after the last status. */
	okCount = 0;
	errorCount = 0;
	#next = 0;
	/** Statuses since the state began or the window was cleared. */
	#filled = 0;
	readonly #window: Uint8Array;
	readonly #options: Required<StateMachineOptions>;

	constructor(options: StateMachineOptions) {
		this.#options = { windowSizeInit: options.windowSizeValid, windowSizeInvalid: options.windowSizeValid, clearToInvalid: false, transitToInvalidExtended: false, ...options };
		checkOptions(this.#options);
		this.#window = new Uint8Array(options.windowSizeValid).fill(EMPTY);
	}

	/** Takes a CHECK_*; returns the state after it. */
	add(status: number): number {
		const options = this.#options, state = this.state;
		this.#add(status, state === STATE_INIT ? options.windowSizeInit : state === STATE_INVALID ? options.windowSizeInvalid : options.windowSizeValid);
		if (state === STATE_NO_DATA)
			this.#noData(status);
		else if (state === STATE_INIT)
			this.#init();
		else if (state === STATE_VALID) {
			if (this.errorCount > options.maxErrorStateValid || this.okCount < options.minOkStateValid)
				this.#toInvalid(options.windowSizeValid);
		}
		else if (this.errorCount <= options.maxErrorStateInvalid && this.okCount >= options.minOkStateInvalid)
			this.#to(STATE_VALID, options.windowSizeInvalid, options.windowSizeValid);
		else if (status === CHECK_ERROR)
			this.#clear();
		return this.state;
	}

	#noData(status: number): void {
		if (status !== CHECK_ERROR && status !== CHECK_NO_NEW_DATA) {
			this.#clear();
			this.state = STATE_INIT;
		}
		else if (this.#options.transitToInvalidExtended && this.#filled === this.#window.length)
			this.#toInvalid(this.#window.length);
	}

	#init(): void {
		const options = this.#options;
		const hopeless = options.transitToInvalidExtended && this.#filled - this.okCount > options.windowSizeInit - options.minOkStateInit;
		if (this.errorCount > options.maxErrorStateInit || hopeless)
			this.#toInvalid(options.windowSizeInit);
		else if (this.okCount >= options.minOkStateInit)
			this.#to(STATE_VALID, options.windowSizeInit, options.windowSizeValid);
	}

	#toInvalid(windowSize: number): void {
		if (this.#options.clearToInvalid)
			this.#clear();
		this.#to(STATE_INVALID, windowSize, this.#options.windowSizeInvalid);
	}

	/** A longer window begins with what the shorter one held. */
	#to(state: number, windowSize: number, nextSize: number): void {
		const window = this.#window;
		if (windowSize < nextSize)
			for (let i = 0, at = this.#next; i < window.length - windowSize; i++, at = at + 1 === window.length ? 0 : at + 1)
				window[at] = EMPTY;
		this.state = state;
	}

	/** Puts a status on top and counts the newest `size`. */
	#add(status: number, size: number): void {
		const window = this.#window;
		window[this.#next] = status;
		let ok = 0, errors = 0;
		for (let i = 0, at = this.#next; i < size; i++, at = at === 0 ? window.length - 1 : at - 1) {
			const one = window[at]!;
			if (one === CHECK_OK || one === CHECK_OK_SOME_LOST)
				ok++;
			else if (one === CHECK_ERROR)
				errors++;
		}
		this.okCount = ok;
		this.errorCount = errors;
		this.#next = this.#next + 1 === window.length ? 0 : this.#next + 1;
		if (this.#filled < size)
			this.#filled++;
	}

	#clear(): void {
		this.#window.fill(EMPTY);
		this.#next = this.#filled = this.okCount = this.errorCount = 0;
	}
}

/** The constraints that AUTOSAR has for these numbers. */
function checkOptions(o: Required<StateMachineOptions>): void {
	const sizes = [o.windowSizeValid, o.windowSizeInit, o.windowSizeInvalid, o.minOkStateInit, o.maxErrorStateInit, o.minOkStateValid,
		o.maxErrorStateValid, o.minOkStateInvalid, o.maxErrorStateInvalid];
	require(sizes.every(size => size === (size & 0xff)), "sizes and counts must be integers from 0 to 255");
	require(o.windowSizeInit >= 1 && o.windowSizeInvalid >= 1 && o.windowSizeInit <= o.windowSizeValid && o.windowSizeInvalid <= o.windowSizeValid, "the window of VALID must be the longest");
	require(o.minOkStateValid >= 1 && o.minOkStateValid <= o.minOkStateInit && o.minOkStateInit <= o.minOkStateInvalid, "minOk must grow from Valid over Init to Invalid, from 1");
	require(o.maxErrorStateValid >= o.maxErrorStateInit && o.maxErrorStateInit >= o.maxErrorStateInvalid, "maxError must shrink from Valid over Init to Invalid");
	require(o.minOkStateInit + o.maxErrorStateInit <= o.windowSizeInit && o.minOkStateValid + o.maxErrorStateValid <= o.windowSizeValid
		&& o.minOkStateInvalid + o.maxErrorStateInvalid <= o.windowSizeInvalid, "minOk and maxError of a state must fit into its window together");
}

function require(condition: boolean, what: string): void {
	if (!condition)
		throw new RangeError("E2E state machine: " + what);
}
