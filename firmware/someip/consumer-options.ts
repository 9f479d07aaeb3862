/** What a Consumer is made with, and what it counts. */
import type { Addresses } from "../ports/addresses.js";
import type { Random } from "../ports/random.js";
import type { ConnectionTable } from "./connection-table.js";
import { Statistics } from "./drop.js";
import type { SendSessions } from "./sd/session.js";
import type { SdTimings } from "./sd/timing.js";

export interface ConsumerOptions {
	/** Addresses as in the ports, both of one family; `netmask`: uint32, or the length of an IPv6 prefix in bits. */
	localAddress: number;
	netmask: number;
	sdPort: number;
	sdGroup: number;
	/** Local UDP port that the events are to come to. */
	eventPort: number;
	/** False: accept endpoints outside of the subnet. */
	topologyCheck: boolean;
	/** Seconds that a subscription is asked for, 1…0xffffff (until the next reboot). */
	ttl: number;
	random: Random;
	/** For IPv6. */
	addresses?: Addresses | undefined;
	/** Subscribes ask for the values of fields by their initial-data flag, and those of others who do so are heeded
	 *  (feat_req_someipsd_1187; AUTOSAR R21-11 removed it); default false. */
	explicitInitialData?: boolean;
	/** Every message says by an SD endpoint option where answers are to go (feat_req_someipsd_1084); default false: to where it came from. */
	sdEndpoint?: boolean;
	timings?: Partial<SdTimings>;
	/** To be shared by all roles that send from the same SD port. */
	sessions?: SendSessions;
	/** Default as in config.ts. */
	subscriptionsMax?: number;
	/** For services by TCP; without it they cannot be reached by TCP. */
	connections?: ConnectionTable | undefined;
}

/** `services`: instances known; `subscriptions`: those acknowledged; `received`: SD messages. */
export class ConsumerStatistics extends Statistics {
	services = 0;
	subscriptions = 0;
}
