/** HTTP/3 on the XS engine with ngtcp2's server, which is nghttp3: GET, POST, a body of many windows, and what goes wrong. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, equal, it, ok, skip } from "#test";
import { issue, makeCa } from "../../scripts/demo/certificates.js";
import { gtlsserverMissing, startGtlsserver } from "./peers/ngtcp2.js";

const ENGINE = "build/xs/64/zonal-xs";

describe("http3 with ngtcp2", function (this: any) {
	this.timeout(120_000);
	const missing = gtlsserverMissing() || (existsSync(ENGINE) ? "" : "the XS engine is not built");
	if (missing !== "") {
		skip("a request", missing);
		return;
	}
	let folder = "", port = 0;
	const servers: ChildProcess[] = [];

	async function serve(...options: string[]): Promise<number> {
		const server = await startGtlsserver(["-q", "-d", join(folder, "htdocs"), ...options], join(folder, "server.key"), join(folder, "server.pem"));
		servers.push(server.child);
		return server.port;
	}

	/** Runs the board's --get; returns its output and status. */
	async function get(...args: string[]): Promise<{ lines: string[], status: number | null }> {
		const board = spawn(ENGINE, ["--root", "build", "--entry", "firmware/main-get.js", "--", ...args]);
		let text = "";
		board.stdout.on("data", data => { text += data; });
		board.stderr.on("data", data => { text += data; });
		const timer = setTimeout(() => board.kill("SIGKILL"), 60_000);
		const [status] = await once(board, "close");
		clearTimeout(timer);
		return { lines: text.trimEnd().split("\n"), status };
	}

	before(async () => {
		folder = mkdtempSync(join(tmpdir(), "zonal-http3-"));
		const ca = await makeCa({}), issued = await issue(ca, { dns: ["localhost"], ip: ["127.0.0.1"] });
		writeFileSync(join(folder, "ca.pem"), ca.pem);
		writeFileSync(join(folder, "server.pem"), issued.chain);
		writeFileSync(join(folder, "server.key"), issued.keyPem);
		mkdirSync(join(folder, "htdocs"));
		writeFileSync(join(folder, "htdocs/hello.txt"), "one line\nand another, ü\n");
		writeFileSync(join(folder, "htdocs/large.bin"), Buffer.alloc(300_000, 0x41));
		writeFileSync(join(folder, "htdocs/body.bin"), Buffer.alloc(20_000, 0x42));
		port = await serve();
	});
	after(() => {
		for (const server of servers)
			server.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	it("gets a file", async () => {
		const { lines, status } = await get("--get", `https://localhost:${port}/hello.txt`, "--ca", join(folder, "ca.pem"));
		equal(status, 0, lines.join("\n"));
		equal(lines[0], "HTTP/3 200");
		ok(lines.includes("content-length: 25") && lines.includes("one line") && lines.includes("and another, ü"), lines.join("\n"));
		ok(lines.at(-1)!.startsWith("25 bytes"), lines.at(-1));
	});

	it("marks its packets with ECT(0), and the server's counts show that the marks arrive", async () => {
		const { lines } = await get("--get", `https://localhost:${port}/large.bin`, "--ca", join(folder, "ca.pem"));
		ok(/^300000 bytes.*; \d+ datagrams sent with ECN, /.test(lines.at(-1)!), lines.at(-1));
	});

	it("gets a body of many windows, after Retry", async () => {
		const { lines, status } = await get("--get", `https://127.0.0.1:${await serve("-V")}/large.bin`, "--ca", join(folder, "ca.pem"));
		equal(status, 0, lines.at(-1));
		ok(lines.at(-1)!.startsWith("300000 bytes"), lines.at(-1));
	});

	it("posts a body of several datagrams", async () => {
		const { lines, status } = await get("--get", `https://localhost:${port}/hello.txt`, "--ca", join(folder, "ca.pem"), "--post", join(folder, "htdocs/body.bin"));
		equal(status, 0, lines.at(-1));
		equal(lines[0], "HTTP/3 200");
	});

	it("tells what is not there, whom it does not trust and what it does not understand", async () => {
		const { lines, status } = await get("--get", `https://localhost:${port}/nothing`, "--ca", join(folder, "ca.pem"));
		equal(status, 1);
		equal(lines[0], "HTTP/3 404");
		const other = await makeCa({});
		writeFileSync(join(folder, "other.pem"), other.pem);
		const refused = await get("--get", `https://localhost:${port}/hello.txt`, "--ca", join(folder, "other.pem"));
		equal(refused.status, 1);
		ok(refused.lines.at(-1)!.includes("not signed by the configured CA"), refused.lines.at(-1));
		for (const [args, reason] of [[["--get", "http://a"], "not an https:// URL"], [["--get", "https://a:0/"], "https://host:port"], [["--get", "https://a/ b"], "%XX"],
			[["--get", "https://a/"], "--ca is missing"], [["--get", "https://a/", "--ca", join(folder, "ca.pem"), "--wall-clock", "noon"], "unset, or seconds since 1970"], [["--get", "https://a/", "--ca", "/nowhere"], "cannot read"], [["--get", "https://a/", "--tea", "x"], "--tea is not"]] as const) {
			const wrong = await get(...args);
			equal(wrong.status, 2, args.join(" "));
			ok(wrong.lines.join("\n").includes(reason), wrong.lines.join("\n"));
		}
	});
});
