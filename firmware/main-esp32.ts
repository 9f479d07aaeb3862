/** The entry on an ESP32 board. Beside main.ts the only file that knows both sides. The configuration and the files
 *  that it names lie in the board's data partition. */
import { crypto } from "../hal/crypto/crypto.js";
import { dataPartition } from "../hal/esp32/data-partition.js";
import { entropy } from "../hal/esp32/entropy.js";
import { EspMac } from "../hal/esp32/ethernet.js";
import { openLed } from "../hal/esp32/led.js";
import { NvsStorage } from "../hal/esp32/nvs-storage.js";
import { EspUpdate } from "../hal/esp32/update.js";
import { DrivenLink } from "../hal/ethernet/driven-link.js";
import { macAddressOf } from "../hal/ethernet/mac-address.js";
import { SystemResolver } from "../hal/net/resolver.js";
import { streamListener, streamSocket } from "../hal/net/tcp.js";
import { datagramSocket } from "../hal/net/udp.js";
import { fileSize, fileStore, readFile } from "../hal/storage/files.js";
import { SystemCalendar } from "../hal/system/calendar.js";
import { clock } from "../hal/system/clock.js";
import { SystemConsole } from "../hal/system/console.js";
import { SystemLog } from "../hal/system/log.js";
import { random } from "../hal/system/random.js";
import { system } from "../hal/system/system.js";
import { timer } from "../hal/system/timer.js";
import { SystemWatchdog } from "../hal/system/watchdog.js";
import { WATCHDOG_TIME } from "./config.js";
import { startBoard } from "./gateway/start.js";
import { LEVEL_WARN } from "./ports/log.js";
import { AddressTable } from "./wire/address-table.js";

const DATA = "/data";
/** A MAC address as text, in place of the chip's own. */
const MAC_FILE = "/data/mac.txt";

export default function main(): void {
	entropy.enable();
	const addresses = new AddressTable();
	const log = new SystemLog();
	if (dataPartition.mount())
		log.write(LEVEL_WARN, "board", "the data partition had no file system and is empty now");
	const storage = new NvsStorage(), led = openLed();
	if (storage.isFresh)
		log.write(LEVEL_WARN, "board", "the settings could not be read and are empty now");
	startBoard(["--data", DATA], {
		platform: {
			clock, calendar: new SystemCalendar(), random, crypto, addresses, datagramSocket, streamSocket, streamListener, timer, system,
			resolver: new SystemResolver(addresses),
			log, console: new SystemConsole(), storage, update: new EspUpdate(), watchdog: new SystemWatchdog(WATCHDOG_TIME),
			link: new DrivenLink({ mac: new EspMac(ownMac(log)), clock, timer, log }),
			...led === undefined ? {} : { led },
		},
		fileSize, readFile, store: fileStore,
		openKeyLog() {
			throw new Error("a board keeps no TLS secrets");
		},
		openCalendar: wallClock => new SystemCalendar(wallClock),
	});
}

/** No bytes: the chip's own. */
function ownMac(log: SystemLog): Uint8Array {
	try {
		return macAddressOf(readFile(MAC_FILE));
	}
	catch (error) {
		log.write(LEVEL_WARN, "link", `${MAC_FILE}: ${(error as Error).message}; the chip's own is used`);
		return new Uint8Array(0);
	}
}
