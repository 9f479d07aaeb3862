import { describe, equal, it, throws, unhex } from "#test";
import { decodeUtf8, encodeUtf8, isUtf8 } from "../../firmware/wire/utf8.js";
import { hex } from "#test";

const GOOD: readonly (readonly [bytes: string, text: string])[] = [
	["", ""],
	["6d717474", "mqtt"],
	["41f0aa9b94", "A\u{2a6d4}"], // MQTT 5.0 §1.5.4, figure 1-2
	["c3a4c280dfbf", "ä\u0080\u07ff"],
	["e0a080ed9fbfee8080efbfbf", "\u0800\ud7ff\ue000\uffff"],
	["f0908080f48fbfbf", "\u{10000}\u{10ffff}"],
	["efbbbf", "\ufeff"],
];

const BAD: readonly string[] = [
	"00", "4100", "80", "bf", "c080", "c1bf", "c3", "c328", "e08080", "e09fbf", "e282", "e28228", "eda080", "edbfbf",
	"f0808080", "f08fbfbf", "f4908080", "f5808080", "ff", "fe", "f09f98", "f09f9828",
];

describe("mqtt/utf8", () => {
	it("encodes, accepts and decodes the same text", () => {
		for (const [bytes, text] of GOOD) {
			equal(hex(encodeUtf8(text)), bytes, text);
			equal(isUtf8(unhex(bytes), 0, bytes.length / 2), true, text);
			equal(decodeUtf8(unhex(bytes), 0, bytes.length / 2), text);
		}
	});

	it("refuses overlong forms, surrogates, U+0000 and what is cut off", () => {
		for (const bytes of BAD)
			equal(isUtf8(unhex(bytes), 0, bytes.length / 2), false, bytes);
	});

	it("refuses to encode U+0000 and half a surrogate pair", () => {
		throws(() => encodeUtf8("a\0"), "U+0000");
		throws(() => encodeUtf8("\ud800x"), "surrogate");
		throws(() => encodeUtf8("\udc00"), "surrogate");
	});
});
