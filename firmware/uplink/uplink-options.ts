import type { SessionOptions } from "../mqtt/session.js";
import type { Random } from "../ports/random.js";
import type { Way } from "./ways.js";

export interface UplinkOptions extends SessionOptions, Way {
	random: Random;
	/** Taken in turn where the first way does not lead to the broker. */
	fallback?: Way | undefined;
	/** ms; default UPLINK_BACKOFF_MIN, UPLINK_BACKOFF_MAX. */
	backoffMinimum?: number | undefined;
	backoffMaximum?: number | undefined;
}
