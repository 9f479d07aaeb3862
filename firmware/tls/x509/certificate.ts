import type { Crypto } from "../../ports/crypto.js";
import { FAULT_REFUSED, refusal } from "./certificate-error.js";
import { DerReader, enterSequence, malformed, TAG_SEQUENCE, TAG_SET } from "./der.js";
import { type Extensions, readExtensions } from "./extensions.js";
import { OID_COMMON_NAME, OID_ORGANIZATION } from "./oid.js";
import { type PublicKey, readPublicKey } from "./public-key.js";
import { isSigned, readSignatureAlgorithm } from "./signature-algorithm.js";
import { readTime } from "./time.js";

/** An X.509 v3 certificate (RFC 5280 §4). Ranges point into `der`. */
export interface Certificate {
	readonly der: Uint8Array;
	/** What the signature covers, and the signature. */
	readonly signedAt: number;
	readonly signedEnd: number;
	readonly signatureAt: number;
	/** Whole Name elements, header included. */
	readonly issuerAt: number;
	readonly issuerEnd: number;
	readonly subjectAt: number;
	readonly subjectEnd: number;
	/** Where the signature's AlgorithmIdentifier begins. */
	readonly algorithmAt: number;
	/** The serial number's content. */
	readonly serialAt: number;
	readonly serialEnd: number;
	/** Seconds since 1970, both inclusive. */
	readonly notBefore: number;
	readonly notAfter: number;
	readonly publicKey: PublicKey;
	readonly extensions: Extensions;
}

type Fields = { -readonly [Key in keyof Certificate]: Certificate[Key] };

/** Parses one certificate that fills `der`; `isRoot`: it comes from the configuration. Throws CertificateError.
 *  In parts one after another, each with little on the stack. */
export function parseCertificate(der: Uint8Array, isRoot = false): Certificate {
	const fields = { der } as Fields, tbs = readFrame(fields, isRoot);
	readSubject(fields, tbs);
	fields.publicKey = readPublicKey(tbs);
	// issuerUniqueID and subjectUniqueID: nobody uses them.
	tbs.optional(0x81);
	tbs.optional(0x82);
	if (tbs.nextTag !== 0xa3)
		throw refusal(FAULT_REFUSED, "has no extensions: it does not say what it is for");
	const wrapped = tbs.enterLast(0xa3);
	fields.extensions = readExtensions(wrapped);
	wrapped.finish();
	if (fields.issuerEnd - fields.issuerAt === 2)
		throw malformed("an empty issuer");
	// RFC 5280 §4.2.1.6: without a subject "the certificate ... MUST include a subjectAltName extension that is marked as critical".
	if (fields.subjectEnd - fields.subjectAt === 2 && !fields.extensions.areNamesCritical)
		throw malformed("neither a subject nor critical names");
	return Object.freeze(fields);
}

/** What is signed, by which algorithm, and the signature; returns a reader of what is signed. */
function readFrame(fields: Fields, isRoot: boolean): DerReader {
	const certificate = enterSequence(fields.der), tbs = certificate.enter(TAG_SEQUENCE);
	fields.signedAt = certificate.start;
	fields.signedEnd = certificate.at;
	certificate.expect(TAG_SEQUENCE);
	fields.algorithmAt = certificate.start;
	const algorithmEnd = certificate.at;
	if (certificate.bitString() !== 0)
		throw malformed("a signature with unused bits");
	fields.signatureAt = certificate.contentAt;
	certificate.finish();
	readVersion(tbs);
	readSerialNumber(tbs, isRoot);
	fields.serialAt = tbs.contentAt;
	fields.serialEnd = tbs.contentEnd;
	tbs.expect(TAG_SEQUENCE);
	// RFC 5280 §4.1.1.2: "This field MUST contain the same algorithm identifier as the signature field".
	if (!equalRanges(fields.der, tbs.start, tbs.at, fields.der, fields.algorithmAt, algorithmEnd))
		throw malformed("two signature algorithms that differ");
	return tbs;
}

