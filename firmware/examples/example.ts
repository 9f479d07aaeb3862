import type { Log } from "../ports/log.js";
import type { TimerFactory } from "../ports/timer.js";
import type { Application } from "../someip/api/application.js";

/** What an example gets beside its application. */
export interface Tools {
	readonly log: Log;
	readonly timer: TimerFactory;
}

/** A small firmware on the SOME/IP API: `npm run board -- --example NAME`. */
export interface Example {
	readonly name: string;
	/** One line for the list. */
	readonly purpose: string;
	/** Where it is if nothing else is said: each example at a place of its own on one machine. */
	readonly address: string;
	/** Sets the application up; it is started afterwards. Returns what is to be done at the end. */
	setUp(application: Application, tools: Tools): () => void;
}
