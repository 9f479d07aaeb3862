/** Writes OCSP responses (RFC 6960) for tests, and breaks them on request. */
import { HASH_SHA1, HASH_SHA256, type Crypto } from "../../../firmware/ports/crypto.js";
import { parseCertificate } from "../../../firmware/tls/x509/certificate.js";
import { certificates } from "./certificates.js";
import type { Signer } from "./certificate-writer.js";
import { bits, boolean, bytesOfHex, element, nothing, octets, oid, sequence, text } from "./der-writer.js";
import { P256Key } from "./p256.js";

export interface ResponseFields {
	/** Names of fixtures. */
	readonly leaf?: string;
	readonly issuer?: string;
	/** Label of the key that signs; default: the issuer's. */
	readonly signer?: string;
	readonly algorithm?: Uint8Array;
	/** The fixture that the ResponderID names; default: the issuer. `byKey`: by its key's digest. */
	readonly responder?: string;
	readonly byKey?: boolean;
	/** Fixtures that are sent along. */
	readonly certificates?: string;
	/** HASH_* of the CertID. */
	readonly hash?: number;
	readonly serial?: Uint8Array;
	readonly nameHash?: Uint8Array;
	readonly keyHash?: Uint8Array;
	/** CertStatus element. */
	readonly status?: Uint8Array;
	readonly thisUpdate?: string;
	/** "": absent. */
	readonly nextUpdate?: string;
	/** ENUMERATED of the outer message. */
	readonly outcome?: number;
	readonly type?: string;
	readonly version?: Uint8Array;
	readonly extensions?: Uint8Array;
	readonly singleExtensions?: Uint8Array;
	/** SingleResponse elements that come before. */
	readonly before?: Uint8Array;
}

export const GOOD = element(0x80);
export const REVOKED = element(0xa1, element(0x18, text("20260101000000Z")));
export const UNKNOWN = element(0x82);

export function digest(crypto: Crypto, algorithm: number, bytes: Uint8Array): Uint8Array {
	const hash = crypto.hash(algorithm), into = new Uint8Array(64);
	hash.update(bytes, 0, bytes.length);
	const length = hash.digest(into, 0);
	hash.close();
	return into.slice(0, length);
}

export function criticalExtension(isCritical: boolean): Uint8Array {
	return element(0xa1, sequence(sequence(oid("1.2.3.4"), isCritical ? boolean(true) : new Uint8Array(0), octets(nothing()))));
}

export function writeSingle(crypto: Crypto, fields: ResponseFields): Uint8Array {
	const { hash = HASH_SHA1, thisUpdate = "20260531000000Z", nextUpdate = "20260607000000Z" } = fields;
	const leaf = parseCertificate(certificates(fields.leaf ?? "leaf")[0]!), issuer = parseCertificate(certificates(fields.issuer ?? "root")[0]!, true);
	const id = sequence(sequence(oid(hash === HASH_SHA1 ? "1.3.14.3.2.26" : hash === HASH_SHA256 ? "2.16.840.1.101.3.4.2.1" : "1.2.3.4"), nothing()),
		octets(fields.nameHash ?? digest(crypto, hash > HASH_SHA1 ? HASH_SHA1 : hash, leaf.der.slice(leaf.issuerAt, leaf.issuerEnd))),
		octets(fields.keyHash ?? digest(crypto, hash > HASH_SHA1 ? HASH_SHA1 : hash, issuer.publicKey.bytes)),
		fields.serial ?? element(2, leaf.der.slice(leaf.serialAt, leaf.serialEnd)));
	return sequence(id, fields.status ?? GOOD, element(0x18, text(thisUpdate)), nextUpdate === "" ? new Uint8Array(0) : element(0xa0, element(0x18, text(nextUpdate))),
		fields.singleExtensions ?? new Uint8Array(0));
}

export function writeResponse(crypto: Crypto, fields: ResponseFields = {}): Uint8Array {
	const signer: Signer = new P256Key(crypto, fields.signer ?? fields.issuer ?? "root");
	const responder = parseCertificate(certificates(fields.responder ?? fields.issuer ?? "root")[0]!, true);
	const data = sequence(fields.version ?? new Uint8Array(0),
		fields.byKey ? element(0xa2, octets(digest(crypto, HASH_SHA1, responder.publicKey.bytes))) : element(0xa1, responder.der.slice(responder.subjectAt, responder.subjectEnd)),
		element(0x18, text("20260531000000Z")), sequence(fields.before ?? new Uint8Array(0), writeSingle(crypto, fields)), fields.extensions ?? new Uint8Array(0));
	const sent = certificates(fields.certificates ?? "");
	const basic = sequence(data, fields.algorithm ?? signer.algorithm, bits(signer.sign(data)), sent.length > 0 ? element(0xa0, sequence(...sent)) : new Uint8Array(0));
	const outcome = fields.outcome ?? 0;
	return sequence(element(0x0a, new Uint8Array([outcome])),
		outcome === 0 ? element(0xa0, sequence(oid(fields.type ?? "1.3.6.1.5.5.7.48.1.1"), octets(basic))) : bytesOfHex(""));
}
