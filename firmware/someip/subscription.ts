/** One eventgroup of one service instance that is subscribed here. */
import { CONNECTION_OPEN } from "./connection.js";
import type { RemoteService } from "./service-table.js";

export const STATE_FREE = 0;
/** No Subscribe was sent yet. */
export const STATE_NEW = 1;
/** Subscribe sent, no answer yet. */
export const STATE_SENT = 2;
export const STATE_ACKNOWLEDGED = 3;
export const STATE_REFUSED = 4;

export const WAY_DATAGRAM = 1;
export const WAY_STREAM = 2;

export class Subscription {
	state = STATE_FREE;
	/** What the application was told last. */
	reported = STATE_FREE;
	service: RemoteService | undefined = undefined;
	eventgroupId = 0;
	/** The handle that `request` gave. */
	wish = 0;
	/** Its events come by UDP (1), by the service's TCP connection (2), or both (3). */
	ways = WAY_DATAGRAM;
	/** The connection's life when it was subscribed to. */
	connectionLife = 0;
	/** A Subscribe is sent at `at`, int32 ms, where `armed`. */
	armed = false;
	at = 0;
	/** What triggers it is an offer that came by multicast: its answer is watched for (feat_req_someipsd_1169, _1176). */
	triggered = false;
	/** The last one sent is watched for, and unanswered. */
	awaited = false;
	/** A StopSubscribe is all that is still to be sent. */
	leaving = false;
	/** Sent since the last offer or Ack. */
	unanswered = 0;
	limited = false;
	/** End of the TTL that was acknowledged, int32 ms, where `limited`. */
	expires = 0;
	/** Its last event, or its first Ack, int32 ms, where a SilenceWatch asks for it. */
	heard = 0;
	/** Where its events come by multicast, address 0 = nowhere. */
	groupAddress = 0;
	groupPort = 0;

	/** It can be sent: feat_req_someipsd_767: "The client shall open a TCP connection to the server … before sending the
	 *  SubscribeEventgroup entry". */
	get isReady(): boolean {
		return (this.ways & WAY_STREAM) === 0 || this.service!.connection!.state === CONNECTION_OPEN;
	}

	/** Its events may come now. */
	get open(): boolean {
		return this.state === STATE_SENT || this.state === STATE_ACKNOWLEDGED;
	}
}
