import { OCSP_AGE_MAX, OCSP_RESPONDERS_MAX, OCSP_SKEW_MAX } from "../../config.js";
import { HASH_SHA1, HASH_SHA256, type Crypto } from "../../ports/crypto.js";
import { hexText, OID_OCSP_BASIC, OID_SHA1, OID_SHA256 } from "./oid.js";
import { type Certificate, isIssuedBy, isSignedBy, parseCertificate } from "./certificate.js";
import { CertificateError, FAULT_REVOKED, FAULT_STATUS } from "./certificate-error.js";
import { type DerReader, enterSequence, TAG_BOOLEAN, TAG_ENUMERATED, TAG_INTEGER, TAG_NULL, TAG_OCTET_STRING, TAG_SEQUENCE } from "./der.js";
import { USAGE_DIGITAL_SIGNATURE } from "./extensions.js";
import { isSigned, readSignatureAlgorithm } from "./signature-algorithm.js";
import { dateText, readGeneralizedTime } from "./time.js";

/** What becomes of a server's certificate without a stapled OCSP response; one that is stapled must say "good". */
export const OCSP_OFF = 0;
/** It passes, but for a certificate that demands a response (RFC 7633). */
export const OCSP_IF_STAPLED = 1;
/** It is refused. */
export const OCSP_REQUIRED = 2;

const STATUS_GOOD = 0x80, STATUS_REVOKED = 0xa1;
const RESPONDER_NAME = 0xa1, RESPONDER_KEY = 0xa2;

/** Judges the stapled response about `leaf`, which `issuer` signed (RFC 6960 §3.2): it is signed by the issuer, or by a
 *  responder that the issuer has appointed; is about that certificate; is of `now` (s since 1970); and says "good". Throws
 *  CertificateError. Whether a responder's own certificate was revoked is not asked. */
export function checkStaple(crypto: Crypto, now: number, policy: number, leaf: Certificate, issuer: Certificate, response: Uint8Array | undefined): void {
	if (policy === OCSP_OFF)
		return;
	if (response === undefined) {
		if (policy === OCSP_REQUIRED || leaf.extensions.mustStaple)
			throw new CertificateError(FAULT_STATUS, "the server sent no stapled OCSP response, which is required");
		return;
	}
	try {
		new Staple(crypto, now, response).check(leaf, issuer);
	}
	catch (error) {
		if (!(error instanceof CertificateError) || error.fault === FAULT_REVOKED)
			throw error;
		throw new CertificateError(FAULT_STATUS, `the stapled OCSP response cannot be used: ${error.message}`);
	}
}

/** One BasicOCSPResponse (RFC 6960 §4.2.1). */
class Staple {
	#crypto: Crypto;
	#now: number;
	#basic: DerReader;

	constructor(crypto: Crypto, now: number, response: Uint8Array) {
		this.#crypto = crypto;
		this.#now = now;
		const outer = enterSequence(response);
		outer.expect(TAG_ENUMERATED);
		if (outer.hex !== "00")
			throw bad(`the responder was not able to answer (status ${outer.hex})`);
		const typed = outer.enterLast(0xa0).enterLast(TAG_SEQUENCE);
		if (typed.oid() !== OID_OCSP_BASIC)
			throw bad(`it is of an unsupported type (${typed.dotted})`);
		this.#basic = typed.enterLast(TAG_OCTET_STRING).enterLast(TAG_SEQUENCE);
	}

