/** The handshake and the MQTT bytes of the board, decrypted by tshark with the key log that the board wrote. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, equal, it, ok, skip } from "#test";
import { pcapOf, type Recorded } from "../support/pcap-writer.js";
import { startProxy } from "../support/udp-proxy.js";
import { NumberedVehicle } from "./support/numbered-vehicle.js";
import { Stage, needBoard } from "./support/stage.js";

/** quiche fills a datagram up with zeros behind its last packet. To a client with an empty connection id tshark takes them
 *  for a packet of the next key phase, and then has no keys for the rest of the connection. */
function unpadded(datagram: Uint8Array): Uint8Array {
	let end = datagram.length;
	while (datagram[0]! >= 0x80 && end > 0 && datagram[end - 1] === 0)
		end--;
	return datagram.slice(0, end);
}

describe("board: key log", () => {
	if (!existsSync("/usr/bin/tshark")) {
		skip("tshark decrypts the connection", "tshark is not installed");
		return;
	}
	if (!needBoard())
		return;

	it("lets tshark read the handshake, CONNECT, PUBLISH and DISCONNECT", () => Stage.run(async stage => {
		const folder = mkdtempSync(join(tmpdir(), "zonal-keylog-")), keylog = join(folder, "keys.txt"), pcap = join(folder, "run.pcap");
		// tshark gives up root's rights where it can.
		chmodSync(folder, 0o755);
		stage.also(() => { rmSync(folder, { recursive: true, force: true }); });
		const records: Recorded[] = [], from = performance.now();
		const broker = await stage.startBroker();
		const proxy = await startProxy({ port: broker.port, onDatagram: (datagram, client, isFromClient) => {
			const peer = `${client.address}:${client.port}`, server = `127.0.0.1:${proxy.port}`;
			records.push({ time: performance.now() - from, from: isFromClient ? peer : server, to: isFromClient ? server : peer, payload: isFromClient ? datagram.slice() : unpadded(datagram) });
		} });
		stage.also(() => proxy.stop());
		const vehicle = new NumberedVehicle(stage);
		await stage.subscribe();
		await stage.startBoard({ keylog, brokerPort: proxy.port, change: file => NumberedVehicle.routes(file, 1) });
		await stage.untilRunning();
		await stage.until("subscribed", () => vehicle.isSubscribed);
		for (let i = 0; i < 5; i++)
			vehicle.send(100);
		await stage.until("events delivered", () => NumberedVehicle.numbers(stage).length === 5);
		await stage.quit();

		equal(statSync(keylog).mode & 0o777, 0o600);
		const labels = readFileSync(keylog, "utf8").trim().split("\n").map(line => line.split(" "));
		equal(labels.map(([label]) => label).sort().join(), "CLIENT_HANDSHAKE_TRAFFIC_SECRET,CLIENT_TRAFFIC_SECRET_0,SERVER_HANDSHAKE_TRAFFIC_SECRET,SERVER_TRAFFIC_SECRET_0");
		equal(new Set(labels.map(([, random]) => random)).size, 1);

		writeFileSync(pcap, pcapOf(records));
		chmodSync(keylog, 0o644);
		const tshark = (...options: string[]) => {
			const { stdout, stderr, status } = spawnSync("tshark", ["-r", pcap, "-d", `udp.port==${proxy.port},quic`, "-o", `tls.keylog_file:${keylog}`, ...options], { encoding: "utf8", maxBuffer: 1 << 26 });
			equal(status, 0, stderr);
			return stdout;
		};
		const messages = tshark("-Y", "quic", "-T", "fields", "-e", "tls.handshake.type").split(/[\s,]+/).filter(Boolean);
		// ClientHello, ServerHello, EncryptedExtensions, Certificate, CertificateVerify, and a Finished from each side.
		for (const type of ["1", "2", "8", "11", "15"])
			ok(messages.includes(type), `no handshake message of type ${type}: ${messages.join(" ")}`);
		equal(messages.filter(type => type === "20").length, 2);
		equal(tshark("-Y", "quic.decryption_failed", "-T", "fields", "-e", "frame.number").trim(), "");
		equal(tshark("-Y", "_ws.malformed", "-T", "fields", "-e", "frame.number").trim(), "");
		ok(tshark("-Y", "tls.handshake.extensions_alpn_str == \"mqtt\"", "-T", "fields", "-e", "frame.number").trim() !== "", "no ALPN");

		const stream = (source: string) => Buffer.from(tshark("-Y", `quic.stream_data && udp.${source} == ${proxy.port}`, "-T", "fields", "-e", "quic.stream_data").replace(/[\s,:]/g, ""), "hex");
		const up = stream("dstport"), down = stream("srcport");
		equal(up[0], 0x10);
		ok(up.includes("\u0000\u0004MQTT\u0005"), "no CONNECT of MQTT 5");
		ok(up.includes(`board-${stage.part}`), "no client id");
		ok(up.includes("vehicle/ZNLTST00000000001/someip/2001/0001/event/8001"), "no PUBLISH of the event");
		for (const { payload } of stage.events("8001"))
			ok(up.includes(payload), "no payload of an event");
		// With the will: it is the board's last word.
		equal(up.subarray(-3).toString("hex"), "e00104");
		equal(down[0], 0x20);
		ok(down.includes(Buffer.from([0x40, 0x02])), "no PUBACK");
	}));

	it("writes no secret where no key log is asked for", () => Stage.run(async stage => {
		await stage.startBroker();
		await stage.startBoard();
		await stage.untilRunning();
		await stage.quit();
		ok(!stage.lines.some(line => /TRAFFIC_SECRET|[0-9a-f]{32}/.test(line)), stage.lines.join("\n"));
	}));

	it("says that it cannot write the key log", () => Stage.run(async stage => {
		await stage.startBroker();
		await stage.startBoard({ keylog: "/nowhere/keys.txt" });
		await stage.until("the board's end", () => stage.board!.exitStatus !== undefined);
		equal(stage.board!.exitStatus, 2);
		equal(stage.lines.join("\n"), "--keylog: cannot write the key log /nowhere/keys.txt: No such file or directory");
	}));
});
