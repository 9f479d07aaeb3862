/** What the process of a vehicle (or of a recording) and its parent tell each other over Node's IPC channel.
 *  Without a parent that listens, the process prints the same as lines of JSON. */

export interface VehicleStatistics {
	/** Notifications by (service, event), each event once however many subscribers or TP segments. */
	sent: number;
	/** Datagrams with events. */
	datagrams: number;
	/** Eventgroups that somebody subscribes to now, and all that there are. */
	subscribed: number;
	eventgroups: number;
}

/** From the process. */
export type FromVehicle =
	/** Sockets are open and services are being offered. */
	| { type: "ready"; services: string[] }
	/** One line for people. */
	| { type: "log"; text: string }
	/** Whenever the number of subscribed eventgroups changes, and once a second. */
	| { type: "statistics"; statistics: VehicleStatistics }
	/** A recording has been played to its end. */
	| { type: "played"; statistics: VehicleStatistics }
	/** Nothing more is sent; StopOffer has gone out. */
	| { type: "stopped"; statistics: VehicleStatistics };

/** To the process. */
export type ToVehicle =
	/** A recording: play now (once every eventgroup is subscribed). */
	| { type: "go" }
	/** Go on offering, but send no more events. */
	| { type: "pause" }
	/** StopOffer and end, as SIGTERM does. */
	| { type: "stop" };
