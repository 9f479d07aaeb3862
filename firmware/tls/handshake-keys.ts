import type { Crypto, Hash, KeyPair } from "../ports/crypto.js";
import type { KeyLog } from "../ports/key-log.js";
import type { CipherSuite } from "./cipher-suite.js";
import { MESSAGE_HASH } from "./extension.js";
import { KeySchedule } from "./key-schedule.js";

interface KeyShare {
	readonly group: number;
	readonly publicKey: Uint8Array;
}

/** Everything secret of one handshake, and the transcript that it hangs on: key pairs, key schedule, traffic secrets. */
export class HandshakeKeys {
	/** Set by `begin`. */
	suite: CipherSuite | undefined = undefined;
	/** Until the ServerHello; where there is a key log, to the end. */
	clientRandom: Uint8Array | undefined;
	/** The public halves that were sent last. */
	shares: KeyShare[] = [];
	/** Empty where no early data is offered. */
	clientEarly: Uint8Array;
	clientHandshake: Uint8Array;
	serverHandshake: Uint8Array;
	clientApplication: Uint8Array;
	serverApplication: Uint8Array;
	#crypto: Crypto;
	#keyLog: KeyLog | undefined;
	#pairs: KeyPair[] = [];
	#transcript: Hash | undefined = undefined;
	#schedule: KeySchedule | undefined = undefined;

	constructor(crypto: Crypto, keyLog: KeyLog | undefined, clientRandom: Uint8Array) {
		this.#crypto = crypto;
		this.#keyLog = keyLog;
		this.clientRandom = clientRandom;
		this.clientEarly = this.clientHandshake = this.serverHandshake = this.clientApplication = this.serverApplication = new Uint8Array(0);
	}

	/** Makes fresh key pairs for those groups, instead of what there was. */
	offer(groups: readonly number[]): void {
		this.#closePairs();
		for (let i = 0; i < groups.length; i++) {
			const pair = this.#crypto.keyPair(groups[i]!);
			this.#pairs.push(pair);
			this.shares.push({ group: groups[i]!, publicKey: pair.publicKey });
		}
	}

	isOffered(group: number): boolean {
		return this.shares.some(share => share.group === group);
	}

	/** The next ClientHello offers a session of that suite. */
	resume(suite: CipherSuite, secret: Uint8Array): void {
		this.suite = suite;
		this.#transcript = this.#crypto.hash(suite.hash);
		this.#schedule = new KeySchedule(this.#crypto, suite.hash, secret);
	}

	/** The server does not resume: the schedule begins without the session's secret. */
	dropSession(): void {
		this.#schedule?.close();
		this.#schedule = undefined;
	}

	/** Writes the binder to the end of a ClientHello that offers a session (RFC 8446 §4.2.11.2), and absorbs it. */
	bind(clientHello: Uint8Array): void {
		const schedule = this.#schedule!, end = clientHello.length, at = end - schedule.length;
		// Up to the list of binders: its length of two bytes and the binder's own stand before the binder.
		this.absorb(clientHello, 0, at - 3);
		const key = schedule.derive("res binder");
		clientHello.set(this.verifyData(key), at);
		key.fill(0);
		this.absorb(clientHello, at - 3, end);
	}

	deriveEarly(): void {
		this.clientEarly = this.#derive("c e", "CLIENT_EARLY_", "", this.transcript());
	}

	/** The suite is chosen: the transcript begins with the ClientHello, where it did not begin with that of a session. */
	begin(suite: CipherSuite, clientHello: Uint8Array): void {
		if (this.suite?.hash !== suite.hash) {
			this.dropSession();
			this.#transcript?.close();
			this.#transcript = this.#crypto.hash(suite.hash);
			this.absorb(clientHello, 0, clientHello.length);
		}
		this.suite = suite;
	}

	/** The transcript goes on from a hash of the first ClientHello in its place (RFC 8446 §4.4.1). */
	retry(): void {
		const digest = this.transcript();
		this.#transcript!.close();
		this.#transcript = this.#crypto.hash(this.suite!.hash);
		this.absorbHeader(MESSAGE_HASH, digest.length);
		this.absorb(digest, 0, digest.length);
	}

	absorb(bytes: Uint8Array, offset: number, end: number): void {
		this.#transcript!.update(bytes, offset, end);
	}

	/** The header of a message whose body is absorbed as it comes. */
	absorbHeader(type: number, length: number): void {
		const header = new Uint8Array(4);
		header[0] = type;
		header[1] = length >> 16;
		header[2] = length >> 8;
		header[3] = length;
		this.absorb(header, 0, 4);
	}

	/** The transcript's digest as it stands. */
	transcript(): Uint8Array {
		const digest = new Uint8Array(this.#schedule?.length ?? 64);
		const length = this.#transcript!.digest(digest, 0);
		return length === digest.length ? digest : digest.slice(0, length);
	}

	/** (EC)DHE with the server's share of an offered group; false where the share is refused. */
	agree(group: number, serverShare: Uint8Array): boolean {
		const pair = this.#pairs[this.shares.findIndex(share => share.group === group)];
		const shared = new Uint8Array(32);
		const isGood = pair !== undefined && pair.derive(serverShare, shared) === shared.length;
		if (isGood) {
			this.#schedule ??= new KeySchedule(this.#crypto, this.suite!.hash);
			this.#schedule.toHandshake(shared);
		}
		shared.fill(0);
		if (this.#keyLog === undefined)
			this.clientRandom = undefined;
		this.#closePairs();
		return isGood;
	}

	/** After ServerHello. */
	deriveHandshake(): void {
		const transcript = this.transcript();
		this.clientHandshake = this.#derive("c hs", "CLIENT_HANDSHAKE_", "", transcript);
		this.serverHandshake = this.#derive("s hs", "SERVER_HANDSHAKE_", "", transcript);
	}

	/** After the server's Finished. */
	deriveApplication(): void {
		this.#schedule!.toMaster();
		const transcript = this.transcript();
		this.clientApplication = this.#derive("c ap", "CLIENT_", "_0", transcript);
		this.serverApplication = this.#derive("s ap", "SERVER_", "_0", transcript);
	}

	/** After the client's Finished: the resumption master secret. */
	deriveResumption(): Uint8Array {
		return this.#schedule!.derive("res master", this.transcript());
	}

	/** verify_data over the transcript as it stands, of the side whose handshake secret it is; or a binder. */
	verifyData(secret: Uint8Array): Uint8Array {
		return this.#schedule!.verifyData(secret, this.transcript());
	}

	/** Nothing more is derived: only the traffic secrets remain. */
	endSchedule(): void {
		this.#closePairs();
		this.#schedule?.close();
		this.#transcript?.close();
		this.#schedule = this.#transcript = undefined;
	}

	wipeHandshake(): void {
		this.clientHandshake.fill(0);
		this.serverHandshake.fill(0);
	}

	/** Wipes everything. Idempotent. */
	close(): void {
		this.endSchedule();
		this.wipeHandshake();
		this.clientEarly.fill(0);
		this.clientApplication.fill(0);
		this.serverApplication.fill(0);
	}

	/** A traffic secret; its name in the key log begins and ends so. */
	#derive(label: string, begin: string, end: string, transcript: Uint8Array): Uint8Array {
		const secret = this.#schedule!.derive(label + " traffic", transcript);
		this.#keyLog?.write(begin + "TRAFFIC_SECRET" + end, this.clientRandom!, secret);
		return secret;
	}

	#closePairs(): void {
		while (this.#pairs.length > 0)
			this.#pairs.pop()!.close();
		this.shares.length = 0;
	}
}
