/** quinn and rustls, as Deno has them: our own small server on its API (quinn/server.js). */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type PeerKind, startTelling } from "./peer.js";

/** The npm package's; or another one, by the environment. */
const PLACE = "host-tests/interop/peers/quinn/node_modules/@deno/linux-x64-glibc/deno";
const place = (): string | undefined => [process.env["DENO"] ?? "", PLACE].find(path => path !== "" && existsSync(path));

export const quinn: PeerKind = {
	name: "quinn (Deno)", alpn: "hq-interop", echo: "mqtt",
	cannot: {
		retry: "Deno's API has no Retry",
		preferred: "Deno's API has no preferred address",
		client: "Deno's API asks for no client certificates",
		version2: "quinn speaks version 1 only",
	},
	notes: {},
	missing: () => place() === undefined ? "Deno is not installed (npm package deno)" : "",
	version: () => /^deno (\S+)/.exec(spawnSync(place()!, ["--version"], { encoding: "utf8" }).stdout)?.[1] ?? "",
	async prepare() {},
	async serve({ chain, key, early, streams }) {
		return startTelling(place()!, [
			"run", "--unstable-net", "--allow-net", "--allow-read", "--no-config", "--no-lock", "host-tests/interop/peers/quinn/server.js",
			chain, key, "mqtt,hq-interop", String(streams ?? 100), String(early === true),
		]);
	},
};
