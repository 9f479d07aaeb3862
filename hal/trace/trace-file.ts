/** What a trace is written to, and its clock: hal/system/trace-file.ts on XS, hal/node/trace-file.ts on Node. */
export interface TraceFile {
	/** Appends frame[0, at), bytes[offset, end) and frame[at, frameEnd); false where that failed. Nothing is kept back: what was written
	 *  survives the program's end. */
	write(frame: Uint8Array, at: number, frameEnd: number, bytes: Uint8Array, offset: number, end: number): boolean;
	/** Writes the time, µs since 1970, into bytes[at, at + 8): the upper, then the lower uint32, both little-endian. */
	stamp(bytes: Uint8Array, at: number): void;
}
