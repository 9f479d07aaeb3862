/** An MQTT 5 broker with QUIC on the PC: Debian's mosquitto behind a QUIC terminator. */
import { randomBytes } from "node:crypto";
import { Mosquitto } from "./mosquitto.js";
import { QuicTerminator, type TerminatorOptions, type TerminatorStatistics } from "./quic-terminator.js";

export interface BrokerOptions extends Omit<TerminatorOptions, "chain" | "key" | "port" | "backendPort" | "log"> {
	/** PEM files; see ensureCertificates. */
	certificates: { chain: string, key: string };
	/** UDP port; default: a free one. */
	port?: number;
	mosquittoPath?: string;
	/** TCP port of mosquitto; default: a free one. */
	mqttPort?: number;
	/** Where given, clients must log in with them. */
	username?: string;
	password?: string;
	log?: (line: string) => void;
}

export interface Broker {
	/** UDP port of the QUIC listener, and TCP port of mosquitto (on 127.0.0.1, for subscribers on this machine). */
	readonly port: number;
	readonly mqttPort: number;
	readonly statistics: TerminatorStatistics;
	/** Closes connections and ends everything. Idempotent. */
	stop(): Promise<void>;
	/** Both are gone at once, as in a power cut. */
	kill(): Promise<void>;
	/** Starts again on the same ports, after `kill`, or as a restart that says goodbye. */
	restart(): Promise<void>;
	/** Closes the QUIC connections that are open now with an application error code. */
	closeConnections(code: number, reason: string): void;
}

/** Throws with a message that says what to do where mosquitto is missing or a port is taken. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
	const { certificates, log = () => {}, mosquittoPath, mqttPort, username, password, ...quic } = options;
	const mosquitto = new Mosquitto({
		log, ...mosquittoPath === undefined ? {} : { path: mosquittoPath }, ...mqttPort === undefined ? {} : { port: mqttPort },
		...username === undefined ? {} : { username, password: password ?? "" },
	});
	const resetToken = new Uint8Array(randomBytes(16));
	const listen = (port: number) => QuicTerminator.start({
		resetToken, ...quic, ...certificates, port, backendPort: () => mosquitto.port, log,
	});
	let terminator: QuicTerminator;
	try {
		await mosquitto.start();
		terminator = await listen(options.port ?? 0);
	}
	catch (error) {
		await mosquitto.close();
		throw error;
	}
	const port = terminator.port;
	return {
		port,
		get mqttPort() {
			return mosquitto.port;
		},
		get statistics() {
			return terminator.statistics;
		},
		async stop() {
			// mosquitto first: what it says to its clients still gets through.
			await mosquitto.stop();
			await terminator.stop();
			await mosquitto.close();
		},
		async kill() {
			await terminator.kill();
			await mosquitto.stop("SIGKILL");
		},
		async restart() {
			await mosquitto.stop();
			await terminator.stop();
			await mosquitto.start();
			terminator = await listen(port);
		},
		closeConnections(code, reason) {
			terminator.closeAll(code, reason);
		},
	};
}
