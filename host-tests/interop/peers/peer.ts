/** A QUIC server of another implementation, as tests start it: what each of them has in common. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What a client can do with a server; `name`s of the table. */
export const FEATURES = Object.freeze({
	handshake: "handshake", down: "transfer from the server", up: "transfer to the server", retry: "Retry", resumption: "resumption", early: "0-RTT",
	keyUpdate: "key update", chacha: "ChaCha20-Poly1305", aes256: "AES-256-GCM", rebinding: "NAT rebinding", migration: "active migration",
	preferred: "preferred address", loss: "10 % loss both ways", client: "client certificate", datagrams: "datagrams", negotiation: "version negotiation", version2: "QUIC v2",
});

export type Feature = keyof typeof FEATURES;

/** Paths of PEM files, and what the server is to do. */
export interface ServeOptions {
	chain: string;
	key: string;
	/** Of client certificates, which it asks for then. */
	clientCa?: string | undefined;
	retry?: boolean;
	early?: boolean;
	/** Streams that a client may have open. */
	streams?: number;
	host?: string;
	/** TCP address that streams are carried to. */
	bridge?: string;
	/** A preferred address in the server's transport parameters: 127.0.0.1 and this port. */
	preferredPort?: number;
}

export interface Told {
	event: string;
	/** µs since 1970. */
	us: number;
	[key: string]: unknown;
}

export interface Peer {
	readonly port: number;
	/** What it said so far. */
	readonly told: readonly Told[];
	stop(): Promise<void>;
}

export interface PeerKind {
	/** Heads the column. */
	readonly name: string;
	/** How files are asked for: "GET /N" on a stream of its own (HTTP/0.9, as interop tests do), or HTTP/3. */
	readonly alpn: "hq-interop" | "h3";
	/** ALPN under which streams are echoed; "": there is none. */
	readonly echo: string;
	/** What it cannot do, and why. */
	readonly cannot: Partial<Record<Feature, string>>;
	/** What is to be known of what it can do. */
	readonly notes: Partial<Record<Feature, string>>;
	/** Why it cannot be started here; "": it can. */
	missing(): string;
	version(): string;
	/** Makes what it needs, which may take a minute. */
	prepare(): Promise<void>;
	serve(options: ServeOptions): Promise<Peer>;
}

/** The body of the file /N: the servers make the same. */
export function pattern(count: number): Buffer {
	const bytes = Buffer.alloc(count);
	for (let i = 0; i < count; i++)
		bytes[i] = i * 31 + (i >> 8);
	return bytes;
}

export function debianVersion(name: string): string {
	const { stdout, status } = spawnSync("dpkg-query", ["-W", "-f=${Version}", name], { encoding: "utf8" });
	return status === 0 ? stdout.trim() : "";
}

/** A server that tells of itself in lines of JSON, the first one with its port. It ends with its standard input. */
export async function startTelling(program: string, args: readonly string[]): Promise<Peer> {
	const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }), told: Told[] = [];
	let errors = "";
	child.stderr.on("data", data => { errors += data; });
	child.stdin.on("error", () => {});
	const listening = new Promise<Told>((resolve, reject) => {
		createInterface(child.stdout).on("line", line => {
			if (!line.startsWith("{"))
				return;
			told.push(JSON.parse(line));
			if (told.length === 1)
				resolve(told[0]!);
		});
		child.on("error", reject);
		child.on("exit", status => reject(new Error(`${program} ended with status ${status}: ${errors}`)));
		setTimeout(() => reject(new Error(`${program} does not start: ${errors}`)), 60_000).unref();
	});
	try {
		const first = await listening;
		if (first.event !== "listening")
			throw new Error(`${program}: ${first["reason"]}`);
		return { port: first["port"] as number, told, stop: () => stopChild(child) };
	}
	catch (error) {
		await stopChild(child);
		throw error;
	}
}

export async function stopChild(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
		return;
	child.kill("SIGKILL");
	await once(child, "exit");
}