	check(leaf: Certificate, issuer: Certificate): void {
		const basic = this.#basic, data = basic.enter(TAG_SEQUENCE), signed = basic.bytes.subarray(basic.start, basic.at), algorithm = readSignatureAlgorithm(basic);
		if (basic.bitString() !== 0)
			throw bad("its signature has unused bits");
		const signature = basic.copy(), certificates = basic.optional(0xa0) ? basic.content().enter(TAG_SEQUENCE) : undefined;
		basic.finish();
		if (data.optional(0xa0) && data.content().smallInteger() !== 0)
			throw bad("it is of an unsupported version");
		data.read();
		if (!isSigned(this.#crypto, algorithm, this.#signer(data, issuer, certificates).publicKey, signed, signature))
			throw bad("its signature is wrong");
		readGeneralizedTime(data); // producedAt
		this.#checkStatus(data.enter(TAG_SEQUENCE), leaf, issuer);
		refuseCritical(data);
	}

	/** The issuer or one of the responders whose certificates follow: whoever the ResponderID that was read last names. */
	#signer(id: DerReader, issuer: Certificate, list: DerReader | undefined): Certificate {
		if (this.#isNamed(id, issuer))
			return issuer;
		for (let count = 0; list !== undefined && !list.atEnd && count < OCSP_RESPONDERS_MAX; count++) {
			list.expect(TAG_SEQUENCE);
			const responder = parseCertificate(list.bytes.slice(list.start, list.at)), keyUsage = responder.extensions.keyUsage;
			if (!this.#isNamed(id, responder))
				continue;
			if (!responder.extensions.isOcspSigner || keyUsage !== -1 && !(keyUsage & USAGE_DIGITAL_SIGNATURE))
				throw bad("its signer's certificate is not for OCSP");
			if (this.#now < responder.notBefore || this.#now > responder.notAfter)
				throw bad("its signer's certificate is not valid now");
			if (!isIssuedBy(responder, issuer) || !isSignedBy(this.#crypto, responder, issuer))
				throw bad("its signer was not appointed by the CA");
			return responder;
		}
		throw bad("who signed it is not known");
	}

	#isNamed({ tag, hex }: DerReader, { der, subjectAt, subjectEnd, publicKey }: Certificate): boolean {
		return tag === RESPONDER_NAME ? hex === hexText(der, subjectAt, subjectEnd) : tag === RESPONDER_KEY && hex === "0414" + this.#digest(HASH_SHA1, publicKey.bytes);
	}

	/** Looks for the certificate among the responses; one "revoked" is enough. */
	#checkStatus(responses: DerReader, leaf: Certificate, issuer: Certificate): void {
		let isFound = false;
		while (!responses.atEnd) {
			const single = responses.enter(TAG_SEQUENCE), isAbout = this.#isAbout(single.enter(TAG_SEQUENCE), leaf, issuer);
			single.read();
			const status = single.tag, from = readGeneralizedTime(single);
			const until = single.nextTag === 0xa0 ? readGeneralizedTime(single.enter(0xa0)) : from + OCSP_AGE_MAX;
			refuseCritical(single);
			if (!isAbout)
				continue;
			if (status === STATUS_REVOKED)
				throw new CertificateError(FAULT_REVOKED, "the server's certificate was revoked");
			if (status !== STATUS_GOOD)
				throw bad("the responder does not know the certificate");
			if (from > this.#now + OCSP_SKEW_MAX || until < this.#now)
				throw bad(`it is valid from ${dateText(from)} to ${dateText(until)} (today is ${dateText(this.#now)})`);
			isFound = true;
		}
		if (!isFound)
			throw bad("it is about another certificate");
	}

	/** CertID (RFC 6960 §4.1.1). */
	#isAbout(id: DerReader, { der, serialAt, serialEnd, issuerAt, issuerEnd }: Certificate, issuer: Certificate): boolean {
		const algorithm = id.enter(TAG_SEQUENCE), oid = algorithm.oid();
		algorithm.optional(TAG_NULL);
		algorithm.finish();
		const name = take(id, TAG_OCTET_STRING), key = take(id, TAG_OCTET_STRING), serial = take(id, TAG_INTEGER);
		id.finish();
		const hash = oid === OID_SHA1 ? HASH_SHA1 : oid === OID_SHA256 ? HASH_SHA256 : 0;
		return hash !== 0 && serial === hexText(der, serialAt, serialEnd)
			&& key === this.#digest(hash, issuer.publicKey.bytes) && name === this.#digest(hash, der.subarray(issuerAt, issuerEnd));
	}

	#digest(algorithm: number, bytes: Uint8Array): string {
		const hash = this.#crypto.hash(algorithm), digest = new Uint8Array(32);
		hash.update(bytes, 0, bytes.length);
		const length = hash.digest(digest, 0);
		hash.close();
		return hexText(digest, 0, length);
	}
}

/** The optional extensions at the end of `reader`: none is known, so none may be critical. */
function refuseCritical(reader: DerReader): void {
	if (reader.nextTag === 0xa1) {
		const list = reader.enter(0xa1).enter(TAG_SEQUENCE);
		while (!list.atEnd) {
			const extension = list.enter(TAG_SEQUENCE);
			extension.oid();
			if (extension.nextTag === TAG_BOOLEAN && extension.boolean())
				throw bad("it has a critical extension");
		}
	}
	reader.finish();
}

/** The hex text of the next element's content. */
function take(reader: DerReader, tag: number): string {
	reader.expect(tag);
	return reader.hex;
}

function bad(reason: string): CertificateError {
	return new CertificateError(FAULT_STATUS, reason);
}
