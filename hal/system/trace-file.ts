import type { TraceFile } from "../trace/trace-file.js";

/** A file that a trace is written to, anew (trace-file.c). PC only: no manifest of a board lists it. */
export class SystemTraceFile implements TraceFile {
	#file: number;

	/** Throws in words where the file cannot be written. */
	constructor(path: string) {
		this.#file = this.open(path);
	}

	write(frame: Uint8Array, at: number, frameEnd: number, bytes: Uint8Array, offset: number, end: number): boolean {
		return this.append(this.#file, frame, at, frameEnd, bytes, offset, end);
	}

	open(path: string): number {
		return native("xs_trace_file_open").call(this, path);
	}

	append(file: number, frame: Uint8Array, at: number, frameEnd: number, bytes: Uint8Array, offset: number, end: number): boolean {
		return native("xs_trace_file_append").call(this, file, frame, at, frameEnd, bytes, offset, end);
	}

	stamp(bytes: Uint8Array, at: number): void {
		return native("xs_trace_file_stamp").call(this, bytes, at);
	}
}
