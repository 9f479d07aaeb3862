import { openSync, writevSync } from "node:fs";
import type { TraceFile } from "../trace/trace-file.js";

/** A file that a trace is written to, anew. */
export class NodeTraceFile implements TraceFile {
	#file: number;

	/** Throws where it cannot be written. */
	constructor(path: string) {
		this.#file = openSync(path, "w", 0o600);
	}

	write(frame: Uint8Array, at: number, frameEnd: number, bytes: Uint8Array, offset: number, end: number): boolean {
		try {
			return writevSync(this.#file, [frame.subarray(0, at), bytes.subarray(offset, end), frame.subarray(at, frameEnd)]) === frameEnd + end - offset;
		}
		catch {
			return false;
		}
	}

	stamp(bytes: Uint8Array, at: number): void {
		const time = Math.round((performance.timeOrigin + performance.now()) * 1000);
		const view = new DataView(bytes.buffer, bytes.byteOffset + at);
		view.setUint32(0, Math.floor(time / 0x100000000), true);
		view.setUint32(4, time >>> 0, true);
	}
}
