import { HTTPS_IDLE_TIMEOUT, QUIC_RECEIVE_DATAGRAM, QUIC_SEND_DATAGRAM } from "../config.js";
import { HTTP3_BODY, HTTP3_CLOSED, HTTP3_DONE, HTTP3_FAILED, HTTP3_HEAD, HTTP3_NONE, HTTP3_READY, Http3Client, http3Connection } from "../http3/client.js";
import { NO_DATAGRAM } from "../ports/datagram-socket.js";
import { FAMILY_ANY } from "../ports/resolver.js";
import type { Timer } from "../ports/timer.js";
import { isIpv6 } from "../wire/address-table.js";
import { NO_TIMEOUT } from "../wire/time.js";
import type { HttpsUrl } from "./https-url.js";
import type { Platform } from "./platform.js";
import { SocketSlot } from "./socket-slot.js";

export interface HttpsRequestOptions {
	readonly method: "GET" | "POST";
	readonly body?: Uint8Array;
	/** DER certificates that the server's chain may end in. */
	readonly roots: readonly Uint8Array[];
	/** The response's head has come. */
	onHead(status: number, field: (name: string) => string | undefined): void;
	/** The next bytes of the body: bytes[0, length), only within the call. */
	onBody(bytes: Uint8Array, length: number): void;
	/** Once; in words what went wrong, "" where the response is complete. */
	onEnd(failure: string): void;
}

/** One request over HTTP/3 on a connection of its own: name look-up, socket, timer. */
export class HttpsRequest {
	#platform: Platform;
	#url: HttpsUrl;
	#options: HttpsRequestOptions;
	#client: Http3Client;
	#slot: SocketSlot;
	#timer: Timer;
	#address = 0;
	#id = -1;
	#sent = 0;
	#isOver = false;
	#in = new Uint8Array(QUIC_RECEIVE_DATAGRAM);
	#out = new Uint8Array(QUIC_SEND_DATAGRAM);
	#piece = new Uint8Array(1024);
	#outLength = 0;

	constructor(platform: Platform, url: HttpsUrl, options: HttpsRequestOptions) {
		this.#platform = platform;
		this.#url = url;
		this.#options = options;
		const { crypto, random, calendar, keyLog } = platform;
		this.#client = new Http3Client(url.authority, http3Connection({
			crypto, random, calendar, serverName: url.host, roots: options.roots, idleTimeout: HTTPS_IDLE_TIMEOUT, keepAlive: 0, ...keyLog === undefined ? {} : { keyLog },
		}));
		const turn = () => this.#turn();
		this.#slot = new SocketSlot(platform.datagramSocket, turn);
		this.#timer = platform.timer(turn);
	}

	/** Packets and bytes so far, in words. */
	get traffic(): string {
		const { datagramsSent, ecn, rttMs } = this.#client.statistics;
		return `${datagramsSent} datagrams sent${ecn ? " with ECN" : ""}, round trip ${rttMs} ms`;
	}

	start(): void {
		const { host, port } = this.#url;
		this.#platform.resolver.resolve(host, address => {
			if (this.#isOver)
				return;
			if (address < 0)
				return this.#end(`${host}: no such name`);
			try {
				this.#slot.open(isIpv6(address) ? this.#anyIpv6() : 0, 0, 0, true);
				if (this.#slot.ecnSupported)
					this.#client.enableEcn();
				this.#address = address;
				this.#client.connect(this.#platform.clock.now());
			}
			catch (error) {
				return this.#end(`no connection to ${host}:${port}: ${(error as Error).message}`);
			}
			this.#turn();
		}, FAMILY_ANY);
	}

	/** Ends it before its time. */
	stop(): void {
		this.#end("stopped");
	}

	#anyIpv6(): number {
		return this.#platform.addresses.intern(new Uint8Array(16), 0);
	}

	#turn(): void {
		if (this.#isOver || !this.#slot.isOpen)
			return;
		const { clock } = this.#platform, now = clock.now();
		for (let length = this.#slot.receive(this.#in); length !== NO_DATAGRAM; length = this.#slot.receive(this.#in)) {
			if (this.#slot.sourceAddress === this.#address && this.#slot.sourcePort === this.#url.port)
				this.#client.receive(this.#in, length, now, this.#slot.ecn);
			this.#handleEvents();
		}
		this.#client.onTimeout(now);
		this.#handleEvents();
		this.#transmit(now);
		if (this.#isOver)
			return;
		const delay = this.#outLength > 0 ? 1 : this.#client.pollTimeout(now);
		if (delay !== NO_TIMEOUT)
			this.#timer.schedule(delay);
	}

	#handleEvents(): void {
		for (let event = this.#client.pollEvent(); event !== HTTP3_NONE && !this.#isOver; event = this.#client.pollEvent()) {
			if (event === HTTP3_READY && this.#id < 0)
				this.#send();
			else if (event === HTTP3_HEAD)
				this.#options.onHead(this.#client.status(this.#id), name => this.#client.field(this.#id, name));
			else if (event === HTTP3_BODY)
				this.#read();
			else if (event === HTTP3_DONE || event === HTTP3_FAILED)
				this.#end(this.#client.failure(this.#id));
			else if (event === HTTP3_CLOSED)
				this.#end(this.#client.closeReason || "the connection was closed");
		}
		this.#sendBody();
	}

	#send(): void {
		const { method, body } = this.#options;
		const fields = ["user-agent", "zonal", ...body === undefined ? [] : ["content-length", String(body.length)]];
		this.#id = this.#client.request(method, this.#url.path, fields, body !== undefined);
		if (this.#id < 0)
			this.#end("the server takes no request, or none of this size");
	}

	#sendBody(): void {
		const { body } = this.#options;
		if (body === undefined || this.#id < 0 || this.#sent > body.length || this.#isOver)
			return;
		this.#sent += this.#client.writeBody(this.#id, body, this.#sent, body.length);
		if (this.#sent === body.length) {
			this.#client.endBody(this.#id);
			this.#sent++;
		}
	}

	#read(): void {
		for (let length = 1; length > 0 && !this.#isOver;) {
			length = this.#client.readBody(this.#id, this.#piece, 0, this.#piece.length);
			if (length > 0)
				this.#options.onBody(this.#piece, length);
		}
	}

	#transmit(now: number): void {
		for (;;) {
			if (this.#outLength === 0)
				this.#outLength = this.#client.pollTransmit(this.#out, now);
			if (this.#outLength === 0 || !this.#slot.send(this.#out, this.#outLength, this.#address, this.#url.port, this.#client.transmitEcn))
				return;
			this.#outLength = 0;
		}
	}

	#end(failure: string): void {
		if (this.#isOver)
			return;
		this.#isOver = true;
		const now = this.#platform.clock.now();
		if (this.#slot.isOpen) {
			this.#client.close(now);
			this.#outLength = 0;
			this.#transmit(now);
		}
		this.#timer.close();
		this.#slot.close();
		this.#options.onEnd(failure);
		this.#client.dispose();
	}
}
