import type { Addresses } from "../ports/addresses.js";
import type { Calendar } from "../ports/calendar.js";
import type { Clock } from "../ports/clock.js";
import type { Console } from "../ports/console.js";
import type { Crypto } from "../ports/crypto.js";
import type { DatagramSocketFactory } from "../ports/datagram-socket.js";
import type { KeyLog } from "../ports/key-log.js";
import type { Led } from "../ports/led.js";
import type { Link } from "../ports/link.js";
import type { Log } from "../ports/log.js";
import type { Random } from "../ports/random.js";
import type { Resolver } from "../ports/resolver.js";
import type { Storage } from "../ports/storage.js";
import type { StreamListenerFactory, StreamSocketFactory } from "../ports/stream-socket.js";
import type { System } from "../ports/system.js";
import type { TimerFactory } from "../ports/timer.js";
import type { Update } from "../ports/update.js";
import type { Watchdog } from "../ports/watchdog.js";

/** Every port that the board stands on. */
export interface Platform {
	readonly clock: Clock;
	readonly calendar: Calendar;
	readonly random: Random;
	readonly crypto: Crypto;
	/** The IPv6 addresses that the sockets, the resolver and the cores know. */
	readonly addresses: Addresses;
	readonly datagramSocket: DatagramSocketFactory;
	readonly streamSocket?: StreamSocketFactory;
	readonly streamListener?: StreamListenerFactory;
	readonly resolver: Resolver;
	readonly timer: TimerFactory;
	readonly log: Log;
	readonly console: Console;
	readonly system: System;
	/** Absent: the network is there from the start, as on a PC. */
	readonly link?: Link;
	readonly keyLog?: KeyLog;
	/** Lets the next start wait for files on the console; absent where there is nowhere to put them. */
	readonly provision?: () => void;
	/** Sockets of the vehicle's side that tell a trace what they carry; absent: the same as above. */
	readonly vehicle?: Pick<Platform, "datagramSocket" | "streamSocket" | "streamListener">;
	/** Absent: nobody minds a loop that stands still. */
	readonly watchdog?: Watchdog;
	/** Absent: no light. */
	readonly led?: Led;
	/** Absent: the image is what it is. */
	readonly update?: Update;
	/** Absent: nothing is kept over a restart. */
	readonly storage?: Storage;
}
