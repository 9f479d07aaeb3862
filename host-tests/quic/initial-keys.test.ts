import { deepEqual, describe, hex, it, unhex } from "#test";
import { AEAD_CHACHA20_POLY1305, type Crypto } from "../../firmware/ports/crypto.js";
import { initialProtection, PacketProtection } from "../../firmware/quic/packet-protection.js";
import { VERSION_1, VERSION_2, versionOf } from "../../firmware/quic/versions.js";
import { crypto } from "./support/pooled-crypto.js";

/** The key material of the next packet key: key, IV, header protection key. */
function materialOf(make: (recording: Crypto) => PacketProtection): string[] {
	let material: string[] = [];
	const recording: Crypto = {
		packetKey: (aead, key, iv, headerKey) => {
			material = [hex(key), hex(iv), hex(headerKey)];
			return crypto.packetKey(aead, key, iv, headerKey);
		},
		hash: algorithm => crypto.hash(algorithm),
		hmac: (...all) => crypto.hmac(...all),
		keyPair: group => crypto.keyPair(group),
		verify: (...all) => crypto.verify(...all),
		signingKey: name => crypto.signingKey(name),
	};
	make(recording).close();
	return material;
}

describe("initial keys", () => {
	const ID = unhex("8394c8f03e515708");
	const rows: [string, number, "client in" | "server in", string[]][] = [
		["RFC 9001 A.1, client", VERSION_1, "client in", ["1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"]],
		["RFC 9001 A.1, server", VERSION_1, "server in", ["cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314"]],
		["RFC 9369 A.1, client", VERSION_2, "client in", ["8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"]],
		["RFC 9369 A.1, server", VERSION_2, "server in", ["82db637861d55e1d011f19ea71d5d2a7", "dd13c276499c0249d3310652", "edf6d05c83121201b436e16877593c3a"]],
	];
	for (const [name, version, label, expected] of rows)
		it(`are those of ${name}`, () => deepEqual(materialOf(port => initialProtection(port, ID, label, versionOf(version))), expected));

	it("of ChaCha20-Poly1305 are those of RFC 9001 A.5", () => {
		const secret = unhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
		deepEqual(materialOf(port => new PacketProtection(port, AEAD_CHACHA20_POLY1305, secret)), [
			"c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8", "e0459b3474bdd0e44a41c144",
			"25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"]);
	});
});
