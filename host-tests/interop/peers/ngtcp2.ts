/** ngtcp2's example server as Debian has it, with GnuTLS: HTTP/3 only. */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../support/patience.js";
import { debianVersion, pattern, type PeerKind, stopChild, type Told } from "./peer.js";

/** Whether a process has that UDP port, by Linux's tables. */
const isBound = (port: number): boolean => ["udp", "udp6"].some(table =>
	readFileSync(`/proc/net/${table}`, "latin1").includes(`:${port.toString(16).toUpperCase().padStart(4, "0")} `));

const find = (name: string): string | undefined => [`/usr/sbin/${name}`, `/usr/bin/${name}`].find(existsSync);

/** Lengths of the files that the server has: "/file-N". What is called by a number alone it makes up. */
export const FILES = Object.freeze([1000, 5000, 10_000, 20_000, 100_000, 500_000]);

export const clientProgram = (): string | undefined => find("gtlsclient");

export async function freePort(): Promise<number> {
	const probe = createSocket("udp4");
	probe.bind(0, "127.0.0.1");
	await once(probe, "listening");
	const { port } = probe.address();
	await new Promise<void>(resolve => { probe.close(() => resolve()); });
	return port;
}

export const gtlsserverMissing = (): string => find("gtlsserver") === undefined ? "gtlsserver is not installed (Debian package ngtcp2-server)" : "";

/** Starts it on a free port; resolves when it listens. `key`, `chain`: paths of PEM files. */
export async function startGtlsserver(options: readonly string[], key: string, chain: string, host = "127.0.0.1"): Promise<{ child: ChildProcess, port: number, log: () => string }> {
	const port = await freePort(), child = spawn(find("gtlsserver")!, [...options, host, String(port), key, chain], { stdio: ["ignore", "pipe", "pipe"] });
	let log = "";
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", text => { log += text; });
	await until(() => `gtlsserver: ${log}`, () => isBound(port) || child.exitCode !== null);
	if (child.exitCode !== null)
		throw new Error(`gtlsserver ended with status ${child.exitCode}: ${log}`);
	return { child, port, log: () => log };
}

export const ngtcp2: PeerKind = {
	name: "ngtcp2", alpn: "h3", echo: "",
	cannot: {
		datagrams: "gtlsserver speaks HTTP/3 without datagrams",
		version2: "it knows version 2 by its draft's number 0x709a50c4 only",
	},
	notes: { client: "it asks for one and verifies nothing" },
	missing: gtlsserverMissing,
	version: () => debianVersion("ngtcp2-server"),
	async prepare() {},
	async serve({ chain, key, clientCa, retry, preferredPort, host = "127.0.0.1" }) {
		const folder = mkdtempSync(join(tmpdir(), "zonal-htdocs-")), told: Told[] = [];
		for (const count of FILES)
			writeFileSync(join(folder, `file-${count}`), pattern(count));
		const { child, port } = await startGtlsserver([
			"--no-quic-dump", "--no-http-dump", "-d", folder, ...retry ? ["-V"] : [], ...clientCa === undefined ? [] : ["--verify-client"],
			...preferredPort === undefined ? [] : ["--preferred-ipv4-addr", `127.0.0.1:${preferredPort}`],
		], key, chain, host);
		const take = (data: string): void => {
			const us = Math.round((performance.timeOrigin + performance.now()) * 1000);
			for (const line of data.split("\n"))
				told.push({ event: "log", us, line });
		};
		child.stdout!.on("data", take);
		child.stderr!.on("data", take);
		return {
			port, told,
			async stop() {
				await stopChild(child);
				rmSync(folder, { recursive: true, force: true });
			},
		};
	},
};
