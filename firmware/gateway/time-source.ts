import { LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import { NTP_LENGTH, NTP_PORT } from "../sntp/ntp-packet.js";
import { SNTP_EVENT_FAILED, SNTP_EVENT_NONE, SNTP_EVENT_TIME, SntpClient } from "../sntp/sntp-client.js";
import { parseAddress } from "../wire/ipv4-address.js";
import type { Platform } from "./platform.js";
import { SocketSlot } from "./socket-slot.js";

/** Sets the calendar by SNTP: name lookup, socket and client. */
export class TimeSource {
	#platform: Platform;
	#server: string;
	#client: SntpClient;
	#slot: SocketSlot;
	#datagram: Uint8Array;
	#request = new Uint8Array(NTP_LENGTH);
	#isResolving = false;
	#onResolved: (address: number) => void;
	/** What the log was told last. */
	#told = "";

	/** `datagram`: where every datagram is received. */
	constructor(platform: Platform, server: string, datagram: Uint8Array, wake: () => void) {
		this.#platform = platform;
		this.#server = server;
		this.#datagram = datagram;
		this.#client = new SntpClient(platform.random);
		this.#slot = new SocketSlot(platform.datagramSocket, wake);
		this.#onResolved = address => {
			this.#isResolving = false;
			this.#client.resolved(address, platform.clock.now());
			wake();
		};
	}

	/** The network is there. */
	start(now: number): void {
		this.#client.start(now);
	}

	/** The network is gone. */
	stop(): void {
		this.#client.stop();
		this.#slot.close();
	}

	/** Returns true where the calendar was set for the first time. */
	turn(now: number): boolean {
		const client = this.#client, slot = this.#slot;
		while (slot.pending) {
			const length = slot.receive(this.#datagram);
			if (length >= 0)
				client.receive(this.#datagram, length, slot.sourceAddress, slot.sourcePort, now);
		}
		if (client.pollTimeout(now) === 0)
			client.onTimeout(now);
		if (client.wantsResolve && !this.#isResolving)
			this.#resolve(now);
		const length = client.pollTransmit(this.#request, now);
		if (length > 0)
			this.#send(length);
		const event = client.pollEvent();
		return event === SNTP_EVENT_NONE ? false : this.#tell(event);
	}

	/** ms until the next turn is wanted. */
	timeout(now: number): number {
		return this.#slot.pending ? 0 : this.#client.pollTimeout(now);
	}

	close(): void {
		this.#slot.close();
	}

	#resolve(now: number): void {
		const address = parseAddress(this.#server);
		if (address !== -1) {
			this.#client.resolved(address, now);
			return;
		}
		this.#isResolving = true;
		try {
			this.#platform.resolver.resolve(this.#server, this.#onResolved);
		}
		catch {
			// The stack has no room for a lookup: as if the name was not found, and the next attempt asks again.
			this.#isResolving = false;
			this.#client.resolved(-1, now);
		}
	}

	/** What cannot be sent is not answered: the client's time-out takes care of it. */
	#send(length: number): void {
		try {
			this.#slot.open(0, 0, 0);
			this.#slot.send(this.#request, length, this.#client.peerAddress, NTP_PORT);
		}
		catch (error) {
			this.#platform.log.write(LEVEL_WARN, "time", `no socket: ${(error as Error).message}`);
		}
	}

	#tell(event: number): boolean {
		const { calendar, log } = this.#platform, client = this.#client, wasSet = calendar.isSet;
		this.#slot.close();
		if (event === SNTP_EVENT_TIME)
			calendar.set?.(client.seconds, client.milliseconds);
		const text = event === SNTP_EVENT_FAILED ? `${this.#server}: ${client.error}` : "set";
		if (text !== this.#told)
			log.write(event === SNTP_EVENT_FAILED ? LEVEL_WARN : LEVEL_INFO, "time", event === SNTP_EVENT_FAILED ? text : `the clock is set by ${this.#server}`);
		this.#told = text;
		return !wasSet && calendar.isSet;
	}
}
