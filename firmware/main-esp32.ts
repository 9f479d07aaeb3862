/** The entry on an ESP32 board. Beside main.ts the only file that knows both sides. The configuration and the files
 *  that it names lie in the board's data partition. */
import { crypto } from "../hal/crypto/crypto.js";
import { dataPartition } from "../hal/esp32/data-partition.js";
import { entropy } from "../hal/esp32/entropy.js";
import { EspMac } from "../hal/esp32/ethernet.js";
import { DrivenLink } from "../hal/ethernet/driven-link.js";
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
import { startBoard } from "./gateway/start.js";
import { LEVEL_WARN } from "./ports/log.js";
import { AddressTable } from "./wire/address-table.js";

const DATA = "/data";

export default function main(): void {
	entropy.enable();
	const addresses = new AddressTable();
	const log = new SystemLog();
	if (dataPartition.mount())
		log.write(LEVEL_WARN, "board", "the data partition had no file system and is empty now");
	startBoard(["--data", DATA], {
		platform: {
			clock, calendar: new SystemCalendar(), random, crypto, addresses, datagramSocket, streamSocket, streamListener, timer, system,
			resolver: new SystemResolver(addresses),
			log, console: new SystemConsole(),
			link: new DrivenLink({ mac: new EspMac(), clock, timer, log }),
		},
		fileSize, readFile, store: fileStore,
		openKeyLog() {
			throw new Error("a board keeps no TLS secrets");
		},
		openCalendar: wallClock => new SystemCalendar(wallClock),
	});
}
