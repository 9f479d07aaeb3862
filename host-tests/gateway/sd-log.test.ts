import { deepEqual, describe, equal, it } from "#test";
import { LOSS_REPORT_INTERVAL, SD_LOG_LINES } from "../../firmware/config.js";
import { SdLog } from "../../firmware/gateway/sd-log.js";
import { PEER_REBOOTED, SERVICE_LOST, type ConsumerEvent } from "../../firmware/someip/consumer-event.js";
import type { Log } from "../../firmware/ports/log.js";
import { AddressTable } from "../../firmware/wire/address-table.js";

const EVENT = { serviceId: 0x1101, instanceId: 1, eventgroupId: 2, address: 0x0a4d0001, port: 30501 } as ConsumerEvent;

describe("the log of service discovery", () => {
	it("takes so many lines in an interval, and counts the rest", () => {
		const lines: string[] = [];
		const log = new SdLog({ write: (_level: number, module: string, text: string) => { lines.push(`${module}: ${text}`); } } as Log, new AddressTable());
		// The clock wraps around meanwhile.
		let now = 0x7fffffff - LOSS_REPORT_INTERVAL | 0;
		log.update(now);
		for (let i = 0; i < SD_LOG_LINES + 3; i++)
			log.tell(PEER_REBOOTED, EVENT, now);
		equal(lines.length, SD_LOG_LINES);
		equal(lines[0], "sd: 10.77.0.1 has restarted; subscribing again");
		log.update(now = now + LOSS_REPORT_INTERVAL - 1 | 0);
		equal(lines.length, SD_LOG_LINES);
		log.update(now = now + 1 | 0);
		deepEqual(lines.slice(SD_LOG_LINES), ["sd: 3 more lines left out: do ECUs come and go without end?"]);
		log.tell(SERVICE_LOST, EVENT, now = now + 1 | 0);
		equal(lines.at(-1), "sd: service 1101.0001 is gone");
		log.update(now + LOSS_REPORT_INTERVAL | 0);
		equal(lines.length, SD_LOG_LINES + 2);
	});

	it("begins to count with its first line, whatever the clock says", () => {
		const lines: string[] = [];
		const log = new SdLog({ write: (_level: number, _module: string, text: string) => { lines.push(text); } } as Log, new AddressTable());
		const now = -0x70000000;
		for (let i = 0; i <= SD_LOG_LINES; i++)
			log.tell(PEER_REBOOTED, EVENT, now);
		log.update(now + LOSS_REPORT_INTERVAL);
		equal(lines.length, SD_LOG_LINES + 1);
	});
});
