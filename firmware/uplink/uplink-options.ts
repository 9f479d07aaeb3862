import type { SessionOptions } from "../mqtt/session.js";
import type { Random } from "../ports/random.js";
import type { TransportFactory } from "./transport.js";

export interface UplinkOptions extends SessionOptions {
	/** Name or dotted address. */
	host: string;
	port: number;
	random: Random;
	transport: TransportFactory;
	/** ms; default UPLINK_BACKOFF_MIN, UPLINK_BACKOFF_MAX. */
	backoffMinimum?: number | undefined;
	backoffMaximum?: number | undefined;
}
