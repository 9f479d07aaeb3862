/** aioquic, where Python has it: the one among the peers that knows version 2 by its number in RFC 9369. */
import { spawnSync } from "node:child_process";
import { type Peer, startTelling } from "./peer.js";

const PYTHON = "/usr/bin/python3", SERVER = "host-tests/interop/peers/aioquic/server.py";

/** Why it cannot be started here; "": it can. */
export function aioquicMissing(): string {
	return spawnSync(PYTHON, ["-c", "import aioquic.asyncio"], { timeout: 20_000 }).status === 0 ? "" : "aioquic is not installed (a package of PyPI)";
}

/** `versions`: hexadecimal, the one that it prefers first. Under "mqtt" it echoes streams. */
export function startAioquic(files: { chain: string, key: string }, versions: string, retry = false): Promise<Peer> {
	return startTelling(PYTHON, [SERVER, "--cert", files.chain, "--key", files.key, "--versions", versions, ...retry ? ["--retry"] : []]);
}
