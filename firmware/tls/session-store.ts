import { QUIC_TOKEN_MAX, TLS_SESSION_TRANSPORT_MAX } from "../config.js";
import { HASH_SHA256, type Crypto } from "../ports/crypto.js";
import type { Storage } from "../ports/storage.js";
import { AlertError } from "./alert.js";
import { equalConstantTime } from "./key-schedule.js";
import { Reader } from "./reader.js";
import { isFresh, type Session, wipeSession } from "./session.js";
import { Writer } from "./writer.js";

/** Everything that a session is good for and nothing else. */
export interface SessionBinding {
	/** Begins the keys in the store: letters, at most eight. One for each transport. */
	readonly name: string;
	readonly host: string;
	readonly port: number;
	readonly alpn: string;
	/** CA certificates, DER. */
	readonly roots: readonly Uint8Array[];
	/** The client's Certificate message; undefined: none. */
	readonly certificate: Uint8Array | undefined;
	/** The policy for OCSP responses: what a lax one let pass does not ride on a session past a strict one. */
	readonly ocsp?: number | undefined;
}

/** Sessions of the server at a time; a further one takes the place of the oldest. */
const SLOTS = 2;
/** Of the entries. */
const FORMAT = 2;
/** With the four bytes of the version that it is for. */
const TOKEN_MAX = 4 + QUIC_TOKEN_MAX;
/** Of the binding's digest. */
const BINDING_LENGTH = 16;

/** Keeps the sessions and the address token (RFC 9000 §8.1.3) of one server from one connection to the next. Each entry
 *  begins with a digest of the binding: one of another server, or of another configuration, is deleted when it is met. */
export class SessionStore {
	#storage: Storage;
	#name: string;
	#binding: Uint8Array;

	constructor(storage: Storage, crypto: Crypto, binding: SessionBinding) {
		this.#storage = storage;
		this.#name = binding.name;
		this.#binding = digest(crypto, binding);
	}

	/** The newest session that is fresh `now` (s since 1970), which is no longer in the store then: it may be offered once. */
	take(now: number): Session | undefined {
		let best: Session | undefined, slot = -1;
		for (let i = 0; i < SLOTS; i++) {
			const session = this.#readSession(i);
			if (session === undefined)
				continue;
			if (!isFresh(session, now))
				this.#storage.delete(this.#key(i));
			else if (best === undefined || session.received >= best.received) {
				if (best !== undefined)
					wipeSession(best);
				best = session;
				slot = i;
				continue;
			}
			wipeSession(session);
		}
		if (best !== undefined)
			this.#storage.delete(this.#key(slot));
		return best;
	}

	/** Keeps a session and wipes it; one that is too long is only wiped. */
	put(session: Session): void {
		if (session.transport.length <= TLS_SESSION_TRANSPORT_MAX) {
			const writer = new Writer(BINDING_LENGTH + 40 + session.secret.length + session.transport.length + session.ticket.length);
			writer.data(this.#binding);
			writer.numbers(6, session.suite, session.ageAdd, session.lifetime, session.received, session.until, session.maxEarlyData);
			writer.vector(1, session.secret);
			writer.vector(1, session.transport);
			writer.vector(2, session.ticket);
			this.#write(this.#key(this.#oldest()), writer.finish());
			writer.wipe();
		}
		wipeSession(session);
	}

	/** The token for the next connection's first packet, which is no longer in the store then. */
	takeToken(): Uint8Array | undefined {
		const key = this.#name + "-token", reader = this.#read(key);
		if (reader === undefined)
			return undefined;
		this.#storage.delete(key);
		return reader.rest();
	}

	/** Keeps a token instead of the one before, where it is not too long. */
	putToken(token: Uint8Array): void {
		if (token.length === 0 || token.length > TOKEN_MAX)
			return;
		const entry = new Uint8Array(BINDING_LENGTH + token.length);
		entry.set(this.#binding);
		entry.set(token, BINDING_LENGTH);
		this.#write(this.#name + "-token", entry);
	}

	#key(slot: number): string {
		return this.#name + "-" + slot;
	}

	/** An empty slot, or that of the session that came first. */
	#oldest(): number {
		let oldest = 0, received = Infinity;
		for (let i = 0; i < SLOTS; i++) {
			const session = this.#readSession(i);
			if (session === undefined)
				return i;
			wipeSession(session);
			if (session.received < received) {
				oldest = i;
				received = session.received;
			}
		}
		return oldest;
	}

	/** A reader behind the binding of an entry, or undefined: there is none, or it was of something else. */
	#read(key: string): Reader | undefined {
		const entry = this.#storage.read(key);
		if (entry === undefined)
			return undefined;
		if (equalConstantTime(entry.subarray(0, BINDING_LENGTH), this.#binding))
			return new Reader(entry, BINDING_LENGTH, entry.length);
		entry.fill(0);
		this.#storage.delete(key);
		return undefined;
	}

	#readSession(slot: number): Session | undefined {
		const reader = this.#read(this.#key(slot));
		if (reader === undefined)
			return undefined;
		let session: Session | undefined;
		try {
			session = {
				suite: reader.number(6), ageAdd: reader.number(6), lifetime: reader.number(6), received: reader.number(6), until: reader.number(6), maxEarlyData: reader.number(6),
				secret: reader.vector(1).rest(), transport: reader.vector(1).rest(), ticket: reader.vector(2).rest(),
			};
			reader.finish("a session");
		}
		catch (error) {
			if (!(error instanceof AlertError))
				throw error;
			session = undefined;
			this.#storage.delete(this.#key(slot));
		}
		reader.bytes.fill(0);
		return session;
	}

	/** An entry that does not fit takes the old one's place with nothing. */
	#write(key: string, entry: Uint8Array): void {
		if (!this.#storage.write(key, entry))
			this.#storage.delete(key);
		entry.fill(0);
	}
}

function digest(crypto: Crypto, binding: SessionBinding): Uint8Array {
	const hash = crypto.hash(HASH_SHA256), into = new Uint8Array(32), roots = binding.roots, certificate = binding.certificate, writer = new Writer(128);
	const all = certificate === undefined ? roots : [certificate].concat(roots);
	// With all lengths before, and without a blank before the last: no other binding has the same bytes.
	writer.text([FORMAT, binding.name, binding.host.toLowerCase(), binding.port, binding.ocsp ?? 0, roots.length, all.map(each => each.length), binding.alpn].join(" "));
	for (let i = -1; i < all.length; i++) {
		const bytes = i < 0 ? writer.finish() : all[i]!;
		hash.update(bytes, 0, bytes.length);
	}
	hash.digest(into, 0);
	hash.close();
	return into.subarray(0, BINDING_LENGTH);
}
