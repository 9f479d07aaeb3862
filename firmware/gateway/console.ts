import { LEVEL_DEBUG, LEVEL_ERROR, LEVEL_INFO, LEVEL_WARN, type Log } from "../ports/log.js";
import type { Console } from "../ports/console.js";
import type { Link } from "../ports/link.js";

const LEVELS: readonly (readonly [name: string, level: number])[] = [
	["error", LEVEL_ERROR], ["warn", LEVEL_WARN], ["info", LEVEL_INFO], ["debug", LEVEL_DEBUG],
];

/** What the commands act on. */
export interface Commands {
	/** The object that `status` prints. */
	status(): object;
	/** What `cost` prints; undefined where the engine does not count. */
	cost(): object | undefined;
	/** What `link` asks; undefined where there is none, as on a PC. */
	readonly link: Link | undefined;
	quit(): void;
	restart(): void;
	/** Takes the line behind "update"; undefined where the image is what it is. */
	readonly update: ((words: readonly string[]) => void) | undefined;
	/** Lets the next start wait for files; undefined where it cannot. */
	readonly provision: (() => void) | undefined;
}

/** The commands of the serial console, one a line. */
export function startConsole(console: Console, log: Log, commands: Commands): void {
	console.onLine = line => {
		const words = line.trim().split(" ");
		switch (words[0]) {
			case "":
				return;
			case "help":
				console.print("help            this list");
				console.print("status          one line of JSON: memory, link, services, broker, counters");
				if (commands.link?.describe !== undefined)
					console.print("link [test]     the Ethernet link: state, partner, error counters; test measures the cable");
				console.print("cost            one line of JSON: what the engine allocated and computed so far");
				console.print("log LEVEL       what the log shows: error, warn, info or debug");
				if (commands.provision !== undefined)
					console.print("provision       restart, and wait for a new configuration and certificates");
				if (commands.update !== undefined)
					console.print("update          the image's version; update begin, data BASE64, end and cancel put another one in place");
				console.print("restart         as quit, then start again");
				console.print("quit            unsubscribe, say goodbye to the broker, end");
				return;
			case "status":
				console.print(`status ${JSON.stringify(commands.status())}`);
				return;
			case "link":
				printLink(console, commands.link, words[1]);
				return;
			case "cost":
				console.print(`cost ${JSON.stringify(commands.cost() ?? {})}`);
				return;
			case "log":
				setLevel(console, log, words[1] ?? "");
				return;
			case "quit":
				commands.quit();
				return;
			case "restart":
				commands.restart();
				return;
			case "update":
				if (commands.update === undefined)
					console.print("update: this machine has no slots for images");
				else
					commands.update(words.slice(1));
				return;
			case "provision":
				provision(console, commands);
				return;
			default:
				console.print(`unknown command "${words[0]!.slice(0, 32)}"; try help`);
		}
	};
}

function provision(console: Console, commands: Commands): void {
	if (commands.provision === undefined) {
		console.print("provision: not with --config; start with --data FOLDER");
		return;
	}
	try {
		commands.provision();
		console.print("provision: restarting");
		commands.restart();
	}
	catch (error) {
		console.print(`provision: ${(error as Error).message}`);
	}
}

export function printLink(console: Console, link: Link | undefined, word: string | undefined): void {
	if (link?.describe === undefined)
		console.print("link: this board has no PHY to ask");
	else if (word === "test")
		console.print(`link: ${link.testCable?.() ?? "this board has no cable test"}`);
	else if (word !== undefined)
		console.print("link, or link test");
	else
		for (const line of link.describe())
			console.print(line);
}

function setLevel(console: Console, log: Log, name: string): void {
	for (const [known, level] of LEVELS)
		if (known === name) {
			log.level = level;
			console.print(`log ${name}`);
			return;
		}
	console.print("log error, log warn, log info or log debug");
}
