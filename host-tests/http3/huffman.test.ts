import { describe, equal, it, unhex } from "#test";
import { HuffmanDecoder } from "../../firmware/http3/huffman.js";

const decode = (hexadecimal: string) => {
	const bytes = unhex(hexadecimal);
	return new HuffmanDecoder().decode(bytes, 0, bytes.length);
};

describe("http3: Huffman's code", () => {
	// RFC 7541, Appendix C.4 and C.6.
	it("reads the examples of RFC 7541", () => {
		equal(decode("f1e3c2e5f23a6ba0ab90f4ff"), "www.example.com");
		equal(decode("a8eb10649cbf"), "no-cache");
		equal(decode("25a849e95ba97d7f"), "custom-key");
		equal(decode("25a849e95bb8e8b4bf"), "custom-value");
		equal(decode("6402"), "302");
		equal(decode("aec3771a4b"), "private");
		equal(decode("d07abe941054d444a8200595040b8166e082a62d1bff"), "Mon, 21 Oct 2013 20:13:21 GMT");
		equal(decode("9d29ad171863c78f0b97c8e9ae82ae43d3"), "https://www.example.com");
		equal(decode("94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"),
			"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1");
	});

	it("refuses EOS, padding of zeros and padding of a whole byte", () => {
		equal(decode(""), "");
		equal(decode("ffffffff"), undefined, "EOS");
		equal(decode("fffffffc"), undefined, "EOS, cut");
		equal(decode("00"), undefined, "0 and three zeros");
		equal(decode("07"), "0");
		equal(decode("07ff"), undefined, "eight ones too many");
		equal(decode("fe"), undefined, "a code that goes on");
	});
});
