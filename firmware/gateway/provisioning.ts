import { PROVISIONING_TIME } from "../config.js";
import { FileReceiver, FRESH } from "../console/file-receiver.js";
import { takeOver } from "../console/takeover.js";
import type { FileStore } from "../ports/file-store.js";
import { LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import type { Timer } from "../ports/timer.js";
import { EXIT_RESTART } from "./board.js";
import { ConfigurationError } from "./configuration/configuration.js";
import { load } from "./load.js";
import type { Platform } from "./platform.js";

/** The configuration's name in the data folder. */
export const CONFIGURATION_NAME = "gateway.json";
/** A file of this name asks the next start to wait for files. */
const ASKED = "provision";

/** The board without its gateway: it takes configuration and certificates over the console, and has all memory to check
 *  them before they replace what it has. */
export class Provisioning {
	#platform: Platform;
	#store: FileStore;
	#folder: string;
	#receiver: FileReceiver;
	#timer: Timer | undefined;

	/** `folder` ends with a slash. */
	constructor(platform: Platform, store: FileStore, folder: string) {
		this.#platform = platform;
		this.#store = store;
		this.#folder = folder;
		this.#receiver = new FileReceiver(store, platform.crypto, folder);
	}

	start(): void {
		const { console, log, timer } = this.#platform;
		const isConfigured = this.#store.fileSize(this.#folder + CONFIGURATION_NAME) >= 0;
		if (isConfigured) {
			log.write(LEVEL_INFO, "provision", `waiting for files; the gateway goes on ${PROVISIONING_TIME / 60000} minutes after the last line`);
			this.#timer = timer(() => this.#restart());
		}
		else
			log.write(LEVEL_WARN, "provision", `there is no ${this.#folder}${CONFIGURATION_NAME}: npm run provision sends it; or type help`);
		this.#timer?.schedule(PROVISIONING_TIME);
		console.onLine = line => {
			this.#timer?.schedule(PROVISIONING_TIME);
			try {
				this.#take(line.trim().split(" "));
			}
			catch (error) {
				console.echo = true;
				this.#refuse(error as Error);
			}
		};
	}

	#take(words: readonly string[]): void {
		const { console, log } = this.#platform;
		switch (words[0]) {
			case "":
				return;
			case "help":
				console.print("file put NAME LENGTH SHA256   begins a file; then file data BASE64, file end, file cancel");
				console.print("apply                         checks what came, and takes it over");
				console.print("status                        what this is");
				console.print("restart                       starts the gateway, if it is configured");
				return;
			case "status":
				console.print(`status {"mode":"provisioning","received":${this.#receiver.names.length}}`);
				return;
			case "file":
				console.print(`file: ${this.#receiver.take(words.slice(1))}`);
				console.echo = !this.#receiver.isReceiving;
				return;
			case "apply":
				this.#apply();
				console.print(`apply: took over ${this.#receiver.names.join(", ")}`);
				log.write(LEVEL_INFO, "provision", `new files: ${this.#receiver.names.join(", ")}`);
				this.#receiver.names.length = 0;
				return;
			case "restart":
			case "quit":
				this.#restart();
				return;
			// It is one already.
			case "provision":
				console.print("provision: ready");
				return;
			default:
				throw new Error(`"${words[0]!.slice(0, 16)}" is not known here; try help`);
		}
	}

	// One line for each problem, so that whoever sent the files can show them.
	#refuse(error: Error): void {
		for (const problem of error instanceof ConfigurationError ? error.problems : [error.message])
			this.#platform.console.print(`refused: ${problem}`);
		this.#platform.console.print("refused");
	}

	#apply(): void {
		const { crypto } = this.#platform, { names } = this.#receiver;
		if (this.#receiver.isReceiving || names.length === 0)
			throw new Error("no file came whole");
		const folder = this.#folder;
		const now = (path: string): string => path.startsWith(folder) && names.includes(path.slice(folder.length)) ? path + FRESH : path;
		const { credentials } = load(folder + CONFIGURATION_NAME, {
			fileSize: path => this.#store.fileSize(now(path)),
			readFile: path => this.#store.readFile(now(path)),
		}, { signingKey: path => crypto.signingKey(now(path)) });
		credentials.certificate?.key.close();
		takeOver(this.#store, folder, names);
	}

	#restart(): void {
		this.#receiver.cancel();
		this.#platform.console.print("restarting");
		this.#platform.system.exit(EXIT_RESTART);
	}
}

/** Lets the next start wait for files. */
export function askForProvisioning(store: FileStore, folder: string): void {
	store.writeFile(folder + ASKED, new Uint8Array(1), false);
}

/** Whether this start is to wait; the one after it is not. */
export function isProvisioningAsked(store: FileStore, folder: string): boolean {
	const isAsked = store.fileSize(folder + ASKED) >= 0;
	if (isAsked)
		store.deleteFile(folder + ASKED);
	return isAsked;
}
