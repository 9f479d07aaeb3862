/** Throws a RangeError where [offset, end) is not inside `bytes`, as the natives do. */
export function checkRange(what: string, bytes: Uint8Array, offset: number, end: number): void {
	if (!(Number.isInteger(offset) && Number.isInteger(end) && offset >= 0 && offset <= end && end <= bytes.length))
		throw new RangeError(`${what}: range ${offset} to ${end} of ${bytes.length} bytes`);
}
