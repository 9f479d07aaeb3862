/** A board that cannot start says what to change: command line, configuration, addresses, ports, memory. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { describe, equal, it, ok } from "#test";
import { SD_PORT, Stage, needBoard, together, write, type BoardChanges, type GatewayFile } from "./support/stage.js";

const EXIT_CONFIGURATION = 2;
const EXIT_UNAVAILABLE = 78;
const EXIT_OUT_OF_MEMORY = 101;

async function ends(stage: Stage, status: number, lines: RegExp[]): Promise<void> {
	await stage.until("the board's end", () => stage.board!.exitStatus !== undefined);
	equal(stage.board!.exitStatus, status, stage.lines.join("\n"));
	for (const line of lines)
		ok(stage.lines.some(text => line.test(text)), `no line like ${line}`);
	ok(!stage.lines.some(text => /\bat .*\.js:|uncaught/.test(text)), "a stack is no message");
}

/** Somebody else has the port. */
async function take(stage: Stage, port: number, address: string): Promise<Socket> {
	const socket = createSocket("udp4");
	socket.bind(port, address);
	await once(socket, "listening");
	stage.also(() => { socket.close(); });
	return socket;
}

describe("board: start", () => {
	if (!needBoard())
		return;

	const refuses = (changes: BoardChanges, ...lines: RegExp[]) => () => Stage.run(async stage => {
		await stage.startBoard(changes);
		await ends(stage, EXIT_CONFIGURATION, lines);
	});
	const changed = (change: (file: GatewayFile) => void, ...lines: RegExp[]) => refuses({ change }, ...lines);

	it("refuses an unknown key, and guesses which was meant", changed(file => { file.network.adress = "127.0.0.1"; },
		/^gateway-\d+\.json: network\.adress: unknown key; did you mean "address"\?$/));
	it("names every problem at once", changed(file => {
		file.vin = "TOO-SHORT";
		file.routes[2].qos = 3;
		delete file.broker.ca;
	}, /json: vin: /, /json: routes\[2\]\.qos: 3 is not a QoS; use 0 or 1$/, /json: broker\.ca: .*missing/));
	it("refuses a value of the wrong type", changed(file => { file.network.sd.port = "30490"; }, /json: network\.sd\.port: .*30490/));
	it("refuses what is not JSON, with line and column", refuses({ text: "{\n\t\"name\": zonal\n}\n" }, /json: line 2, column 10: /));
	it("refuses an empty file", refuses({ text: "" }, /json: line 1, column 1: /));
	it("refuses a key that is there twice", refuses({ text: "{ \"name\": \"a\", \"name\": \"b\" }" }, /json: line 1, column 16: the key "name" is there twice; remove one/));
	it("refuses random bytes", refuses({ text: "\u0000\u0001\u0002\ufffd\u0007" }, /json: line 1, column 1: /));
	it("refuses a URL of another kind", changed(file => { file.broker.url = "mqtt://broker.example:1883"; }, /json: broker\.url: .*begin with mqtt-quic:\/\/ or mqtts:\/\/$/));
	it("refuses a loopback address on which no offer would be believed", changed(file => { file.network.sd.topologyCheck = true; },
		/json: network\.address: 127\..* is loopback, .*; set network\.sd\.topologyCheck to false$/));
	it("says which CA file it cannot read", changed(file => { file.broker.ca = "nowhere.pem"; }, /json: broker\.ca: cannot read .*\/nowhere\.pem$/));
	it("says that a CA file holds no certificate", changed(file => { file.broker.ca = write("empty.pem", "nothing\n"); }, /json: broker\.ca: .*empty\.pem .*certificate/));
	it("says which password file it cannot read", changed(file => { Object.assign(file.broker, { username: "a", passwordFile: "nowhere.txt" }); },
		/json: broker\.passwordFile: cannot read .*\/nowhere\.txt$/));
	it("says which configuration it cannot read", () => Stage.run(async stage => {
		stage.startBoardWith("/nowhere/gateway.json");
		await ends(stage, EXIT_CONFIGURATION, [/^cannot read \/nowhere\/gateway\.json$/]);
	}));
	it("cannot read a folder as its configuration", () => Stage.run(async stage => {
		stage.startBoardWith("/tmp");
		await ends(stage, EXIT_CONFIGURATION, [/^cannot read \/tmp$/]);
	}));
	it("refuses an unknown option with its options", refuses({ args: ["--verbose", "yes"] }, /^--verbose is not an option$/, /^options: --config FILE/));
	it("wants a value for an option", refuses({ args: ["--wall-clock"] }, /^--wall-clock wants a value$/));
	it("refuses a time that is none", refuses({ args: ["--wall-clock", "noon"] }, /^--wall-clock noon: unset, or seconds since 1970$/));
	it("says that the address is not this machine's", () => Stage.run(async stage => {
		await stage.startBoard({ change: file => { file.network.address = "192.0.2.7"; } });
		await ends(stage, EXIT_UNAVAILABLE, [/^E \(\d+\) board: cannot bind 192\.0\.2\.7:30490: not an address of this machine/]);
	}));
	it("says that the port of service discovery is taken, on its address or on all", () => Stage.run(async stage => {
		for (const address of [stage.boardAddress, "0.0.0.0"]) {
			// Port 30490 of all addresses belongs to other tests as well.
			const { port } = (await take(stage, address === "0.0.0.0" ? 0 : SD_PORT, address)).address();
			stage.lines.length = 0;
			await stage.startBoard({ change: file => { file.network.sd.port = port; } });
			await ends(stage, EXIT_UNAVAILABLE, [new RegExp(`^E \\(\\d+\\) board: cannot bind ${stage.boardAddress}:${port}: address already in use`)]);
		}
	}));
	it("says that a second board has the address", () => Stage.run(async stage => {
		await stage.startBoard();
		await stage.line(/looking for services/);
		const first = stage.board!;
		await stage.startBoard();
		await ends(stage, EXIT_UNAVAILABLE, [/^E .*cannot bind .*:30490: address already in use/]);
		stage.board = first;
		await stage.quit();
	}));
	it("says that the port for events is taken", () => Stage.run(async stage => {
		const port = (await take(stage, 0, stage.boardAddress)).address().port;
		await stage.startBoard({ change: file => { file.network.eventPort = port; } });
		await ends(stage, EXIT_UNAVAILABLE, [new RegExp(`^E .*cannot bind ${stage.boardAddress}:${port}: address already in use`)]);
	}));

	together({
		"ends with a message and the heap's figures where the memory is too small": () => Stage.run(async stage => {
			await stage.startBoard({ arena: 40 });
			await ends(stage, EXIT_OUT_OF_MEMORY, [/^zonal-xs: out of memory: chunks \d+ of \d+ bytes, slots \d+ of \d+ bytes .*, arena 40960 \+ \d+ bytes$/, /^ {2}bytes of slots: /]);
		}),
		"ends so too where it is too small for the connection only": () => Stage.run(async stage => {
			await stage.startBroker();
			await stage.startBoard({ arena: 150 });
			await ends(stage, EXIT_OUT_OF_MEMORY, [/^I .*sd: looking for services/, /^zonal-xs: out of memory: /]);
		}),
	});
});
