/** An example of the SOME/IP API on a PC: the ports of the XS host under firmware/examples/. Knows both sides, as main.ts. */
import { onInterrupt } from "../hal/linux/host.js";
import { streamListener, streamSocket } from "../hal/net/tcp.js";
import { datagramSocket } from "../hal/net/udp.js";
import { fileSize, readFile } from "../hal/storage/files.js";
import { clock } from "../hal/system/clock.js";
import { SystemConsole } from "../hal/system/console.js";
import { SystemLog } from "../hal/system/log.js";
import { random } from "../hal/system/random.js";
import { system } from "../hal/system/system.js";
import { timer } from "../hal/system/timer.js";
import { SystemTraceFile } from "../hal/system/trace-file.js";
import { traced } from "../hal/trace/open-trace.js";
import { startExample } from "./examples/start.js";
import { AddressTable } from "./wire/address-table.js";

/** `args`: what follows `--` on the command line. */
export default function main(args: string[]): void {
	const stop = startExample(args, {
		platform: {
			addresses: new AddressTable(), clock, random, datagramSocket, streamSocket, streamListener, timer, system,
			log: new SystemLog(), console: new SystemConsole(),
		},
		fileSize, readFile,
		openTrace: (path, limit, platform) => traced(platform, { file: new SystemTraceFile(path), limit, log: platform.log, addresses: platform.addresses }),
	});
	if (stop !== undefined)
		onInterrupt(stop);
}
