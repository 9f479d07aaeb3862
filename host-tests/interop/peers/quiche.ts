/** quiche and BoringSSL, as the npm package @matrixai/quic has them. */
import { readFileSync } from "node:fs";
import { QuicTerminator } from "../../../scripts/demo/quic-terminator.js";
import { QuicheEcho } from "../support/quiche-echo.js";
import type { PeerKind } from "./peer.js";

export const quiche: PeerKind = {
	name: "quiche", alpn: "hq-interop", echo: "mqtt",
	cannot: {
		resumption: "the binding's server sends tickets that it does not take",
		early: "the binding does not offer it",
		migration: "the binding gives no spare connection ids",
		preferred: "quiche sends no preferred address",
		version2: "quiche speaks version 1 only",
	},
	notes: {},
	missing: () => "",
	version: () => JSON.parse(readFileSync("node_modules/@matrixai/quic/package.json", "utf8")).version,
	async prepare() {},
	async serve({ chain, key, clientCa, retry, streams }) {
		if (retry) {
			const server = await QuicTerminator.start({ chain, key, host: "127.0.0.1", port: 0, backendPort: () => 1, log: () => {}, retry: true });
			return { port: server.port, told: [], stop: () => server.stop() };
		}
		const server = await QuicheEcho.start({
			chain, key, alpn: ["mqtt", "hq-interop"], maxStreams: streams ?? 100, connectionWindow: 1 << 20,
			clientCa, configure: config => config.enableDgram(true, 16, 16),
		});
		return { port: server.port, told: [], stop: () => server.stop() };
	},
};