function readSubject(fields: Fields, tbs: DerReader): void {
	fields.issuerAt = readName(tbs);
	fields.issuerEnd = tbs.at;
	const validity = tbs.enter(TAG_SEQUENCE);
	fields.notBefore = readTime(validity);
	fields.notAfter = readTime(validity);
	validity.finish();
	fields.subjectAt = readName(tbs);
	fields.subjectEnd = tbs.at;
}

/** True where `issuer`'s key signed the certificate. How is read only here: of a root the signature does not matter. */
export function isSignedBy(crypto: Crypto, { der, algorithmAt, signedAt, signedEnd, signatureAt }: Certificate, issuer: Certificate): boolean {
	const algorithm = readSignatureAlgorithm(new DerReader(der, algorithmAt, der.length));
	return isSigned(crypto, algorithm, issuer.publicKey, der.subarray(signedAt, signedEnd), der.subarray(signatureAt));
}

/** True where `issuer`'s subject is the certificate's issuer.
 *  Exception: RFC 5280 §7.1: names are compared byte by byte, as nearly all CAs write them, not after string preparation. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
	return equalRanges(certificate.der, certificate.issuerAt, certificate.issuerEnd, issuer.der, issuer.subjectAt, issuer.subjectEnd);
}

export function isSelfIssued(certificate: Certificate): boolean {
	return isIssuedBy(certificate, certificate);
}

/** The common name in the Name at bytes[at, end), or else its organization: for messages, never for a decision. */
export function nameText(bytes: Uint8Array, at: number, end: number): string {
	const names = new DerReader(bytes, at, end).enter(TAG_SEQUENCE);
	let text = "";
	while (!names.atEnd) {
		const set = names.enter(TAG_SET);
		while (!set.atEnd) {
			const attribute = set.enter(TAG_SEQUENCE), type = attribute.oid();
			attribute.read();
			if (type === OID_COMMON_NAME || type === OID_ORGANIZATION && text === "")
				text = printable(attribute.bytes, attribute.contentAt, attribute.contentEnd);
		}
	}
	return text === "" ? "(no name)" : text;
}

export function equalRanges(a: Uint8Array, at: number, end: number, b: Uint8Array, bAt: number, bEnd: number): boolean {
	if (end - at !== bEnd - bAt)
		return false;
	for (; at < end; at++, bAt++)
		if (a[at] !== b[bAt])
			return false;
	return true;
}

function readVersion(tbs: DerReader): void {
	let version = 0;
	if (tbs.nextTag === 0xa0) {
		const wrapped = tbs.enter(0xa0);
		version = wrapped.smallInteger();
		wrapped.finish();
	}
	if (version !== 2)
		throw refusal(FAULT_REFUSED, `is of X.509 version ${version + 1}, version 3 is needed`);
}

/** RFC 5280 §4.1.2.2: a positive integer of at most 20 octets. Zero passes in a root: old public roots have it. */
function readSerialNumber(tbs: DerReader, isRoot: boolean): void {
	tbs.integer();
	const first = tbs.bytes[tbs.contentAt]!;
	if (first & 0x80 || tbs.length > 20 || tbs.length === 1 && first === 0 && !isRoot)
		throw malformed("a wrong serial number");
}

/** Checks the form of a Name: sets of type and value. Returns where it begins. */
function readName(tbs: DerReader): number {
	const names = tbs.enter(TAG_SEQUENCE);
	const at = tbs.start;
	checkName(names);
	return at;
}

/** Checks the relative distinguished names that fill `names` (RFC 5280 §4.1.2.4). */
export function checkName(names: DerReader): void {
	while (!names.atEnd) {
		const set = names.enter(TAG_SET);
		if (set.atEnd)
			throw malformed("an empty set in a name");
		while (!set.atEnd) {
			const attribute = set.enter(TAG_SEQUENCE);
			attribute.oid();
			attribute.read();
			attribute.finish();
		}
	}
}

function printable(bytes: Uint8Array, at: number, end: number): string {
	let text = "";
	for (; at < end && text.length < 64; at++)
		text += bytes[at]! >= 0x20 && bytes[at]! < 0x7f ? String.fromCharCode(bytes[at]!) : "?";
	return text;
}
