/** The board on a PC: the ports of the XS host under the gateway. The only file that knows both sides. */
import { crypto } from "../hal/crypto/crypto.js";
import { onInterrupt } from "../hal/linux/host.js";
import { SystemResolver } from "../hal/net/resolver.js";
import { streamListener, streamSocket } from "../hal/net/tcp.js";
import { datagramSocket } from "../hal/net/udp.js";
import { FileStorage } from "../hal/storage/file-storage.js";
import { FileUpdate } from "../hal/storage/file-update.js";
import { fileSize, fileStore, readFile } from "../hal/storage/files.js";
import { SystemCalendar } from "../hal/system/calendar.js";
import { clock } from "../hal/system/clock.js";
import { SystemConsole } from "../hal/system/console.js";
import { FileKeyLog } from "../hal/system/key-log.js";
import { SystemLog } from "../hal/system/log.js";
import { random } from "../hal/system/random.js";
import { system } from "../hal/system/system.js";
import { timer } from "../hal/system/timer.js";
import { SystemTraceFile } from "../hal/system/trace-file.js";
import { SystemWatchdog } from "../hal/system/watchdog.js";
import { traced } from "../hal/trace/open-trace.js";
import { WATCHDOG_TIME } from "./config.js";
import { startBoard } from "./gateway/start.js";
import { AddressTable } from "./wire/address-table.js";

/** As on the boards with 4 MB of flash. */
const SLOT_BYTES = 0x1e0000;

/** `args`: what follows `--` on the command line. */
export default function main(args: string[]): void {
	const addresses = new AddressTable();
	const board = startBoard(args, {
		platform: {
			clock, calendar: new SystemCalendar(), random, crypto, addresses, datagramSocket, streamSocket, streamListener, timer, system,
			resolver: new SystemResolver(addresses),
			log: new SystemLog(), console: new SystemConsole(), watchdog: new SystemWatchdog(WATCHDOG_TIME),
		},
		fileSize, readFile, store: fileStore,
		openKeyLog: path => new FileKeyLog(path), openStorage: path => new FileStorage(path),
		openSlots: folder => new FileUpdate(fileStore, folder, SLOT_BYTES),
		openCalendar: wallClock => new SystemCalendar(wallClock),
		openTrace: (path, limit, platform) => traced(platform, { file: new SystemTraceFile(path), limit, log: platform.log, addresses: platform.addresses }),
	});
	if (board !== undefined)
		onInterrupt(() => board.stop());
}
