/** One HTTPS request on a PC: the ports of the XS host under firmware/gateway/get.ts. Knows both sides, as main.ts. */
import { crypto } from "../hal/crypto/crypto.js";
import { onInterrupt } from "../hal/linux/host.js";
import { SystemResolver } from "../hal/net/resolver.js";
import { datagramSocket } from "../hal/net/udp.js";
import { fileSize, readFile } from "../hal/storage/files.js";
import { SystemCalendar } from "../hal/system/calendar.js";
import { clock } from "../hal/system/clock.js";
import { SystemConsole } from "../hal/system/console.js";
import { FileKeyLog } from "../hal/system/key-log.js";
import { SystemLog } from "../hal/system/log.js";
import { random } from "../hal/system/random.js";
import { system } from "../hal/system/system.js";
import { timer } from "../hal/system/timer.js";
import { startGet } from "./gateway/get.js";
import { AddressTable } from "./wire/address-table.js";

/** `args`: what follows `--` on the command line. */
export default function main(args: string[]): void {
	const addresses = new AddressTable();
	const stop = startGet(args, {
		platform: {
			clock, calendar: new SystemCalendar(), random, crypto, addresses, resolver: new SystemResolver(addresses), timer, system,
			datagramSocket: options => datagramSocket({ ...options, addresses }), log: new SystemLog(), console: new SystemConsole(),
		},
		fileSize, readFile,
		openKeyLog: path => new FileKeyLog(path),
		openCalendar: wallClock => new SystemCalendar(wallClock),
	});
	if (stop !== undefined)
		onInterrupt(stop);
}
