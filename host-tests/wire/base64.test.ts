import { deepEqual, describe, equal, it } from "#test";
import { decodeBase64 } from "../../firmware/wire/base64.js";

const bytes = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0));
const decoded = (text: string) => {
	const found = decodeBase64(bytes(text), 0, text.length);
	return found === undefined ? undefined : String.fromCharCode(...found);
};

describe("base64", () => {
	it("reads the vectors of RFC 4648 §10", () => {
		deepEqual(["Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"].map(decoded), ["f", "fo", "foo", "foob", "fooba", "foobar"]);
	});

	it("passes white space over, and reads a part", () => {
		equal(decoded("Zm9v\r\n\tYm Fy\n"), "foobar");
		deepEqual(decodeBase64(bytes("xxZm9vyy"), 2, 6), bytes("foo"));
	});

	it("refuses what is none: other characters, text behind padding, bits too many, a lone digit, nothing", () => {
		for (const text of ["Zm9v!", "Zg==Zg==", "Zh==", "Zm9=", "Z", "Zm9vY", "====", "", "Zm-v", "Zg==="])
			equal(decoded(text), undefined, text);
	});
});
