import { BOOT_TIME } from "../config.js";
import { LINK_READY } from "../ports/link.js";
import { LEVEL_ERROR, LEVEL_INFO } from "../ports/log.js";
import { addressText } from "../wire/ipv4-address.js";
import { EXIT_RESTART } from "./board.js";
import type { BootGuard } from "./boot-guard.js";
import { printLink } from "./console.js";
import type { Platform } from "./platform.js";
import { LIGHT_FAULT, StatusLight } from "./status-light.js";

/** The board without its gateway, and without its configuration, which may be what it crashes of: link (with DHCP) and console. */
export class SafeMode {
	#platform: Platform;
	#guard: BootGuard;

	constructor(platform: Platform, guard: BootGuard) {
		this.#platform = platform;
		this.#guard = guard;
	}

	start(): void {
		const { clock, console, led, link, log, system, timer } = this.#platform;
		log.write(LEVEL_ERROR, "board", `safe mode: the last ${this.#guard.failures} starts ended within ${BOOT_TIME / 1000} s each${system.startReason === undefined ? "" : `, the last one: ${system.startReason}`}; the gateway is off until "safe-mode clear"`);
		if (link !== undefined) {
			link.onChanged = () => {
				if (link.state === LINK_READY)
					log.write(LEVEL_INFO, "link", `ready, ${addressText(link.address)}`);
			};
			link.begin?.(0, 0, 0, 0);
		}
		console.onLine = line => this.#take(line.trim().split(" "));
		if (led === undefined)
			return;
		const light = new StatusLight(led), pace = timer(() => {
			const now = clock.now();
			light.show(LIGHT_FAULT, now);
			pace.schedule(light.timeout(now));
		});
		pace.schedule(0);
	}

	#take(words: readonly string[]): void {
		const { console, link, provision, system } = this.#platform;
		switch (words[0]) {
			case "":
				return;
			case "help":
				console.print("status            what this is");
				console.print("link [test]       the Ethernet link");
				if (provision !== undefined)
					console.print("provision         restart, and wait for a new configuration and certificates");
				console.print("safe-mode clear   restart as a gateway");
				return;
			case "status":
				console.print(`status ${JSON.stringify({ mode: "safe", failures: this.#guard.failures, startReason: system.startReason ?? "" })}`);
				return;
			case "link":
				printLink(console, link, words[1]);
				return;
			case "provision":
				if (provision === undefined)
					console.print("provision: not with --config; start with --data FOLDER");
				else {
					provision();
					console.print("provision: restarting");
					this.#restart();
				}
				return;
			case "safe-mode":
				if (words[1] === "clear")
					this.#restart();
				else
					console.print("safe-mode clear");
				return;
			default:
				console.print(`safe mode: unknown command "${words[0]!.slice(0, 32)}"; try help`);
		}
	}

	#restart(): void {
		this.#guard.clear();
		this.#platform.system.exit(EXIT_RESTART);
	}
}
