/** As much of a terminal as the console uses (ECMA-48): carriage return, line feed, erase to the end of the row, right. */
export class Screen {
	readonly rows: string[] = [""];
	column = 0;
	#rest = "";

	/** The row that the cursor is in. */
	get row(): string {
		return this.rows.at(-1)!;
	}

	write(text: string): void {
		text = this.#rest + text;
		this.#rest = "";
		for (let i = 0; i < text.length; i++) {
			const character = text.charAt(i);
			if (character === "\r")
				this.column = 0;
			else if (character === "\n")
				this.rows.push("");
			else if (character === "\x1b") {
				const sequence = /^\x1b\[(\d*)([A-Za-z])/.exec(text.slice(i));
				if (sequence === null) {
					this.#rest = text.slice(i);
					return;
				}
				i += sequence[0].length - 1;
				this.#obey(sequence[2]!, Number(sequence[1] || 1));
			}
			else
				this.#put(character);
		}
	}

	#obey(letter: string, count: number): void {
		if (letter === "K")
			this.rows[this.rows.length - 1] = this.row.slice(0, this.column);
		else if (letter === "C")
			this.column += count;
		else
			throw new Error(`the console does not send CSI ${letter}`);
	}

	#put(character: string): void {
		const row = this.row.padEnd(this.column);
		this.rows[this.rows.length - 1] = row.slice(0, this.column) + character + row.slice(this.column + 1);
		this.column++;
	}
}
