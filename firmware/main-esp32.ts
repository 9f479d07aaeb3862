/** The entry on an ESP32 board. Beside main.ts the only file that knows both sides. The configuration and the files
 *  that it names lie in the board's data partition. */
import { crypto } from "../hal/crypto/crypto.js";
import { resolver } from "../hal/net/resolver.js";
import { datagramSocket } from "../hal/net/udp.js";
import { fileSize, readFile } from "../hal/storage/files.js";
import { SystemCalendar } from "../hal/system/calendar.js";
import { clock } from "../hal/system/clock.js";
import { SystemConsole } from "../hal/system/console.js";
import { SystemLog } from "../hal/system/log.js";
import { random } from "../hal/system/random.js";
import { system } from "../hal/system/system.js";
import { timer } from "../hal/system/timer.js";
import { startBoard } from "./gateway/start.js";

const CONFIGURATION = "/data/gateway.json";

export default function main(): void {
	startBoard(["--config", CONFIGURATION], {
		platform: {
			clock, calendar: new SystemCalendar(), random, crypto, datagramSocket, resolver, timer, system,
			log: new SystemLog(), console: new SystemConsole(),
		},
		fileSize, readFile,
		openKeyLog() {
			throw new Error("a board keeps no TLS secrets");
		},
		openCalendar: wallClock => new SystemCalendar(wallClock),
	});
}
