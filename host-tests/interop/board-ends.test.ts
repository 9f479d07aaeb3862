/** The board's console and its end: quit, signals, Ctrl-C twice, a console that hangs up, and nonsense typed. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, equal, ok } from "#test";
import { STOP_TIME_MAX } from "../../firmware/config.js";
import { undisturbed } from "../support/patience.js";
import { startProxy } from "../support/udp-proxy.js";
import { Stage, VIN, needBoard, together } from "./support/stage.js";

/** ms of the board's clock between its last two words. */
function stopTime(stage: Stage): number {
	const [stopping, stopped] = ["stopping", "stopped"].map(word => Number(new RegExp(`\\((\\d+)\\) board: ${word}$`, "m").exec(stage.lines.join("\n"))?.[1]));
	return stopped! - stopping!;
}

/** Everybody was told: the vehicle by StopSubscribe, the broker by DISCONNECT, its subscribers by the status topic. */
async function endsCleanly(stage: Stage, end: () => void): Promise<void> {
	await stage.startAll();
	await stage.untilMore();
	const statusOf = () => stage.delivered.filter(({ topic }) => topic === `vehicle/${VIN}/status`).map(({ payload }) => payload.toString());
	await stage.until("online", () => statusOf().at(-1) === "{\"state\":\"online\"}");
	end();
	equal(await stage.board!.ended, 0);
	ok(stopTime(stage) < STOP_TIME_MAX, `it took ${stopTime(stage)} ms`);
	ok(/board: stopped$/.test(stage.lines.at(-1)!), stage.lines.at(-1)!);
	ok(!stage.lines.some(line => /^[EW] /.test(line)), "it complains");
	await stage.until("StopSubscribe at the vehicle", () => stage.vehicle!.statistics.subscribed === 0);
	await stage.until("offline", () => statusOf().at(-1) === "{\"state\":\"offline\"}");
	// mosquitto says so where DISCONNECT has come, and something else where a connection just ended.
	await stage.until("DISCONNECT at the broker", () => stage.brokerLines.some(line => new RegExp(`Client board-${stage.part} disconnected\\.`).test(line)));
	await stage.until("CONNECTION_CLOSE at the broker", () => stage.brokerLines.some(line => /closed the connection: application code 0x0$/.test(line)));
}

/** Board and vehicle run, and from now on nothing comes from the broker or goes to it. */
async function losesItsBroker(stage: Stage): Promise<void> {
	const broker = await stage.startBroker(), proxy = await startProxy({ port: broker.port });
	stage.also(() => proxy.stop());
	await stage.startVehicle();
	await stage.startBoard({ brokerPort: proxy.port });
	await stage.untilRunning();
	proxy.blackhole = true;
}

describe("board: console and end", () => {
	if (!needBoard())
		return;
	together({
		"ends cleanly at quit": () => Stage.run(stage => endsCleanly(stage, () => stage.board!.type("quit"))),
		"ends cleanly at Ctrl-C": () => Stage.run(stage => endsCleanly(stage, () => stage.board!.kill("SIGINT"))),
		"ends cleanly where it is told to terminate": () => Stage.run(stage => endsCleanly(stage, () => stage.board!.kill("SIGTERM"))),
		"ends at the second Ctrl-C where the first takes too long": () => undisturbed(() => Stage.run(async stage => {
			await losesItsBroker(stage);
			await stage.until("an event under way", () => stage.vehicle!.statistics.sent > 20);
			stage.board!.kill("SIGINT");
			await stage.line(/board: stopping$/);
			equal(stage.board!.exitStatus, undefined);
			stage.board!.kill("SIGINT");
			equal(await stage.board!.ended, 130);
		})),
		"ends within its time where the broker does not answer any more": () => Stage.run(async stage => {
			await losesItsBroker(stage);
			await stage.quit();
			const took = stopTime(stage);
			ok(took < 5 * STOP_TIME_MAX, `it took ${took} ms`);
			await stage.until("StopSubscribe at the vehicle", () => stage.vehicle!.statistics.subscribed === 0);
		}),
		"ends while it waits for the broker": () => Stage.run(async stage => {
			await stage.startBoard({ brokerPort: 9 });
			await stage.line(/connecting to/);
			stage.board!.kill("SIGINT");
			equal(await stage.board!.ended, 0);
		}),
		"goes on where nobody types any more": () => Stage.run(async stage => {
			await stage.startAll();
			stage.board!.hangUp();
			await stage.untilMore();
			await delay(300);
			await stage.untilMore();
			equal(stage.board!.exitStatus, undefined);
			stage.board!.kill("SIGTERM");
			equal(await stage.board!.ended, 0);
		}),
		"answers nonsense on its console, and the next command": () => Stage.run(async stage => {
			await stage.startAll();
			const board = stage.board!;
			board.type("reboot now");
			await stage.line(/^unknown command "reboot"; try help$/);
			board.type("help");
			await stage.line(/^status +one line of JSON/);
			board.type("log loud");
			await stage.line(/^log error, log warn, log info or log debug$/);
			board.type("x".repeat(5000));
			await stage.line(/^unknown command "x{32}"; try help$/);
			for (let i = 0; i < 50; i++)
				board.type(String.fromCharCode(...Array.from({ length: 40 }, (_, at) => 1 + (i * 41 + at * 17) % 255).filter(code => code !== 10 && code !== 13)));
			board.type("status \u0000 please");
			board.type("  \t ");
			board.type("");
			await stage.status("an answer after all that");
			board.type("log warn");
			await stage.line(/^log warn$/);
			await stage.untilMore();
			equal(await board.quit(), 0);
			ok(!stage.lines.some(line => /board: stopp/.test(line)), "log warn still shows information");
		}),
	});
});
