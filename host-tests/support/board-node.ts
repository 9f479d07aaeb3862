/** The same board on Node: `node build/host-tests/support/board-node.js --config gateway.json [--keylog FILE]`; or
 *  started from a spec, which gets its log and its end. */
import { readFileSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Board } from "../../firmware/gateway/board.js";
import { startBoard } from "../../firmware/gateway/start.js";
import type { Console } from "../../firmware/ports/console.js";
import type { Log } from "../../firmware/ports/log.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { NodeCalendar } from "../../hal/node/calendar.js";
import { clock } from "../../hal/node/clock.js";
import { NodeConsole } from "../../hal/node/console.js";
import { crypto } from "../../hal/node/crypto.js";
import { datagramSocket } from "../../hal/node/datagram-socket.js";
import { NodeKeyLog } from "../../hal/node/key-log.js";
import { NodeStorage } from "../../hal/node/storage.js";
import { NodeLog } from "../../hal/node/log.js";
import { random } from "../../hal/node/random.js";
import { NodeResolver } from "../../hal/node/resolver.js";
import { streamListener, streamSocket } from "../../hal/node/stream-socket.js";
import { timer } from "../../hal/node/timer.js";
import { NodeTraceFile } from "../../hal/node/trace-file.js";
import { traced } from "../../hal/trace/open-trace.js";

export interface NodeBoardOptions {
	log?: Log;
	console?: Console;
	/** Called with the exit status; by default the process ends with it. */
	onExit?: (status: number) => void;
}

/** `args` as on the command line. undefined: it could not be started, `onExit` was told. */
export function startNodeBoard(args: readonly string[], options: NodeBoardOptions = {}): Board | undefined {
	const addresses = new AddressTable();
	return startBoard(args, {
		platform: {
			clock, calendar: new NodeCalendar(), random, crypto, addresses, datagramSocket, streamSocket, streamListener, timer,
			resolver: new NodeResolver(addresses),
			log: options.log ?? new NodeLog(), console: options.console ?? new NodeConsole(),
			system: {
				engineName: "node", engineVersion: process.versions.node, engineBits: 64, arenaBytes: totalmem(),
				usedBytes: () => process.memoryUsage().heapUsed, peakBytes: () => process.memoryUsage().rss,
				libraryHeapBytes: () => 0, exit: options.onExit ?? (status => process.exit(status)),
			},
		},
		fileSize: path => statSync(path, { throwIfNoEntry: false })?.size ?? -1,
		readFile: path => {
			try {
				return new Uint8Array(readFileSync(path));
			}
			catch {
				return undefined;
			}
		},
		openKeyLog: path => new NodeKeyLog(path),
		openStorage: path => new NodeStorage(path),
		openCalendar: wallClock => new NodeCalendar(wallClock),
		openTrace: (path, limit, platform) => traced(platform, { file: new NodeTraceFile(path), limit, log: platform.log, addresses: platform.addresses }),
	});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const board = startNodeBoard(process.argv.slice(2));
	for (const signal of ["SIGINT", "SIGTERM"])
		process.once(signal, () => board?.stop());
}
