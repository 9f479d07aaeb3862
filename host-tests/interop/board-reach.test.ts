/** A broker that cannot be reached, or does not let the board in. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, equal, ok } from "#test";
import { Stage, needBoard, together, write } from "./support/stage.js";

/** A UDP port of 127.0.0.1 that takes everything and says nothing. */
async function silentPort(stage: Stage): Promise<{ port: number, heard: () => number, close: () => Promise<void> }> {
	const socket = createSocket("udp4");
	let heard = 0, open = true;
	socket.on("message", () => { heard++; });
	socket.bind(0, "127.0.0.1");
	await once(socket, "listening");
	const close = async () => {
		if (!open)
			return;
		open = false;
		socket.close();
		await once(socket, "close");
	};
	stage.also(close);
	return { port: socket.address().port, heard: () => heard, close };
}

describe("board: reach", () => {
	if (!needBoard())
		return;
	const unanswered = (listens: boolean) => () => Stage.run(async stage => {
		const silent = await silentPort(stage), { port } = silent;
		if (!listens)
			await silent.close();
		await stage.startVehicle();
		await stage.startBoard({ brokerPort: port });
		const text = await stage.line(/^W .*no UDP answer from 127\.0\.0\.1:\d+ within 10 s: is the broker's QUIC listener on, is UDP open\?; next try in 1 s$/);
		ok(text.includes(`:${port} `), text);
		ok(!listens || silent.heard() >= 4, `${silent.heard()} datagrams in ten seconds`);
		await silent.close();
		await stage.startBroker({ port });
		await stage.subscribe();
		await stage.untilRunning();
		equal((await stage.status("")).lastError, "");
		await stage.untilMore();
		await stage.quit();
	});

	together({
		"says that nobody listens, and comes up as soon as somebody does": unanswered(false),
		"says that nobody answers, and comes up as soon as somebody does": unanswered(true),
		"says which name is not known": () => Stage.run(async stage => {
			await stage.startVehicle();
			await stage.startBoard({ change: file => { file.broker.url = "mqtt-quic://broker.invalid:14567"; } });
			await stage.line(/^I .*uplink: looking up broker\.invalid$/);
			await stage.line(/^W .*uplink: name not found: broker\.invalid; next try in \d+ s$/);
			await stage.until("another look-up", () => stage.lines.filter(line => /looking up broker\.invalid/.test(line)).length > 1);
			await stage.status("events heard", ({ someip }) => someip.received > 0);
			await stage.quit();
		}),
		"looks a name up": () => Stage.run(async stage => {
			const { port } = await stage.startBroker();
			await stage.subscribe();
			await stage.startVehicle();
			await stage.startBoard({ change: file => { file.broker.url = `mqtt-quic://localhost:${port}`; } });
			await stage.line(new RegExp(`connecting to localhost:${port} \\(127\\.0\\.0\\.1:${port}\\) over QUIC`));
			await stage.untilRunning();
			await stage.untilMore();
			await stage.quit();
		}),
		"says that the broker refuses the password": () => Stage.run(async stage => {
			await stage.startBroker({ username: "board", password: "right" });
			await stage.startBoard({ change: file => { Object.assign(file.broker, { username: "board", passwordFile: write("wrong.txt", "wrong\n") }); } });
			await stage.line(/^W .*the broker refused CONNECT: .*[Nn]ot authorized.*: check user name, password and the broker's access rules; next try in \d+ s$/);
			equal((await stage.status("")).mqtt.connected, false);
			await stage.quit();
		}),
		"says that the broker wants a password": () => Stage.run(async stage => {
			await stage.startBroker({ username: "board", password: "right" });
			await stage.startBoard();
			await stage.line(/^W .*the broker refused CONNECT: .*check user name, password/);
			await stage.quit();
		}),
		"gives the password of its file": () => Stage.run(async stage => {
			const credentials = { username: "board", password: "right" };
			await stage.startBroker(credentials);
			await stage.subscribe(credentials);
			await stage.startVehicle();
			await stage.startBoard({ change: file => { Object.assign(file.broker, { username: "board", passwordFile: write("right.txt", "right\n") }); } });
			await stage.untilRunning();
			await stage.untilMore();
			ok(!stage.lines.some(line => line.includes("right")), "the password is in the log");
			await stage.quit();
		}),
		"tries again soon where the broker is overloaded": () => Stage.run(async stage => {
			const broker = await stage.startBroker();
			await stage.startBoard();
			await stage.untilRunning();
			broker.closeConnections(2, "overloaded");
			await stage.line(/^W .*lost the connection to 127\.0\.0\.1:\d+: application error 0x2: overloaded; next try in 1 s$/);
			await stage.status("up again", ({ mqtt }) => mqtt.connected && mqtt.reconnects === 1);
			await stage.quit();
		}),
		"goes the way over a Retry packet": () => Stage.run(async stage => {
			const broker = await stage.startBroker({ retry: true });
			await stage.startBoard();
			await stage.untilRunning();
			equal(broker.statistics.retries, 1);
			await stage.quit();
		}),
	}, true);
});
