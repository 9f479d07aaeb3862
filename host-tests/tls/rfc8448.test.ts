import { crypto } from "#hal";
import { deepEqual, describe, equal, hex, it, unhex } from "#test";
import type { Crypto } from "../../firmware/ports/crypto.js";
import { HASH_SHA256 } from "../../firmware/ports/crypto.js";
import { TLS_AES_128_GCM_SHA256, cipherSuite } from "../../firmware/tls/cipher-suite.js";
import { HandshakeKeys } from "../../firmware/tls/handshake-keys.js";
import { hkdfExpandLabel } from "../../firmware/tls/hkdf.js";
import { Reader } from "../../firmware/tls/reader.js";
import { CONTENT_ALERT, CONTENT_CHANGE_CIPHER_SPEC, CONTENT_DATA, CONTENT_HANDSHAKE, RecordReader } from "../../firmware/tls/record-reader.js";
import { RecordProtection } from "../../firmware/tls/record-protection.js";
import { readSession } from "../../firmware/tls/session.js";
import { RFC8448_TRACES } from "./fixtures/rfc8448-traces.js";
import { concat } from "./support/der-writer.js";

interface Trace {
	shared: string; psk?: string; clientHello: string; retryRequest?: string; secondHello?: string; early?: string; earlyRecord?: string; serverHello: string;
	serverFlight: string; serverRecords: string; clientRecords: string; ticketRecord?: string; ticket?: string; data?: string; clientData?: string; serverData?: string;
	clientClose: string; serverClose: string;
}

const SUITE = cipherSuite(TLS_AES_128_GCM_SHA256)!;
const GROUP = 29;
const BINDER_LENGTH = 32;
const CLOSE_NOTIFY = "0100";

/** A port whose key agreement comes to that secret. */
function agreeing(shared: string): Crypto {
	return {
		packetKey: (aead, key, iv, headerKey) => crypto.packetKey(aead, key, iv, headerKey),
		hash: algorithm => crypto.hash(algorithm),
		hmac: (algorithm, key, data, offset, end, into, at) => crypto.hmac(algorithm, key, data, offset, end, into, at),
		keyPair: () => ({ publicKey: new Uint8Array(0), derive: (_peer, into) => { into.set(unhex(shared)); return 32; }, close: () => {} }),
		verify: (...all) => crypto.verify(...all),
		signingKey: name => crypto.signingKey(name),
	};
}

const protection = (secret: Uint8Array): RecordProtection => new RecordProtection(crypto, SUITE, secret);

/** Takes the records of one side apart; the next secret is used when `secrets` is called for it. */
class Side {
	#reader = new RecordReader();

	protect(secret: Uint8Array): void {
		this.#reader.protect(protection(secret));
	}

	/** The contents of the records, each with its type before it. */
	contents(records: string): string[] {
		const bytes = unhex(records), reader = this.#reader, found: string[] = [];
		reader.put(bytes, 0, bytes.length);
		while (reader.next()) {
			found.push(`${reader.type} ${hex(reader.bytes, reader.contentAt, reader.contentEnd)}`);
			reader.contentAt = reader.contentEnd;
		}
		return found;
	}
}

function absorb(keys: HandshakeKeys, text: string): void {
	const bytes = unhex(text);
	keys.absorb(bytes, 0, bytes.length);
}

