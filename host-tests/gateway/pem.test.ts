import { deepEqual, describe, equal, it, throws } from "#test";
import { readCertificates } from "../../firmware/gateway/pem.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";

const block = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
const read = (text: string) => readCertificates(encodeUtf8(text)).map(bytes => Array.from(bytes));

describe("pem", () => {
	it("decodes base64 of every length (RFC 4648 §10)", () => {
		for (const [text, body] of [["f", "Zg=="], ["fo", "Zm8="], ["foo", "Zm9v"], ["foob", "Zm9vYg=="], ["fooba", "Zm9vYmE="], ["foobar", "Zm9v\r\nYmFy"]] as const)
			deepEqual(read(block(body)), [Array.from(encodeUtf8(text))]);
		deepEqual(read(block("+/+/")), [[0xfb, 0xff, 0xbf]]);
	});

	it("takes several certificates and passes other text over", () => {
		deepEqual(read(`# our CA\n${block("AQ==")}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n${block("Ag==")}`), [[1], [2]]);
	});

	it("says what is wrong", () => {
		for (const [text, message] of [
			["", "holds no certificate"], ["hello", "holds no certificate"], [block(""), "not base64"], [block("A!=="), "not base64"], [block("AAAAA"), "not base64"],
			[block("AQ==AQ=="), "not base64"], [block("AR=="), "not base64"], ["-----BEGIN CERTIFICATE-----\nAQ==", "without \"-----END CERTIFICATE-----\""],
		] as const)
			equal(throws(() => read(text), message).message.includes(message), true);
	});
});
