import { describe, ENGINE, equal, it, readText, throws, unhex } from "#test";
import { keyLog } from "#hal";

const PATH = `build/key-log-${ENGINE}`;
const RANDOM = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

describe("key log", () => {
	it("appends lines as Wireshark reads them", () => {
		const before = readText(PATH) ?? "";
		keyLog(PATH).write("CLIENT_HANDSHAKE_TRAFFIC_SECRET", unhex(RANDOM), unhex("aa".repeat(32)));
		keyLog(PATH).write("SERVER_TRAFFIC_SECRET_0", unhex(RANDOM), unhex("0b".repeat(48)));
		equal(readText(PATH), `${before}CLIENT_HANDSHAKE_TRAFFIC_SECRET ${RANDOM} ${"aa".repeat(32)}\nSERVER_TRAFFIC_SECRET_0 ${RANDOM} ${"0b".repeat(48)}\n`);
	});

	it("says at once which file cannot be written", () => {
		throws(() => keyLog("build/no/such/folder"), "build/no/such/folder");
	});
});
