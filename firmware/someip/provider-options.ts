/** What a Provider is made with, and what it counts. */
import type { Addresses } from "../ports/addresses.js";
import type { Random } from "../ports/random.js";
import type { ClientTable } from "./client-table.js";
import { Statistics } from "./drop.js";
import type { SendSessions } from "./sd/session.js";
import type { SdTimings } from "./sd/timing.js";

export interface ProviderOptions {
	/** As for a Consumer. */
	localAddress: number;
	netmask: number;
	sdPort: number;
	sdGroup: number;
	/** False: accept endpoints outside of the subnet. */
	topologyCheck: boolean;
	random: Random;
	addresses?: Addresses | undefined;
	/** Subscribes ask for the values of fields by their initial-data flag, and those of others who do so are heeded
	 *  (feat_req_someipsd_1187; AUTOSAR R21-11 removed it); default false. */
	explicitInitialData?: boolean;
	/** Every message says by an SD endpoint option where answers are to go (feat_req_someipsd_1084); default false: to where it came from. */
	sdEndpoint?: boolean;
	timings?: Partial<SdTimings>;
	/** ms between two segments of a long event, default 1. */
	segmentGap?: number;
	/** Default as in config.ts. */
	subscribersMax?: number;
	answersMax?: number;
	/** Connections of clients, for services that are offered by TCP. */
	clients?: ClientTable | undefined;
	/** To be shared by all roles that send from the same SD port. */
	sessions?: SendSessions;
}

/** `received`: SD messages; `sent`: datagrams with events. */
export class ProviderStatistics extends Statistics {
	sent = 0;
	subscribers = 0;
}
