import { describe, ENGINE, equal, hex, it, ok, throws, unhex } from "#test";
import { crypto, random } from "#hal";
import { AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305, TAG_LENGTH, type PacketKey } from "../../firmware/ports/crypto.js";

/** RFC 9001 Appendix A.1, client and server Initial keys. */
function clientInitial(): PacketKey {
	return crypto.packetKey(AEAD_AES_128_GCM, unhex("1f369613dd76d5467730efcbe3b1a22d"), unhex("fa044b2f42a3fd3b46fb255c"),
		unhex("9f50449e04a0e810283a1e9933adedd2"));
}

function serverInitial(): PacketKey {
	return crypto.packetKey(AEAD_AES_128_GCM, unhex("cf3a5331653c364c88f0f379b6067e37"), unhex("0ac1493ca1905853b0bba03e"),
		unhex("c206b8d9b9f0f37644430b490eeaa314"));
}

/** RFC 9001 Appendix A.5. */
function chacha(): PacketKey {
	return crypto.packetKey(AEAD_CHACHA20_POLY1305, unhex("c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8"),
		unhex("e0459b3474bdd0e44a41c144"), unhex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"));
}

// RFC 9001 Appendix A.3: header with packet number 1, and the payload.
const A3_HEADER = "c1000000010008f067a5502a4262b50040750001";
const A3_PAYLOAD = "02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e"
	+ "00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304";
const A3_SEALED = "5a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df354"
	+ "8e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";

/** Seals `text` after `header` and gives back the sealed text with its tag. */
function seal(key: PacketKey, header: string, text: string, packetNumber: number): string {
	const start = header.length >> 1;
	const end = start + (text.length >> 1);
	const bytes = new Uint8Array(end + TAG_LENGTH);
	bytes.set(unhex(header + text));
	equal(key.seal(bytes, 0, start, end, packetNumber), end + TAG_LENGTH);
	equal(hex(bytes, 0, start), header, "associated data");
	return hex(bytes, start);
}

function mask(key: PacketKey, sample: string): string {
	const into = new Uint8Array(5);
	key.mask(unhex(sample), 0, into);
	return hex(into);
}

describe("packet key", () => {
	it("seals and opens the server Initial of RFC 9001 A.3", () => {
		const key = serverInitial();
		equal(seal(key, A3_HEADER, A3_PAYLOAD, 1), A3_SEALED);
		const bytes = unhex(A3_HEADER + A3_SEALED);
		const end = key.open(bytes, 0, 20, bytes.length, 1);
		equal(end, bytes.length - TAG_LENGTH);
		equal(hex(bytes, 20, end), A3_PAYLOAD);
		key.close();
	});

	it("gives the header masks of RFC 9001 A.2, A.3 and A.5", () => {
		equal(mask(clientInitial(), "d1b1c98dd7689fb8ec11d242b123dc9b"), "437b9aec36");
		equal(mask(serverInitial(), "2cd0991cd25b0aac406a5816b6394100"), "2ec0d8356a");
		equal(mask(chacha(), "5e5cd55c41f69080575d7999c25a5bfb"), "aefefe7d03");
	});

	it("seals and opens the ChaCha20 packet of RFC 9001 A.5", () => {
		const key = chacha();
		equal(seal(key, "4200bff4", "01", 654360564), "655e5cd55c41f69080575d7999c25a5bfb");
		const bytes = unhex("4200bff4655e5cd55c41f69080575d7999c25a5bfb");
		equal(key.open(bytes, 0, 4, bytes.length, 654360564), 5);
		equal(bytes[4], 1);
		key.close();
	});

	it("gives the Retry integrity tag of RFC 9001 A.4 over an empty text", () => {
		const key = crypto.packetKey(AEAD_AES_128_GCM, unhex("be0c690b9f66575a1d766b54e368c84e"), unhex("461599d35d632bf2239825bb"), new Uint8Array(16));
		equal(seal(key, "088394c8f03e515708ff000000010008f067a5502a4262b5746f6b656e", "", 0), "04a265ba2eff4d829058fb3f0f2496ba");
		key.close();
	});

	it("XORs packet numbers up to 2^53-1 into the IV's last 64 bits", () => {
		const key = unhex("000102030405060708090a0b0c0d0e0f");
		const hp = new Uint8Array(16);
		const numbers: [number, string][] = [
			[0, "f0f1f2f3f4f5f6f7f8f9fafb"],
			[1, "f0f1f2f3f4f5f6f7f8f9fafa"],
			[0x80000001, "f0f1f2f3f4f5f6f778f9fafa"],
			[0xffffffff, "f0f1f2f3f4f5f6f707060504"],
			[0x100000000, "f0f1f2f3f4f5f6f6f8f9fafb"],
			[0x123456789abcd, "f0f1f2f3f4f4d5b29f705136"],
			[Number.MAX_SAFE_INTEGER, "f0f1f2f3f4ea090807060504"],
		];
		for (const [number, iv] of numbers) {
			const one = crypto.packetKey(AEAD_AES_128_GCM, key, unhex("f0f1f2f3f4f5f6f7f8f9fafb"), hp);
			const other = crypto.packetKey(AEAD_AES_128_GCM, key, unhex(iv), hp);
			equal(seal(one, "00", "0102030405", number), seal(other, "00", "0102030405", 0), `packet number ${number}`);
			one.close();
			other.close();
		}
	});

	it("refuses what was changed anywhere, a wrong number and a text without its whole tag", () => {
		for (const key of [serverInitial(), chacha()]) {
			const sealed = "40aabb" + seal(key, "40aabb", "00112233445566778899", 7);
			for (let at = 0; at < sealed.length >> 1; at++) {
				const bytes = unhex(sealed);
				bytes[at]! ^= 0x10;
				equal(key.open(bytes, 0, 3, bytes.length, 7), -1, `byte ${at}`);
			}
			equal(key.open(unhex(sealed), 0, 3, sealed.length >> 1, 8), -1);
			for (let length = 0; length < 16; length++)
				equal(key.open(unhex(sealed), 0, 3, 3 + length, 7), -1, `${length} bytes`);
			equal(key.open(unhex(sealed), 0, 3, sealed.length >> 1, 7), 13);
			key.close();
		}
	});

	it("works at any place of a view and changes nothing beside it", () => {
		const key = serverInitial();
		const whole = new Uint8Array(64);
		random.fill(whole);
		const before = hex(whole);
		const view = whole.subarray(7, 60);
		const sealed = key.seal(view, 2, 6, 20, 3);
		equal(sealed, 36);
		equal(hex(whole, 0, 13), before.slice(0, 26));
		equal(hex(whole, 43), before.slice(86));
		ok(hex(whole, 13, 27) !== before.slice(26, 54), "not sealed");
		equal(key.open(view, 2, 6, 36, 3), 20);
		equal(hex(whole, 0, 27), before.slice(0, 54));
		const into = new Uint8Array(9);
		key.mask(unhex("ff2cd0991cd25b0aac406a5816b6394100"), 1, into.subarray(3));
		equal(hex(into), "0000002ec0d8356a00");
		key.close();
	});

	it("takes packets of every length", () => {
		for (const key of [serverInitial(), chacha()]) {
			const bytes = new Uint8Array(1500);
			for (let length = 0; length < 1400; length += length < 70 ? 1 : 97) {
				for (let i = 0; i < length; i++)
					bytes[10 + i] = i * 7;
				equal(key.seal(bytes, 0, 10, 10 + length, length), 26 + length);
				equal(key.open(bytes, 0, 10, 26 + length, length), 10 + length);
				for (let i = 0; i < length; i++)
					if (bytes[10 + i] !== (i * 7 & 255))
						throw new Error(`length ${length}: byte ${i} differs`);
			}
			key.close();
		}
	});

	it("refuses ranges outside the buffer", () => {
		const key = serverInitial();
		const bytes = new Uint8Array(40);
		const bad: [number, number, number][] = [[0, 4, 25], [0, 4, 41], [-1, 4, 20], [5, 4, 20], [0, 21, 20], [0, 50, 60],
			[0, 4, 4294967300], [0, NaN, 20], [0, 4, Infinity], [0.5, 4, 20], [-4294967296, 4, 20]];
		for (const [aad, start, end] of bad)
			ok(throws(() => key.seal(bytes, aad, start, end, 0)) instanceof RangeError, `seal ${aad} ${start} ${end}`);
		for (const [aad, start, end] of bad.slice(1))
			ok(throws(() => key.open(bytes, aad, start, end, 0)) instanceof RangeError, `open ${aad} ${start} ${end}`);
		for (const at of [-1, 25, 40, 4294967296, NaN, 0.5])
			ok(throws(() => key.mask(bytes, at, new Uint8Array(5))) instanceof RangeError, `mask ${at}`);
		ok(throws(() => key.mask(bytes, 0, new Uint8Array(4))) instanceof RangeError, "mask into 4 bytes");
		for (const number of [-1, 9007199254740992, NaN, 1.5, Infinity])
			ok(throws(() => key.seal(bytes, 0, 4, 20, number)) instanceof RangeError, `packet number ${number}`);
		key.close();
	});

	it("masks with AES-256 as FIPS 197 C.3, and opens what it sealed with it", () => {
		const secret = new Uint8Array(32).map((_, i) => i), key = crypto.packetKey(AEAD_AES_256_GCM, secret, new Uint8Array(12), secret);
		const mask = new Uint8Array(5), bytes = new Uint8Array(60).fill(0x55);
		key.mask(unhex("00112233445566778899aabbccddeeff"), 0, mask);
		equal(hex(mask), "8ea2b7ca51");
		equal(key.seal(bytes, 0, 4, 40, 2 ** 40 + 7), 56);
		equal(key.open(bytes.slice(), 0, 4, 56, 2 ** 40 + 8), -1);
		equal(key.open(bytes, 0, 4, 56, 2 ** 40 + 7), 40);
		ok(bytes.subarray(0, 40).every(byte => byte === 0x55));
		key.close();
	});

	it("refuses keys of a wrong length and unknown AEADs", () => {
		const k16 = new Uint8Array(16);
		const k32 = new Uint8Array(32);
		const iv = new Uint8Array(12);
		ok(throws(() => crypto.packetKey(AEAD_AES_128_GCM, k32, iv, k16)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(AEAD_AES_128_GCM, k16, iv, k32)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(AEAD_CHACHA20_POLY1305, k16, iv, k32)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(AEAD_AES_128_GCM, k16, k16, k16)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(AEAD_AES_256_GCM, k16, iv, k32)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(AEAD_AES_256_GCM, k32, iv, k16)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(4, k32, iv, k32)) instanceof RangeError);
		ok(throws(() => crypto.packetKey(0, k16, iv, k16)) instanceof RangeError);
	});

	it("may be closed twice, and is then of no use", () => {
		const key = serverInitial();
		key.close();
		key.close();
		throws(() => key.seal(new Uint8Array(40), 0, 4, 20, 0));
		throws(() => key.open(new Uint8Array(40), 0, 4, 40, 0));
		throws(() => key.mask(new Uint8Array(40), 0, new Uint8Array(5)));
	});

	it("copies the key material", () => {
		const secret = unhex("cf3a5331653c364c88f0f379b6067e37");
		const iv = unhex("0ac1493ca1905853b0bba03e");
		const hp = unhex("c206b8d9b9f0f37644430b490eeaa314");
		const key = crypto.packetKey(AEAD_AES_128_GCM, secret, iv, hp);
		secret.fill(0);
		iv.fill(0);
		hp.fill(0);
		equal(seal(key, A3_HEADER, A3_PAYLOAD, 1), A3_SEALED);
		equal(mask(key, "2cd0991cd25b0aac406a5816b6394100"), "2ec0d8356a");
		key.close();
	});

	it("keeps six keys apart, and their places can be used again and again", () => {
		const bytes = new Uint8Array(40);
		for (let round = 0; round < 20; round++) {
			const keys: PacketKey[] = [];
			for (let i = 0; i < 6; i++)
				keys.push(i & 1 ? chacha() : clientInitial());
			const first = hex(bytes, 0, keys[0]!.seal(bytes, 0, 4, 20, 0));
			bytes.fill(0);
			keys[2]!.close();
			equal(hex(bytes, 0, keys[4]!.seal(bytes, 0, 4, 20, 0)), first);
			bytes.fill(0);
			for (const key of keys)
				key.close();
		}
	});

	it("finds the places of keys again that nobody refers to", () => {
		for (let i = 0; i < 60; i++)
			equal(seal(serverInitial(), A3_HEADER, A3_PAYLOAD, 1), A3_SEALED);
	});

	it("has a fixed number of places on a board", () => {
		const keys: PacketKey[] = [];
		const fill = (): void => {
			for (let i = 0; i < 40; i++)
				keys.push(chacha());
		};
		if (ENGINE === "xs") {
			throws(fill, "in use");
			ok(keys.length >= 8, `${keys.length} places`);
			keys.pop()!.close();
		}
		keys.push(serverInitial());
		equal(seal(keys.at(-1)!, A3_HEADER, A3_PAYLOAD, 1), A3_SEALED);
		for (const key of keys)
			key.close();
	});
});
