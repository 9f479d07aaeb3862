/** The server's side of TLS records for tests: what TestServer says, sealed; and what the client sends, opened. */
import { cipherSuite } from "../../../firmware/tls/cipher-suite.js";
import type { RecordLayer } from "../../../firmware/tls/record-layer.js";
import { RecordReader } from "../../../firmware/tls/record-reader.js";
import { RecordProtection } from "../../../firmware/tls/record-protection.js";
import { SendRing } from "../../../firmware/wire/send-ring.js";
import { concat } from "./der-writer.js";
import { type ServerOptions, TestServer } from "./test-server.js";

export const plainRecord = (type: number, content: Uint8Array): Uint8Array => concat(new Uint8Array([type, 3, 3, content.length >> 8, content.length]), content);

export class RecordPeer {
	readonly server: TestServer;
	readonly client: RecordLayer;
	/** What the client has to send. */
	readonly ring = new SendRing(1 << 16);
	/** Contents of the client's records, each with its type; and the records themselves. */
	readonly contents: { type: number; bytes: Uint8Array }[] = [];
	readonly records: Uint8Array[] = [];
	/** Keys of what the server sends. */
	sendKeys: RecordProtection | undefined = undefined;
	#reader = new RecordReader();
	#options: ServerOptions;

	constructor(client: RecordLayer, options: ServerOptions) {
		this.client = client;
		this.#options = options;
		this.server = new TestServer({ isTcp: true, ...options });
	}

	/** Takes what the client sends; returns the last content. */
	take(limit = 1200): Uint8Array {
		const into = new Uint8Array(limit);
		for (let length = this.client.pollTransmit(into, this.ring); length > 0; length = this.client.pollTransmit(into, this.ring)) {
			this.records.push(into.slice(0, length));
			this.#reader.put(into, 0, length);
			while (this.#reader.next()) {
				this.contents.push({ type: this.#reader.type, bytes: this.#reader.bytes.slice(this.#reader.contentAt, this.#reader.contentEnd) });
				this.#reader.contentAt = this.#reader.contentEnd;
			}
		}
		return this.contents[this.contents.length - 1]?.bytes ?? new Uint8Array(0);
	}

	give(bytes: Uint8Array): void {
		this.client.receive(bytes, bytes.length);
	}

	/** A record of that type under the present keys, in the clear where there are none. */
	record(type: number, content: Uint8Array, padding = 0): Uint8Array {
		if (this.sendKeys === undefined)
			return plainRecord(type, content);
		const inner = content.length + 1 + padding, bytes = new Uint8Array(5 + inner + 16);
		bytes.set([23, 3, 3, (inner + 16) >> 8, inner + 16]);
		bytes.set(content, 5);
		bytes[5 + content.length] = type;
		this.sendKeys.seal(bytes, 0, 5 + inner);
		return bytes;
	}

	send(type: number, content: Uint8Array): void {
		this.give(this.record(type, content));
	}

	/** From here on both directions use those secrets. */
	protect(server: Uint8Array, client: Uint8Array): void {
		this.sendKeys = this.protection(server);
		this.#reader.protect(this.protection(client));
	}

	protection(secret: Uint8Array): RecordProtection {
		return new RecordProtection(this.#options.crypto, cipherSuite(this.#options.suite ?? 0x1301)!, secret);
	}

	/** The keys of what the client sends have changed. */
	clientUpdated(): void {
		this.#reader.update();
	}

	/** ClientHello to ServerHello. */
	hello(): void {
		this.client.start();
		this.give(plainRecord(22, this.server.serverHello(this.take())));
		this.protect(this.server.serverHandshakeSecret, this.server.clientHandshakeSecret);
	}

	/** The whole handshake, the server's flight in records of at most `size` bytes of content. */
	connect(size = 0x4000): void {
		this.hello();
		const flight = concat(...this.server.flight());
		for (let at = 0; at < flight.length; at += size)
			this.send(22, flight.subarray(at, at + size));
		this.sendKeys!.close();
		this.sendKeys = this.protection(this.server.serverSecret);
		if (!this.client.isConnected)
			return;
		this.take();
		this.#reader.protect(this.protection(this.server.clientSecret));
	}

	/** Gives the keys of both sides back. */
	close(): void {
		this.client.dispose();
		this.#reader.close();
		this.sendKeys?.close();
	}

	/** What the client has read. */
	read(limit = 65536): Uint8Array {
		const into = new Uint8Array(limit);
		return into.slice(0, this.client.read(into, 0, limit));
	}
}
