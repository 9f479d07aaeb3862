/** How ids are written: in topics, in the log, in the configuration. */

/** Four lower-case hex digits. */
export function hex4(value: number): string {
	return (value + 0x10000).toString(16).slice(1);
}

/** "1234.0001": service and instance, or event. */
export function idPair(first: number, second: number): string {
	return `${hex4(first)}.${second === 0xffff ? "any" : hex4(second)}`;
}
