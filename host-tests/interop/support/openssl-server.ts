/** `openssl s_server` on loopback, certificates and OCSP responses made by openssl's own commands; and a client of ours. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crypto, random } from "#hal";
import type { HandshakeOptions } from "../../../firmware/tls/handshake-options.js";
import { RecordLayer } from "../../../firmware/tls/record-layer.js";
import { SendRing } from "../../../firmware/wire/send-ring.js";
import { NodeCalendar } from "../../../hal/node/calendar.js";
import { freePort } from "../../../scripts/demo/mosquitto.js";
import { until } from "../../support/patience.js";

export const hasOpenssl = (): boolean => spawnSync("openssl", ["version"]).status === 0;

/** A folder with a CA, a server's certificate and what else openssl is asked to make. */
export class Pki {
	readonly folder = mkdtempSync(join(tmpdir(), "zonal-openssl-"));

	constructor() {
		this.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
		this.issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth");
		this.issue("staple", "subjectAltName=DNS:localhost", "tlsfeature=status_request");
		this.issue("responder", "keyUsage=digitalSignature", "extendedKeyUsage=OCSPSigning");
		this.issue("client", "extendedKeyUsage=clientAuth");
	}

	run(...args: string[]): void {
		const { status, stderr } = spawnSync("openssl", args, { cwd: this.folder });
		if (status !== 0)
			throw new Error(`openssl ${args.join(" ")}: ${stderr.toString()}`);
	}

	issue(name: string, ...extensions: string[]): void {
		writeFileSync(join(this.folder, `${name}.ext`), extensions.join("\n") + "\n");
		this.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
		this.run("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "20", "-extfile", `${name}.ext`, "-out", `${name}.pem`);
	}

	path(name: string): string {
		return join(this.folder, name);
	}

	der(name: string): Uint8Array {
		return new Uint8Array(Buffer.from(readFileSync(this.path(name), "utf8").replace(/-----[^-]+-----|\s/g, ""), "base64"));
	}

	/** An OCSP response about that certificate in a file; `more`: options of `openssl ocsp`. Returns its path. */
	ocsp(file: string, about: string, state: "V" | "R", signer: string, options: string[] = [], more: string[] = ["-ndays", "2"]): string {
		const serial = spawnSync("openssl", ["x509", "-in", `${about}.pem`, "-noout", "-serial"], { cwd: this.folder }).stdout.toString().trim().slice(7);
		writeFileSync(this.path("index.txt"), `${state}\t491231235959Z\t${state === "R" ? "260101000000Z" : ""}\t${serial}\tunknown\t/CN=${about}\n`);
		this.run("ocsp", "-issuer", "ca.pem", ...options, "-cert", `${about}.pem`, "-reqout", "request.der");
		this.run("ocsp", "-index", "index.txt", "-rsigner", `${signer}.pem`, "-rkey", `${signer}.key`, "-CA", "ca.pem", "-reqin", "request.der", "-respout", file, ...more);
		return this.path(file);
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

export class OpensslServer {
	readonly port: number;
	output = "";
	#child: ChildProcess;

	private constructor(port: number, child: ChildProcess) {
		this.port = port;
		this.#child = child;
		for (const stream of [child.stdout!, child.stderr!])
			stream.on("data", (bytes: Buffer) => { this.output += bytes.toString("latin1"); });
	}

	static async start(pki: Pki, ...options: string[]): Promise<OpensslServer> {
		const port = await freePort();
		const child = spawn("openssl", ["s_server", "-accept", `127.0.0.1:${port}`, "-cert", "server.pem", "-key", "server.key", ...options], { cwd: pki.folder, stdio: ["pipe", "pipe", "pipe"] });
		const server = new OpensslServer(port, child);
		await until(() => `openssl s_server: ${server.output}`, () => server.output.includes("ACCEPT") || child.exitCode !== null);
		if (child.exitCode !== null)
			throw new Error(`openssl s_server did not start: ${server.output}`);
		return server;
	}

	/** What is typed at its console: "K" asks for new keys, "Q" ends it, anything else is sent. */
	type(text: string): void {
		this.#child.stdin!.write(text);
	}

	stop(): void {
		this.#child.kill("SIGKILL");
	}
}

/** A RecordLayer on a socket of Node's. */
export class TlsClient {
	readonly records: RecordLayer;
	received = Buffer.alloc(0);
	/** Bytes that TCP brought. */
	arrived = 0;
	#ring = new SendRing(1 << 16);
	#socket: Socket;
	#into = new Uint8Array(1400);

	constructor(port: number, options: Partial<HandshakeOptions> & Pick<HandshakeOptions, "roots">) {
		this.records = new RecordLayer({ crypto, random, calendar: new NodeCalendar(), serverName: "localhost", alpn: "mqtt", ...options });
		this.#socket = connect(port, "127.0.0.1", () => {
			this.records.start();
			this.#turn();
		});
		this.#socket.setNoDelay(true);
		this.#socket.on("data", bytes => {
			this.arrived += bytes.length;
			for (let at = 0; at < bytes.length && !this.records.isClosed;) {
				const piece = new Uint8Array(bytes.subarray(at, at + Math.min(this.records.room, 1500)));
				this.records.receive(piece, piece.length);
				at += piece.length;
				this.#turn();
			}
		});
		this.#socket.on("close", () => { this.records.lost("TCP ended"); });
		this.#socket.on("error", () => {});
	}

	send(text: string): void {
		const bytes = new Uint8Array(Buffer.from(text, "latin1"));
		this.#ring.putBytes(bytes, 0, bytes.length);
		this.#ring.commit();
		this.#turn();
	}

	until(what: string, condition: () => boolean): Promise<void> {
		return until(() => `${what}; ${this.records.closeReason}`, condition, undefined, 5);
	}

	async connected(): Promise<this> {
		await this.until("the handshake", () => this.records.isConnected || this.records.isClosed);
		if (this.records.isClosed)
			throw new Error(this.records.closeReason);
		return this;
	}

	/** Why it was closed. */
	async refused(): Promise<string> {
		await this.until("an end", () => this.records.isClosed);
		this.close();
		return this.records.closeReason;
	}

	close(): void {
		this.records.close();
		this.#turn();
		this.#socket.end();
		this.records.dispose();
	}

	#turn(): void {
		const read = new Uint8Array(4096);
		for (let count = this.records.read(read, 0, read.length); count > 0; count = this.records.read(read, 0, read.length))
			this.received = Buffer.concat([this.received, read.subarray(0, count)]);
		for (let length = this.records.pollTransmit(this.#into, this.#ring); length > 0; length = this.records.pollTransmit(this.#into, this.#ring))
			this.#socket.write(Buffer.from(this.#into.subarray(0, length)));
	}
}
