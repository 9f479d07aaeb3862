/** The Huffman code of header fields (RFC 7541 §5.2, Appendix B). It is canonical: the lengths of the codes say it all. */

/** Length in bits of each byte's code, and of EOS, as a letter: "@" is 0. */
const LENGTHS = "MW\\\\\\\\\\\\\\X^\\\\^\\\\\\\\\\\\\\\\^\\\\\\\\\\\\\\\\\\FJJLMFHKJJHKHFFFEEEFFFFFFFGHOFLJMFGGGGGGGGGGGGGGGGGGGGGGHGHMSMNFOEFEFEFFFEGGFFFEFGFEEFGGGGGOKNM\\"
	+ "TVTTVVVWVWWWWWXWXXVWXWWWWUVWVWWXVUTVVWWUWVVXUVWWUUVUWVWWTVVVWVVWZZTSVWVYZZZ[[ZXYSUZ[[Z[XUUZZ\\[[[TXTUVUUWVVYYXXZWZ[ZZ[[[[[\\[[[[[Z^";
const LENGTH_LETTER = 0x40;
const EOS = 256;
const LONGEST = 30;

/** Decodes Huffman-coded text. Its tables take 700 bytes: make one and keep it. */
export class HuffmanDecoder {
	/** Symbols by code; by length: the first code, and the index of its symbol. */
	#symbols = new Uint16Array(EOS + 1);
	#firstCode = new Uint32Array(LONGEST + 2);
	#firstIndex = new Uint16Array(LONGEST + 2);

	constructor() {
		let code = 0, index = 0;
		for (let length = 1; length <= LONGEST; length++) {
			this.#firstCode[length] = code;
			this.#firstIndex[length] = index;
			for (let symbol = 0; symbol <= EOS; symbol++) {
				if (LENGTHS.charCodeAt(symbol) - LENGTH_LETTER === length) {
					this.#symbols[index++] = symbol;
					code++;
				}
			}
			code *= 2;
		}
		this.#firstIndex[LONGEST + 1] = index;
	}

	/** The text of bytes[at, end), one character a byte; undefined where it is not a valid encoding. */
	decode(bytes: Uint8Array, at: number, end: number): string | undefined {
		let text = "", code = 0, length = 0;
		for (let bit = at * 8; bit < end * 8; bit++) {
			code = code * 2 + (bytes[bit >> 3]! >> (7 - (bit & 7)) & 1);
			if (++length > LONGEST)
				return undefined;
			const offset = code - this.#firstCode[length]!, count = this.#firstIndex[length + 1]! - this.#firstIndex[length]!;
			if (offset >= count)
				continue;
			const symbol = this.#symbols[this.#firstIndex[length]! + offset]!;
			if (symbol === EOS)
				return undefined;
			text += String.fromCharCode(symbol);
			code = length = 0;
		}
		// RFC 7541 §5.2: the padding is the most significant bits of EOS, which are ones, and shorter than a byte.
		return length < 8 && code === (1 << length) - 1 ? text : undefined;
	}
}
