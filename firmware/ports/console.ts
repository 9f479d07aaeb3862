/** The serial console's input side: whole lines; and what the console answers with. */
export interface Console {
	/** Set once by the firmware. A line comes without its end. */
	onLine: ((line: string) => void) | undefined;
	/** Where the console shows what is typed: false while that is key material. Absent where the terminal does it. */
	echo?: boolean;
	/** Writes one line, outside of the log's format. */
	print(line: string): void;
}
