/** What one test with a peer may use: servers, bad links and clients, all stopped at its end (Node only). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, makeCa, type Authority, type IssueOptions } from "../../../scripts/demo/certificates.js";
import { type ProxyOptions, startProxy, type UdpProxy } from "../../support/udp-proxy.js";
import type { Peer, PeerKind, ServeOptions } from "../peers/peer.js";
import { PeerClient } from "./peer-client.js";
import type { DriverOptions } from "./quic-driver.js";

/** A CA with a server's certificate for localhost, in a folder of its own. */
export class PeerCertificates {
	readonly folder = mkdtempSync(join(tmpdir(), "zonal-peers-"));
	readonly chain: string;
	readonly key: string;
	ca!: Authority;

	private constructor() {
		this.chain = join(this.folder, "server.pem");
		this.key = join(this.folder, "server.key");
	}

	static async make(): Promise<PeerCertificates> {
		const made = new PeerCertificates();
		made.ca = await makeCa({ name: "Test CA" });
		await made.issue({}, made);
		return made;
	}

	/** A further certificate, in files of that name. */
	async issue(options: IssueOptions, files = { chain: join(this.folder, "other.pem"), key: join(this.folder, "other.key") }): Promise<{ chain: string, key: string }> {
		const issued = await issue(this.ca, { dns: ["localhost"], ip: ["127.0.0.1"], ...options });
		writeFileSync(files.chain, issued.chain);
		writeFileSync(files.key, issued.keyPem);
		return files;
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

export class Place {
	readonly kind: PeerKind;
	readonly #certificates: PeerCertificates;
	#stops: (() => Promise<void>)[] = [];

	constructor(kind: PeerKind, certificates: PeerCertificates) {
		this.kind = kind;
		this.#certificates = certificates;
	}

	async serve(options: Partial<ServeOptions> = {}): Promise<Peer> {
		const { chain, key } = this.#certificates, server = await this.kind.serve({ chain, key, ...options });
		this.#stops.unshift(() => server.stop());
		return server;
	}

	async dial(port: number, options: Partial<DriverOptions> = {}): Promise<PeerClient> {
		const client = await PeerClient.start({ port, roots: [this.#certificates.ca.der], serverName: "localhost", alpn: this.kind.alpn, ...options });
		this.#stops.unshift(() => client.stop());
		return client;
	}

	async proxy(options: ProxyOptions): Promise<UdpProxy> {
		const proxy = await startProxy(options);
		this.#stops.unshift(() => proxy.stop());
		return proxy;
	}

	/** Gets one small file and leaves; returns the session that the server gave. */
	async session(port: number) {
		const client = await this.dial(port);
		await client.get(1000);
		await client.driver.until(() => client.driver.sessions.length > 0, "session ticket");
		await client.stop();
		return client.driver.sessions[0]!;
	}

	async stop(): Promise<void> {
		for (const stop of this.#stops.splice(0))
			await stop();
	}
}
