/** ngtcp2's example server as Debian has it, with GnuTLS: HTTP/3 only. */
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianVersion, pattern, type PeerKind, stopChild, type Told } from "./peer.js";

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

export const ngtcp2: PeerKind = {
	name: "ngtcp2", alpn: "h3", echo: "",
	cannot: {
		datagrams: "gtlsserver speaks HTTP/3 without datagrams",
		version2: "it knows version 2 by its draft's number 0x709a50c4 only",
	},
	notes: { client: "it asks for one and verifies nothing" },
	missing: () => find("gtlsserver") === undefined ? "gtlsserver is not installed (Debian package ngtcp2-server)" : "",
	version: () => debianVersion("ngtcp2-server"),
	async prepare() {},
	async serve({ chain, key, clientCa, retry, preferredPort, host = "127.0.0.1" }) {
		const folder = mkdtempSync(join(tmpdir(), "zonal-htdocs-")), port = await freePort(), told: Told[] = [];
		for (const count of FILES)
			writeFileSync(join(folder, `file-${count}`), pattern(count));
		const child = spawn(find("gtlsserver")!, [
			"--no-quic-dump", "--no-http-dump", "-d", folder, ...retry ? ["-V"] : [], ...clientCa === undefined ? [] : ["--verify-client"],
			...preferredPort === undefined ? [] : ["--preferred-ipv4-addr", `127.0.0.1:${preferredPort}`],
			host, String(port), key, chain,
		], { stdio: ["ignore", "pipe", "pipe"] });
		const take = (data: Buffer): void => {
			const us = Math.round((performance.timeOrigin + performance.now()) * 1000);
			for (const line of data.toString().split("\n"))
				told.push({ event: "log", us, line });
		};
		child.stdout.on("data", take);
		child.stderr.on("data", take);
		await new Promise(resolve => { setTimeout(resolve, 300); });
		return {
			port, told,
			async stop() {
				await stopChild(child);
				rmSync(folder, { recursive: true, force: true });
			},
		};
	},
};
