/** quic-go as Debian has it: our own small server and client on it (quic-go/main.go), built once for each state of the source. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { execFile } from "node:child_process";
import { debianVersion, type PeerKind, startTelling } from "./peer.js";

const SOURCE = "host-tests/interop/peers/quic-go", GOPATH = "/usr/share/gocode", GO = "/usr/bin/go";
const BUILD_LIMIT = 240_000;

/** Path of the program; it is built where it is not there. */
export async function buildQuicGo(): Promise<string> {
	const folder = resolve("build/peers"), source = readFileSync(join(SOURCE, "main.go"));
	const version = spawnSync(GO, ["version"], { encoding: "utf8" }).stdout + debianVersion("golang-github-lucas-clemente-quic-go-dev");
	const program = join(folder, `quic-go-${createHash("sha256").update(source).update(version).digest("hex").slice(0, 16)}`);
	if (existsSync(program))
		return program;
	mkdirSync(folder, { recursive: true });
	const made = `${program}.${process.pid}`;
	await promisify(execFile)(GO, ["build", "-o", made, "."], {
		cwd: SOURCE, timeout: BUILD_LIMIT, env: { ...process.env, GOPATH, GO111MODULE: "off", GOCACHE: join(folder, "go-cache"), GOFLAGS: "" },
	});
	renameSync(made, program);
	return program;
}

export const quicGoMissing = (): string => existsSync(GO) && existsSync(join(GOPATH, "src/github.com/lucas-clemente/quic-go")) ? ""
	: "quic-go is not installed (Debian packages golang-go and golang-github-lucas-clemente-quic-go-dev)";

export const quicGo: PeerKind = {
	name: "quic-go", alpn: "hq-interop", echo: "mqtt",
	cannot: {
		rebinding: "it goes on sending to the address of the first packet",
		migration: "it forbids it",
		preferred: "it sends no preferred address",
		version2: "it knows version 2 by its draft's number 0x709a50c4 only",
	},
	notes: {},
	missing: quicGoMissing,
	version: () => debianVersion("golang-github-lucas-clemente-quic-go-dev"),
	async prepare() { await buildQuicGo(); },
	async serve({ chain, key, clientCa, retry, early, streams, host, bridge }) {
		return startTelling(await buildQuicGo(), [
			"-cert", chain, "-key", key, "-listen", host?.includes(":") ? `[${host}]:0` : `${host ?? "127.0.0.1"}:0`,
			...clientCa === undefined ? [] : ["-ca", clientCa], ...retry ? ["-retry"] : [], ...early ? ["-early"] : [],
			...streams === undefined ? [] : ["-streams", String(streams)], ...bridge === undefined ? [] : ["-bridge", bridge],
		]);
	},
};
