import { addresses, crypto, datagramSocket, random, resolver, streamListener, streamSocket, timer } from "#hal";
import { describe, ENGINE, it } from "#test";
import { Prng } from "../support/prng.js";

const ROUNDS = ENGINE === "xs" ? 3000 : 10000;

/** Numbers at and beyond the edges of every integer type, and what is no number. */
const NUMBERS: readonly unknown[] = [0, 1, 2, 3, 4, 5, 12, 16, 20, 31, 32, 40, 48, 64, 65, 100, -1, 0.5, -0, NaN, Infinity, -Infinity, 255, 256, 65535, 65536,
	2147483647, 2147483648, 4294967295, 4294967296, -2147483648, -2147483649, 9007199254740991, 9007199254740992, 1e300,
	undefined, null, "7", "", true, {}, [], () => {}, Symbol("s"), 5n];

function buffers(): unknown[] {
	const resizable = new (ArrayBuffer as any)(64, { maxByteLength: 128 }) as ArrayBuffer & { resize(length: number): void };
	const whole = new Uint8Array(resizable);
	const part = new Uint8Array(resizable, 16, 40);
	resizable.resize(32);
	const base = new Uint8Array(200);
	return [base, base.subarray(3, 60), base.subarray(7, 39), base.subarray(100, 116), base.subarray(0, 12), new Uint8Array(0), new Uint8Array(65).fill(4),
		whole, part, new ArrayBuffer(32), new DataView(new ArrayBuffer(40), 4, 32), new Uint16Array(16), "text", undefined, null, 5, {}];
}

// What matters is that nothing outside the buffers is touched: the sanitized build of the XS host would stop.
describe("wrong arguments", () => {
	it("give a result or an error, never more", () => {
		const prng = new Prng(1);
		const pick = (list: readonly unknown[]): any => list[prng.below(list.length)];
		const bytes = buffers();
		const n = (): any => pick(NUMBERS);
		const b = (): any => pick(bytes);
		const gcm = crypto.packetKey(1, new Uint8Array(16), new Uint8Array(12), new Uint8Array(16));
		const chacha = crypto.packetKey(2, new Uint8Array(32), new Uint8Array(12), new Uint8Array(32));
		const hash = crypto.hash(1);
		const pair = crypto.keyPair(0x1d);
		const signer = crypto.signingKey("host-tests/ports/fixtures/p256.pem");
		const socket = datagramSocket({ address: 0x7f000001, port: 0, onReadable: () => {} });
		const listener = streamListener({ address: 0x7f000001, port: 0, onChanged: () => {} });
		const stream = streamSocket({ address: 0x7f000001, port: listener.localPort, onChanged: () => {} });
		const one = timer(() => {});
		const calls: readonly (() => unknown)[] = [
			() => gcm.seal(b(), n(), n(), n(), n()),
			() => gcm.open(b(), n(), n(), n(), n()),
			() => gcm.mask(b(), n(), b()),
			() => chacha.seal(b(), n(), n(), n(), n()),
			() => chacha.open(b(), n(), n(), n(), n()),
			() => chacha.mask(b(), n(), b()),
			() => crypto.packetKey(n(), b(), b(), b()).close(),
			() => hash.update(b(), n(), n()),
			() => hash.digest(b(), n()),
			() => crypto.hash(n()).close(),
			() => crypto.hmac(n(), b(), b(), n(), n(), b(), n()),
			() => pair.derive(b(), b()),
			() => crypto.keyPair(n()).close(),
			() => crypto.verify(n(), n(), b(), b(), b()),
			() => crypto.signingKey(b()).close(),
			() => signer.sign(n(), n(), b(), b()),
			() => random.fill(b()),
			() => socket.receive(b()),
			() => socket.send(b(), n(), n(), 0x7f000001, n()),
			() => datagramSocket({ address: n(), port: n(), interface: n(), ttl: n(), addresses, ecn: n(), onReadable: n() }).close(),
			() => { socket.sendEcn = n(); },
			() => stream.receive(b(), n(), n()),
			() => stream.send(b(), n(), n()),
			() => streamSocket({ address: n(), port: n(), interface: n(), addresses, onChanged: n() }).close(),
			() => streamListener({ address: n(), port: n(), backlog: n(), addresses, onChanged: n() }).close(),
			() => listener.accept(n())?.close(),
			() => resolver.resolve("", () => {}, n()),
			() => one.schedule(n()),
		];
		for (let i = 0; i < ROUNDS; i++) {
			try {
				pick(calls)();
			}
			catch (error) {
				if (!(error instanceof Error))
					throw new Error(`round ${i} threw ${String(error)}`);
			}
		}
		one.close();
		socket.close();
		stream.close();
		listener.close();
		gcm.close();
		chacha.close();
		hash.close();
		pair.close();
	});
});
