/** What the contract suite of Console, Log and System (host-tests/xs/console.test.ts) has a program do with them. */
import type { Console } from "../../firmware/ports/console.js";
import { LEVEL_DEBUG, LEVEL_ERROR, LEVEL_INFO, LEVEL_WARN, type Log } from "../../firmware/ports/log.js";
import type { System } from "../../firmware/ports/system.js";
import type { TimerFactory } from "../../firmware/ports/timer.js";

/** Logs one line per level, then answers lines of the console until one says `end N`; `later` is answered after 50 ms. */
export function talk(log: Log, console: Console, system: System, timer: TimerFactory): void {
	const clock = timer(() => console.print("5: later"));
	log.write(LEVEL_ERROR, "test", "an error");
	log.write(LEVEL_WARN, "test", "a warning");
	log.write(LEVEL_INFO, "test", "a line\nthat would be two \x1b[31mand red");
	log.write(LEVEL_DEBUG, "test", "not shown at first");
	log.level = LEVEL_DEBUG;
	log.write(LEVEL_DEBUG, "test", "shown now");
	console.onLine = line => {
		if (line.startsWith("end "))
			system.exit(Number(line.slice(4)));
		else if (line === "later")
			clock.schedule(50);
		else if (line === "memory") {
			const used = system.usedBytes();
			console.print(`${used > 0} ${used <= system.peakBytes()} ${system.engineBits} ${system.engineName !== "" && system.engineVersion !== ""} ${system.libraryHeapBytes() >= 0}`);
		}
		else {
			if (line === "silent" || line === "loud")
				console.echo = line === "loud";
			console.print(`${line.length}: ${line.slice(0, 20)}`);
		}
	};
	console.print("ready");
}
