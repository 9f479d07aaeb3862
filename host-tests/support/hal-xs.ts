/** The ports on XS, for specs: `import { crypto, random } from "#hal"` (hal-node.ts gives Node's). */
import type { Calendar } from "../../firmware/ports/calendar.js";
import type { KeyLog } from "../../firmware/ports/key-log.js";
import type { Storage } from "../../firmware/ports/storage.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { SystemResolver } from "../../hal/net/resolver.js";
import { FileStorage } from "../../hal/storage/file-storage.js";
import { engine } from "../../hal/system/engine.js";
import { SystemCalendar } from "../../hal/system/calendar.js";
import { FileKeyLog } from "../../hal/system/key-log.js";

export { clock } from "../../hal/system/clock.js";
export { crypto } from "../../hal/crypto/crypto.js";
export { datagramSocket } from "../../hal/net/udp.js";
export { random } from "../../hal/system/random.js";
export { streamListener, streamSocket } from "../../hal/net/tcp.js";
export { timer } from "../../hal/system/timer.js";

/** The IPv6 addresses that specs and the resolver know. */
export const addresses = new AddressTable();
export const resolver = new SystemResolver(addresses);
/** The system's wall clock, one that is not set, or one that was set to some second. */
export const calendar = (wallClock: "system" | "unset" | number): Calendar => new SystemCalendar(wallClock);
/** A store in a folder; the path is seen from the project's folder. */
export const storage = (folder: string): Storage => new FileStorage(folder);
export const keyLog = (path: string): KeyLog => new FileKeyLog(path);
/** Bytes of the heap that survive a collection: to see what grows. */
export function liveBytes(): number {
	engine.collect();
	return engine.liveBytes();
}
