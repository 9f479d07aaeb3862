/** Our client against a peer: files by HTTP/0.9 or HTTP/3, echoed bytes, and what happened (Node only). */
import { clock } from "#hal";
import { HTTP3_BODY, HTTP3_CLOSED, HTTP3_DONE, HTTP3_FAILED, HTTP3_HEAD, HTTP3_NONE, HTTP3_READY, Http3Client } from "../../../firmware/http3/client.js";
import { HTTP3_REQUESTS, HTTP3_SERVER_STREAMS } from "../../../firmware/config.js";
import { EVENT_CONFIRMED } from "../../../firmware/quic/connection.js";
import { pattern } from "../peers/peer.js";
import { QuicDriver, type DriverOptions } from "./quic-driver.js";

/** ms for one operation. */
const LIMIT = 60_000;

interface Answer {
	status: number;
	bytes: Buffer[];
	length: number;
	isDone: boolean;
	failure: string;
}

export class PeerClient {
	readonly driver: QuicDriver;
	readonly #http: Http3Client | undefined;
	#answers = new Map<number, Answer>();
	#chunk = new Uint8Array(4096);

	private constructor(driver: QuicDriver, isHttp: boolean) {
		this.driver = driver;
		if (isHttp) {
			this.#http = new Http3Client("localhost", driver.connection);
			driver.application = () => this.#poll();
		}
	}

	/** `alpn` "h3": HTTP/3; else streams as they are. */
	static async start(options: DriverOptions & { alpn: string }): Promise<PeerClient> {
		const isHttp = options.alpn === "h3";
		let client!: PeerClient;
		await QuicDriver.start({ ...isHttp ? { streams: HTTP3_REQUESTS + 1, peerUniStreams: HTTP3_SERVER_STREAMS } : {}, tickets: true, ...options }, undefined, driver => { client = new PeerClient(driver, isHttp); });
		return client;
	}

	get connection() {
		return this.driver.connection;
	}

	confirmed(limit = LIMIT): Promise<void> {
		return this.driver.until(() => this.driver.events.includes(EVENT_CONFIRMED), "confirmation", limit);
	}

	/** Gets a file of so many bytes and compares it with what it should be. */
	async get(count: number, limit = LIMIT, query = ""): Promise<void> {
		const bytes = this.#http === undefined ? await this.exchange(Buffer.from(`GET /${count}${query}\r\n`), limit) : await this.#request("GET", `/file-${count}${query}`, undefined, limit);
		if (!bytes.equals(pattern(count)))
			throw new Error(`${count} bytes came as ${bytes.length} other ones`);
	}

	/** Sends `bytes` to the server, which takes them all: the answer depends on it. */
	async put(bytes: Buffer, limit = LIMIT): Promise<void> {
		if (this.#http !== undefined)
			await this.#request("POST", "/file-1000", bytes, limit);
		else if (!(await this.exchange(bytes, limit)).equals(bytes))
			throw new Error("the echo differs");
	}

	/** Writes `bytes` on a new stream, ends it, and resolves with the answer. */
	async exchange(bytes: Buffer, limit = LIMIT): Promise<Buffer> {
		return this.driver.exchange(await this.driver.open(limit), bytes, limit);
	}

	async #request(method: string, path: string, body: Buffer | undefined, limit: number): Promise<Buffer> {
		const { driver, connection } = this, http = this.#http!;
		let id = -1;
		await driver.until(() => connection.closed || (id = http.request(method, path, [], body !== undefined)) >= 0, "place for a request", limit);
		if (id < 0)
			throw new Error(`the connection ended: ${connection.closeReason}`);
		const answer: Answer = { status: 0, bytes: [], length: 0, isDone: false, failure: "" };
		this.#answers.set(id, answer);
		let at = 0;
		const pump = (): void => {
			if (body === undefined || at > body.length || answer.isDone)
				return;
			at += http.writeBody(id, body, at, body.length);
			if (at === body.length) {
				http.endBody(id);
				at++;
			}
		};
		pump();
		driver.drive();
		await driver.until(() => {
			if (body !== undefined && at < body.length)
				setImmediate(() => { pump(); driver.drive(); });
			return answer.isDone;
		}, `answer to ${method} ${path}`, limit);
		if (answer.failure !== "" || answer.status !== 200)
			throw new Error(`${method} ${path}: status ${answer.status} ${answer.failure}`);
		return Buffer.concat(answer.bytes);
	}

	#poll(): void {
		const http = this.#http!;
		for (let event = http.pollEvent(); event !== HTTP3_NONE; event = http.pollEvent()) {
			if (event === HTTP3_READY || event === HTTP3_CLOSED && this.#answers.size === 0)
				continue;
			const id = http.eventRequest, answer = this.#answers.get(id);
			if (event === HTTP3_CLOSED) {
				for (const each of this.#answers.values()) {
					each.isDone = true;
					each.failure = http.closeReason;
				}
				this.#answers.clear();
				continue;
			}
			if (answer === undefined)
				continue;
			if (event === HTTP3_HEAD)
				answer.status = http.status(id);
			else if (event === HTTP3_BODY)
				for (let count = http.readBody(id, this.#chunk, 0, this.#chunk.length); count > 0; count = http.readBody(id, this.#chunk, 0, this.#chunk.length))
					answer.bytes.push(Buffer.from(this.#chunk.slice(0, count)));
			else if (event === HTTP3_DONE || event === HTTP3_FAILED) {
				answer.failure = event === HTTP3_FAILED ? http.failure(id) : "";
				answer.isDone = true;
				this.#answers.delete(id);
				http.release(id);
			}
		}
	}

	/** Closes; returns when the socket is closed as well. */
	async stop(): Promise<void> {
		this.connection.close(0, "", clock.now());
		await this.driver.stop();
	}
}

