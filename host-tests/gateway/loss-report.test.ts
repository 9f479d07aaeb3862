import { deepEqual, describe, it } from "#test";
import { LOSS_REPORT_INTERVAL } from "../../firmware/config.js";
import { DropReport, LossReport } from "../../firmware/gateway/loss-report.js";
import { DROP_LENGTH, DROP_TRUNCATED, Statistics } from "../../firmware/someip/drop.js";

const logged = () => {
	const lines: string[] = [];
	return { lines, log: { level: 3, write: (_level: number, _module: string, text: string) => { lines.push(text); } } };
};

describe("loss report", () => {
	it("tells the first loss at once, and adds up what comes within the interval", () => {
		const { lines, log } = logged(), report = new LossReport(log, "net", "is lost", "are lost");
		for (const [count, now] of [[0, 0], [1, 1], [3, 1000], [3, LOSS_REPORT_INTERVAL], [5, LOSS_REPORT_INTERVAL + 1]] as const)
			report.update(count, now);
		deepEqual(lines, ["1 is lost", "4 are lost"]);
	});

	it("tells of a loss weeks after the one before, whatever the clock says", () => {
		const { lines, log } = logged(), report = new LossReport(log, "net", "is lost", "are lost");
		report.update(1, -1000);
		report.update(1, LOSS_REPORT_INTERVAL);
		report.update(2, (-1000 + 0x90000000) | 0);
		deepEqual(lines, ["1 is lost", "1 is lost"]);
	});

	it("names the reasons of drops since the last report", () => {
		const { lines, log } = logged(), report = new DropReport(log, "sd"), statistics = new Statistics();
		statistics.drop(DROP_LENGTH);
		report.update(statistics, 0);
		statistics.drop(DROP_LENGTH);
		statistics.drop(DROP_TRUNCATED);
		report.update(statistics, LOSS_REPORT_INTERVAL);
		deepEqual(lines, ["1 dropped: 1 length", "2 dropped: 1 truncated, 1 length"]);
	});
});
