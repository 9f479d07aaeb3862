import { crypto } from "#hal";
import { deepEqual, describe, equal, it, ok } from "#test";
import type { Storage } from "../../firmware/ports/storage.js";
import type { Session } from "../../firmware/tls/session.js";
import { type SessionBinding, SessionStore } from "../../firmware/tls/session-store.js";

const NOW = 1_800_000_000;
const BINDING: SessionBinding = { name: "quic", host: "broker.example", port: 14567, alpn: "mqtt", roots: [new Uint8Array([1, 2])], certificate: undefined };

class MapStorage implements Storage {
	readonly entries = new Map<string, Uint8Array>();
	isFull = false;

	read(key: string): Uint8Array | undefined {
		return this.entries.get(key)?.slice();
	}

	write(key: string, value: Uint8Array): boolean {
		if (!this.isFull)
			this.entries.set(key, value.slice());
		return !this.isFull;
	}

	delete(key: string): void {
		this.entries.delete(key);
	}
}

const session = (name: number, parts: Partial<Session> = {}): Session => ({
	ticket: new Uint8Array(200).fill(name), secret: new Uint8Array(32).fill(name + 1), suite: 0x1303, ageAdd: 0xfedcba98, lifetime: 7200, received: NOW, until: 2 ** 34,
	maxEarlyData: 0xffffffff, transport: new Uint8Array([5, name]), ...parts,
});

const open = (storage: Storage, binding: Partial<SessionBinding> = {}): SessionStore => new SessionStore(storage, crypto, { ...BINDING, ...binding });

describe("session store", () => {
	it("gives back what was put, once, over a restart", () => {
		const storage = new MapStorage();
		for (const each of [session(1), session(2, { secret: new Uint8Array(48).fill(9), received: 2 ** 33, suite: 0x1302, transport: new Uint8Array(0), maxEarlyData: 0 })]) {
			const copy = { ...each, ticket: each.ticket.slice(), secret: each.secret.slice() };
			open(storage).put(each);
			ok(each.secret.every(byte => byte === 0), "not wiped");
			deepEqual(open(storage).take(copy.received), copy);
			equal(open(storage).take(copy.received), undefined);
			equal(storage.entries.size, 0);
		}
	});

	it("keeps two, gives the newest first, and lets the oldest go", () => {
		const store = open(new MapStorage());
		for (let i = 0; i < 4; i++)
			store.put(session(i, { received: NOW + i }));
		equal(store.take(NOW + 9)!.ticket[0], 3);
		equal(store.take(NOW + 9)!.ticket[0], 2);
		equal(store.take(NOW + 9), undefined);
	});

	it("deletes what is over, or from a time that has not come", () => {
		const storage = new MapStorage(), store = open(storage);
		store.put(session(1));
		store.put(session(2, { received: NOW + 8000 }));
		equal(store.take(NOW + 7200), undefined);
		equal(storage.entries.size, 0);
	});

	it("deletes what was made under another binding", () => {
		const others: Partial<SessionBinding>[] = [
			{ host: "other.example" }, { port: 8883 }, { alpn: "h3" }, { roots: [new Uint8Array([1, 3])] }, { roots: [new Uint8Array([1]), new Uint8Array([2])] },
			{ roots: [] }, { certificate: new Uint8Array([1]) }, { certificate: new Uint8Array(0) }, { ocsp: 2 },
		];
		for (const other of others) {
			const storage = new MapStorage(), store = open(storage);
			store.put(session(1));
			store.put(session(2));
			store.putToken(new Uint8Array([1]));
			equal(open(storage, other).take(NOW), undefined);
			equal(open(storage, other).takeToken(), undefined);
			equal(storage.entries.size, 0, JSON.stringify(other));
		}
		const storage = new MapStorage();
		open(storage).put(session(1));
		equal(open(storage, { name: "tls" }).take(NOW), undefined);
		ok(open(storage, { host: "Broker.Example" }).take(NOW) !== undefined, "a name's case is none");
	});

	it("deletes entries that are damaged, at every length", () => {
		const whole = new MapStorage();
		open(whole).put(session(1));
		const [[key, bytes]] = [...whole.entries] as [[string, Uint8Array]];
		for (let length = 0; length < bytes.length; length++) {
			const storage = new MapStorage();
			storage.entries.set(key, bytes.slice(0, length));
			equal(open(storage).take(NOW), undefined);
			equal(storage.entries.size, 0, `${length} bytes`);
		}
	});

	it("keeps nothing that is too long, or that the storage has no room for", () => {
		const storage = new MapStorage(), store = open(storage), long = session(1, { transport: new Uint8Array(129) });
		store.put(long);
		ok(long.secret.every(byte => byte === 0));
		store.putToken(new Uint8Array(517));
		store.putToken(new Uint8Array(0));
		equal(storage.entries.size, 0);
		store.putToken(new Uint8Array(516).fill(7));
		deepEqual(store.takeToken(), new Uint8Array(516).fill(7));
		equal(store.takeToken(), undefined);
		store.put(session(1));
		store.put(session(2));
		storage.isFull = true;
		store.put(session(3));
		equal(storage.entries.size, 1);
	});
});