/** Runs the trace through the key schedule and the records; returns the keys. */
function play(trace: Trace): { keys: HandshakeKeys; resumption: Uint8Array } {
	const keys = new HandshakeKeys(agreeing(trace.shared), undefined, new Uint8Array(32)), first = unhex(trace.clientHello);
	const server = new Side(), client = new Side();
	keys.offer([GROUP]);
	if (trace.psk !== undefined) {
		const unbound = first.slice();
		unbound.fill(0, unbound.length - BINDER_LENGTH);
		keys.resume(SUITE, unhex(trace.psk));
		keys.bind(unbound);
		equal(hex(unbound), trace.clientHello);
		keys.deriveEarly();
		client.protect(keys.clientEarly);
		deepEqual(client.contents(trace.earlyRecord!), [`${CONTENT_DATA} ${trace.early}`]);
	}
	keys.begin(SUITE, first);
	if (trace.retryRequest !== undefined) {
		keys.retry();
		absorb(keys, trace.retryRequest);
		absorb(keys, trace.secondHello!);
	}
	equal(keys.agree(GROUP, new Uint8Array(0)), true);
	absorb(keys, trace.serverHello);
	keys.deriveHandshake();
	server.protect(keys.serverHandshake);
	const isCompatible = trace.serverRecords.startsWith("14");
	const change = isCompatible ? [`${CONTENT_CHANGE_CIPHER_SPEC} 01`] : [];
	deepEqual(server.contents(trace.serverRecords), [...change, `${CONTENT_HANDSHAKE} ${trace.serverFlight}`]);
	const flight = unhex(trace.serverFlight), finishedAt = flight.length - 36;
	keys.absorb(flight, 0, finishedAt);
	equal(hex(keys.verifyData(keys.serverHandshake)), hex(flight, finishedAt + 4));
	keys.absorb(flight, finishedAt, flight.length);
	keys.deriveApplication();
	if (trace.psk !== undefined) {
		// The early data ends with a message of its own.
		const end = trace.clientRecords.slice(0, 2 * (5 + 4 + 1 + 16));
		deepEqual(client.contents(end), [`${CONTENT_HANDSHAKE} 05000000`]);
		absorb(keys, "05000000");
		trace = { ...trace, clientRecords: trace.clientRecords.slice(end.length) };
	}
	client.protect(keys.clientHandshake);
	const sent = client.contents(trace.clientRecords), last = unhex(sent[sent.length - 1]!.slice(3)), ourFinishedAt = last.length - 36;
	deepEqual(sent.slice(0, -1), change);
	keys.absorb(last, 0, ourFinishedAt);
	equal(hex(keys.verifyData(keys.clientHandshake)), hex(last, ourFinishedAt + 4));
	keys.absorb(last, ourFinishedAt, last.length);
	const resumption = keys.deriveResumption();
	client.protect(keys.clientApplication);
	server.protect(keys.serverApplication);
	if (trace.ticketRecord !== undefined) {
		const [content] = server.contents(trace.ticketRecord), message = unhex(content!.slice(3));
		const session = readSession(new Reader(message, 4, message.length), { crypto, suite: SUITE, secret: resumption, until: 0 }, 0)!;
		equal(hex(session.ticket), trace.ticket);
		equal(session.lifetime, 30);
		equal(session.maxEarlyData, 1024);
		equal(hex(session.secret), RFC8448_TRACES.resumed.psk);
	}
	if (trace.data !== undefined) {
		deepEqual(client.contents(trace.clientData!), [`${CONTENT_DATA} ${trace.data}`]);
		deepEqual(server.contents(trace.serverData!), [`${CONTENT_DATA} ${trace.data}`]);
	}
	deepEqual(client.contents(trace.clientClose), [`${CONTENT_ALERT} ${CLOSE_NOTIFY}`]);
	deepEqual(server.contents(trace.serverClose), [`${CONTENT_ALERT} ${CLOSE_NOTIFY}`]);
	return { keys, resumption };
}

describe("RFC 8448", () => {
	for (const [name, trace] of Object.entries(RFC8448_TRACES))
		it(`${name}: every record opens to the trace's content, under secrets of our key schedule`, () => {
			const { keys, resumption } = play(trace);
			equal(resumption.length, 32);
			keys.close();
		});

	it("the client's records are sealed as in the traces", () => {
		const trace = RFC8448_TRACES.simple, { keys } = play(trace), sealed = protection(keys.clientApplication), data = unhex(trace.data);
		for (const [type, content, record] of [[CONTENT_DATA, data, trace.clientData], [CONTENT_ALERT, unhex(CLOSE_NOTIFY), trace.clientClose]] as const) {
			const length = content.length + 17, bytes = concat(new Uint8Array([23, 3, 3, length >> 8, length]), content, new Uint8Array([type]), new Uint8Array(16));
			equal(sealed.seal(bytes, 0, bytes.length - 16), bytes.length);
			equal(hex(bytes), record);
		}
	});

	it("the session's secret depends on the ticket's nonce", () => {
		const { resumption } = play(RFC8448_TRACES.simple);
		equal(hex(hkdfExpandLabel(crypto, HASH_SHA256, resumption, "resumption", new Uint8Array(2), 32)), RFC8448_TRACES.resumed.psk);
	});
});
