/** Debian's mosquitto as a child process on 127.0.0.1, by a configuration of our own; the installed service is not touched. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { boundProgram } from "./bound-program.js";

const PLACES = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
const START_LIMIT = 20_000;
const STOP_LIMIT = 10_000;

export interface MosquittoOptions {
	/** Path of the program; default: Debian's. */
	path?: string;
	/** TCP port; default: a free one. */
	port?: number;
	/** Where given, nobody else may connect. */
	username?: string;
	password?: string;
	/** PEM files: it speaks TLS 1.3 with them, and where there is a CA it asks its clients for certificates of that one. */
	tls?: { certificate: string; key: string; clientCa?: string };
	log?: (line: string) => void;
}

export class Mosquitto {
	#options: MosquittoOptions;
	#program: string;
	#folder: string;
	#child: ChildProcess | undefined = undefined;
	#output: string[] = [];
	#onExit = () => { this.#child?.kill("SIGKILL"); };
	port: number;

	constructor(options: MosquittoOptions) {
		this.#options = options;
		const program = options.path ?? PLACES.find(existsSync);
		if (program === undefined || !existsSync(program))
			throw new Error(`mosquitto is not installed${options.path ? ` at ${options.path}` : ""}: apt-get install mosquitto`);
		this.#program = program;
		this.port = options.port ?? 0;
		this.#folder = mkdtempSync(join(tmpdir(), "zonal-mosquitto-"));
		// Started by root, mosquitto becomes the user "mosquitto", who has to read what is in here.
		chmodSync(this.#folder, 0o755);
	}

	/** Starts, on the same port as before if there was a before; resolves when clients can connect. */
	async start(): Promise<void> {
		const chosen = this.port !== 0;
		for (let attempt = 1; ; attempt++) {
			const port = chosen ? this.port : await freePort();
			if (await this.#run(port)) {
				this.port = port;
				process.on("exit", this.#onExit);
				return;
			}
			const taken = this.#output.some(line => line.includes("Address already in use"));
			if (!taken || chosen || attempt === 5) {
				throw new Error(taken ? `TCP port ${port} of 127.0.0.1 is taken: mosquitto cannot listen there`
					: `mosquitto did not start:\n${this.#output.join("\n")}`);
			}
		}
	}

	/** Ends it; it may write to its clients before (`signal` SIGTERM), or not (SIGKILL). */
	async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
		const child = this.#child;
		process.off("exit", this.#onExit);
		this.#child = undefined;
		if (child === undefined || child.exitCode !== null || child.signalCode !== null)
			return;
		const ended = once(child, "close");
		const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT);
		child.kill(signal);
		await ended;
		clearTimeout(timer);
	}

	/** Stops it and removes its files. */
	async close(): Promise<void> {
		await this.stop();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	// Resolves true when it listens, false when it ended before that.
	#run(port: number): Promise<boolean> {
		const child = spawn(...boundProgram(this.#program, ["-c", this.#configure(port)], "mosquitto"), {
			stdio: ["ignore", "pipe", "pipe"],
			// A terminal's Ctrl-C reaches the whole group; who started us decides the order of the end.
			detached: true,
		});
		this.#child = child;
		this.#output.length = 0;
		return new Promise(resolve => {
			const timer = setTimeout(() => child.kill("SIGKILL"), START_LIMIT);
			const take = (line: string) => {
				const text = line.replace(/^\d+: /, "");
				this.#output.push(text);
				if (this.#output.length > 20)
					this.#output.shift();
				this.#options.log?.(`mosquitto: ${text}`);
				if (/^mosquitto version .* running$/.test(text)) {
					clearTimeout(timer);
					resolve(true);
				}
			};
			createInterface({ input: child.stdout! }).on("line", take);
			createInterface({ input: child.stderr! }).on("line", take);
			child.on("error", error => take(error.message));
			child.on("close", () => {
				clearTimeout(timer);
				resolve(false);
			});
		});
	}

	#configure(port: number): string {
		const { username, password, tls } = this.#options, file = join(this.#folder, "mosquitto.conf");
		const lines = [
			"persistence false", `listener ${port} 127.0.0.1`, "log_dest stderr",
			"log_type error", "log_type warning", "log_type notice", "log_type information",
			"connection_messages true", "set_tcp_nodelay true",
			// Far more than a demo or a test has under way: nothing is to be lost for the subscriber's sake.
			"max_queued_messages 100000",
		];
		if (username === undefined)
			lines.push("allow_anonymous true");
		else
			lines.push("allow_anonymous false", `password_file ${this.#passwords(username, password ?? "")}`);
		if (tls !== undefined) {
			// Copies that the user "mosquitto" may read.
			const copy = (from: string, name: string): string => {
				const to = join(this.#folder, name);
				copyFileSync(from, to);
				chmodSync(to, 0o644);
				return to;
			};
			lines.push(`certfile ${copy(tls.certificate, "server.pem")}`, `keyfile ${copy(tls.key, "server.key")}`, "tls_version tlsv1.3");
			if (tls.clientCa !== undefined)
				lines.push(`cafile ${copy(tls.clientCa, "clients.pem")}`, "require_certificate true");
		}
		writeFileSync(file, lines.join("\n") + "\n", { mode: 0o644 });
		return file;
	}

	#passwords(username: string, password: string): string {
		const file = join(this.#folder, "passwords");
		const beside = join(dirname(this.#program), "../bin/mosquitto_passwd");
		const { status, stderr, error } = spawnSync(existsSync(beside) ? beside : "mosquitto_passwd", ["-b", "-c", file, username, password]);
		if (status !== 0)
			throw new Error(`mosquitto_passwd: ${error?.message ?? stderr.toString().trim()}`);
		chmodSync(file, 0o644);
		return file;
	}
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as { port: number };
	server.close();
	await once(server, "close");
	return port;
}
