/** The ports on Node, for specs: `import { crypto, random } from "#hal"` (hal-xs.ts gives the natives on XS). */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Calendar } from "../../firmware/ports/calendar.js";
import type { KeyLog } from "../../firmware/ports/key-log.js";
import type { Storage } from "../../firmware/ports/storage.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { NodeCalendar } from "../../hal/node/calendar.js";
import { NodeKeyLog } from "../../hal/node/key-log.js";
import { NodeResolver } from "../../hal/node/resolver.js";
import { NodeStorage } from "../../hal/node/storage.js";

export { clock } from "../../hal/node/clock.js";
export { crypto } from "../../hal/node/crypto.js";
export { datagramSocket } from "../../hal/node/datagram-socket.js";
export { random } from "../../hal/node/random.js";
export { streamListener, streamSocket } from "../../hal/node/stream-socket.js";
export { timer } from "../../hal/node/timer.js";

/** The IPv6 addresses that specs and the resolver know. */
export const addresses = new AddressTable();
export const resolver = new NodeResolver(addresses);
/** The system's wall clock, one that is not set, or one that was set to some second. */
export const calendar = (wallClock: "system" | "unset" | number): Calendar => new NodeCalendar(wallClock);
/** A store in a folder; the path is seen from the project's folder. */
export const storage = (folder: string): Storage => new NodeStorage(folder);
export const keyLog = (path: string): KeyLog => new NodeKeyLog(path);
/** Bytes of the heap that survive a collection: to see what grows. */
export function liveBytes(): number {
	setFlagsFromString("--expose-gc");
	(runInNewContext("gc") as () => void)();
	return process.memoryUsage().heapUsed;
}
