/** What the 32-bit engine says about QUIC and TLS. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { measureSizes } from "../footprint/sizes.js";

const run = promisify(execFile);

async function lines(engine: string, entry: string, args: string[], options: string[] = []): Promise<string[]> {
	const { stdout, stderr } = await run(engine, ["--grow", ...options, "--root", "build", "--entry", entry, "--", ...args]);
	return `${stdout}\n${stderr}`.split("\n");
}

/** Bytes of slots, of chunks, and of those of the buffers, of `count` idle connections and what is there anyway. */
async function idle(engine: string, count: number) {
	const printed = await lines(engine, "scripts/bench/quic-xs.js", ["idle", String(count)], ["--report"]);
	const { slotBytes, chunkBytes } = JSON.parse(printed.find(line => line.startsWith("zonal-xs: {"))!.slice("zonal-xs: ".length));
	const list = printed.find(line => line.startsWith("  bytes of buffers:"))!;
	return { slotBytes, chunkBytes, bufferBytes: [...list.matchAll(/ (\d+)(?:,|$)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0) };
}

export async function measureEngine(engine: string) {
	const sizes = await measureSizes(engine), rooms = sizes.byteCodeBytes.rooms;
	const cost = new Map((await lines(engine, "host-tests/quic/xs/cost.js", [])).map(line => [line.split(" ")[0]!, line.split(" ").slice(1).map(Number)]));
	const packets = ["send", "acknowledgment", "receive"].map(name => cost.get(name)!);
	const one = await idle(engine, 1), two = await idle(engine, 2), buffers = two.bufferBytes - one.bufferBytes;
	const [most, after, library, done] = (await lines(engine, "scripts/bench/quic-xs.js", ["handshake"])).find(line => line.startsWith("handshake "))!.split(" ").slice(1).map(Number);
	if (done !== 1)
		throw new Error("the handshake on XS failed");
	const most3 = (i: number): number => Math.max(...packets.map(each => each[i]!));
	return {
		// Objects, and chunks that are no buffers; with one stream.
		heapIdleBytes: two.slotBytes - one.slotBytes + two.chunkBytes - one.chunkBytes - buffers, heapIdleBufferBytes: buffers,
		handshakeWatermarkBytes: most! + library!, handshakeHeapBytes: most!, handshakeLibraryBytes: library!, handshakeLeftBytes: after!,
		byteCodeBytes: rooms["firmware/quic"]! + rooms["firmware/tls"]!, nativeTextBytes: sizes.nativeTextBytes,
		meterPerPacket: Math.round(packets.reduce((sum, each) => sum + each[2]!, 0) / packets.length), slotsPerPacket: most3(0), chunkBytesPerPacket: most3(1),
	};
}
