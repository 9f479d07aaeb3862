/** A method of the vehicle, called by an MQTT client of the broker. */
import { connectAsync, type MqttClient } from "mqtt";
import { deepEqual, describe, equal, ok } from "#test";
import { Stage, VIN, needBoard, together, type BoardChanges } from "./support/stage.js";

const BASE = `vehicle/${VIN}/someip/1202/0001/method`;

/** Answers of all methods that came to `topic`: correlation data, return code, payload. */
class Caller {
	readonly answers: [string, string, string][] = [];
	#client: MqttClient;

	private constructor(client: MqttClient) {
		this.#client = client;
		client.on("message", (_topic, payload, { properties }) => {
			this.answers.push([properties?.correlationData?.toString("hex") ?? "", `${properties?.userProperties?.["rc"]}`, payload.toString("hex")]);
		});
	}

	static async start(stage: Stage, topic: string): Promise<Caller> {
		const client = await connectAsync(`mqtt://127.0.0.1:${stage.broker!.mqttPort}`, { protocolVersion: 5 });
		stage.also(() => client.endAsync(true));
		await client.subscribeAsync(topic, { qos: 1 });
		return new Caller(client);
	}

	async call(method: string, payload: string, properties: { responseTopic?: string, correlationData?: Buffer } = {}): Promise<void> {
		await this.#client.publishAsync(`${BASE}/${method}/request`, Buffer.from(payload, "hex"), { qos: 1, properties });
	}
}

const METHODS: BoardChanges = {
	change: file => {
		file.methods = ["0x0001", "0x0002"].map(method => ({ service: "0x1202", instance: "0x0001", method, timeout: 2000 }));
	},
};

describe("board: calls", () => {
	if (!needBoard())
		return;
	together({
		"a request reaches the vehicle's method, and its answer comes back with the correlation data": () => Stage.run(async stage => {
			await stage.startAll(METHODS);
			const answerTopic = `vehicle/${VIN}/answers/1`, caller = await Caller.start(stage, answerTopic);
			await caller.call("0001", "01", { responseTopic: answerTopic, correlationData: Buffer.from("00ff10", "hex") });
			await stage.until("an answer", () => caller.answers.length === 1);
			await caller.call("0001", "07", { responseTopic: answerTopic, correlationData: Buffer.from("02") });
			await stage.until("a second answer", () => caller.answers.length === 2);
			await caller.call("0002", "", { responseTopic: answerTopic });
			await stage.until("a third answer", () => caller.answers.length === 3);
			deepEqual(caller.answers, [["00ff10", "0x00", "01"], ["3032", "0x09", ""], ["", "0x03", ""]]);
			equal(stage.vehicleLines.filter(line => line.includes("set door lock")).length, 2);
			deepEqual((await stage.status("")).calls, { requested: 3, answered: 3, failed: 0 });
			await stage.quit();
		}),
		"without the vehicle it is not reachable, and with it again it is": () => Stage.run(async stage => {
			await stage.startAll(METHODS);
			const caller = await Caller.start(stage, `${BASE}/0001/response`);
			await stage.vehicle!.stop();
			await stage.line(/service 1202\.0001 is gone/);
			await caller.call("0001", "00", { correlationData: Buffer.from([1]) });
			await stage.until("an answer", () => caller.answers.length === 1);
			const from = stage.lines.length;
			await stage.startVehicle();
			await stage.line(/service 1202\.0001 offered/, from);
			await caller.call("0001", "00", { correlationData: Buffer.from([2]) });
			await stage.until("a second answer", () => caller.answers.length === 2);
			deepEqual(caller.answers, [["01", "0x05", ""], ["02", "0x00", "00"]]);
			ok(stage.lines.every(line => !/^[EW] .*calls/.test(line)), "no warning");
			await stage.quit();
		}),
	});
});
