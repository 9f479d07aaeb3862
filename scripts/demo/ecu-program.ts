/** What the processes `vehicle.js` and `replay.js` have in common: options, signals, and the talk with the parent. */
import { parseArgs } from "node:util";
import type { FromVehicle, ToVehicle, VehicleStatistics } from "./vehicle-messages.js";

const STATISTICS_PERIOD = 1000;

export interface NetworkOptions {
	address: string;
	interface?: string;
	netmask: string;
	/** Of service discovery; default: SD_GROUP and SD_PORT, or what was recorded. */
	group?: string;
	port?: number;
}

export const SD_GROUP = "224.244.224.245";
export const SD_PORT = 30490;

/** The command line; `more` has the options of one program alone. */
export function parseNetwork(help: string, more: Record<string, { type: "string" | "boolean" }> = {}): { network: NetworkOptions, values: Record<string, string | boolean | undefined> } {
	const { values } = parseArgs({ options: {
		address: { type: "string", default: "127.0.0.3" }, interface: { type: "string" }, netmask: { type: "string", default: "255.255.255.0" },
		group: { type: "string" }, port: { type: "string" }, help: { type: "boolean" }, ...more,
	} });
	if (values.help) {
		console.log(help);
		process.exit(0);
	}
	const port = Number(values.port ?? SD_PORT);
	if (!(Number.isInteger(port) && port > 0 && port < 65536))
		throw new Error(`--port ${values.port}: give a UDP port`);
	return {
		network: {
			address: values.address as string, netmask: values.netmask as string,
			...values.interface === undefined ? {} : { interface: values.interface as string },
			...values.group === undefined ? {} : { group: values.group as string },
			...values.port === undefined ? {} : { port },
		},
		values: values as Record<string, string | boolean | undefined>,
	};
}

/** Tells the parent; without one, people: lines on stdout. */
export function tell(message: FromVehicle): void {
	if (process.send !== undefined) {
		if (process.connected)
			process.send(message);
	}
	else if (message.type === "log")
		console.log(message.text);
	else if (message.type !== "statistics")
		console.log(JSON.stringify(message));
}

export interface Program {
	readonly statistics: VehicleStatistics;
	start(): void | Promise<void>;
	/** Says goodbye; idempotent. */
	stop(): Promise<void>;
	pause(): void;
	go(): void;
}

/** Runs it until a signal, a message or the parent's end stops it; exit status 1 with a message where it cannot start. */
export async function run(make: () => Program | Promise<Program>): Promise<void> {
	let program: Program;
	try {
		program = await make();
		await program.start();
	}
	catch (error) {
		console.error((error as Error).message);
		process.exitCode = 1;
		process.disconnect?.();
		return;
	}
	const ticker = setInterval(() => tell({ type: "statistics", statistics: program.statistics }), STATISTICS_PERIOD);
	let stopping = false;
	const stop = async () => {
		if (stopping)
			return;
		stopping = true;
		clearInterval(ticker);
		await program.stop();
		tell({ type: "stopped", statistics: program.statistics });
		if (process.connected)
			process.disconnect!();
		process.exitCode = 0;
	};
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, stop);
	process.on("disconnect", stop);
	process.on("message", (message: ToVehicle) => {
		if (message.type === "stop")
			void stop();
		else
			program[message.type]();
	});
}
