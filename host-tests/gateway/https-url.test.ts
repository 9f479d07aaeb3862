import { deepEqual, describe, it, throws } from "#test";
import { parseHttpsUrl } from "../../firmware/gateway/https-url.js";

describe("gateway: https URLs", () => {
	it("reads host, port, path and authority", () => {
		for (const [text, host, port, path, authority] of [
			["https://a.example", "a.example", 443, "/", "a.example"],
			["HTTPS://a.example:443/x?y=1#z", "a.example", 443, "/x?y=1", "a.example"],
			["https://10.0.0.1:4433/", "10.0.0.1", 4433, "/", "10.0.0.1:4433"],
			["https://[fd00::1]:4433?q", "fd00::1", 4433, "/?q", "[fd00::1]:4433"],
			["https://[::1]", "::1", 443, "/", "[::1]"],
		] as const)
			deepEqual(parseHttpsUrl(text), { host, port, path, authority }, text);
	});

	it("refuses what is none, in words", () => {
		for (const [text, reason] of [["http://a", "not an https:// URL"], ["a", "not an https:// URL"], ["https://", "https://host"], ["https://:1", "https://host"], ["https://a:0", "https://host"],
			["https://a:65536", "https://host"], ["https://a:x", "https://host"], ["https://[::1", "https://host"], ["https://[::1]x", "https://host"], ["https://x[::1]", "https://host"],
			["https://u:p@a/", "user name"], ["https://a/b c", "%XX"], ["https://a/ü", "%XX"], ["https://a\n/", "%XX"]] as const)
			throws(() => parseHttpsUrl(text), reason);
	});
});
