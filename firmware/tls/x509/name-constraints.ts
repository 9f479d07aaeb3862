import { X509_NAME_COMPARISONS_MAX } from "../../config.js";
import type { Certificate } from "./certificate.js";
import { checkName, equalRanges } from "./certificate.js";
import { CertificateError, FAULT_REFUSED, FAULT_UNSUPPORTED } from "./certificate-error.js";
import { DerReader, malformed, TAG_SEQUENCE } from "./der.js";
import { checkNameTag, dnsText, NAME_ADDRESS, NAME_DIRECTORY, NAME_DNS, NAME_EMAIL, NAME_OTHER, NAME_URI } from "./general-name.js";
import { isLabel } from "./host-name.js";
import { hexText } from "./oid.js";

const TAG_PERMITTED = 0xa0;
const TAG_EXCLUDED = 0xa1;
/** emailAddress in a subject: a name of the kind rfc822Name for constraints (RFC 5280 §4.2.1.10). */
const OID_EMAIL_ADDRESS = "2a864886f70d010901";

/** Checks the names of a certificate below `issuer` against the issuer's name constraints (RFC 5280 §4.2.1.10), if it
 *  has any. DNS names, addresses and directory names are understood; where another kind is constrained and the
 *  certificate has a name of that kind the chain is refused. Throws CertificateError. */
export function checkNameConstraints(issuer: Certificate, below: Certificate): void {
	const { constraintsAt, constraintsEnd } = issuer.extensions;
	if (constraintsAt === -1)
		return;
	const constraints = new DerReader(issuer.der, constraintsAt, constraintsEnd).enter(TAG_SEQUENCE);
	if (constraints.atEnd)
		throw malformed("empty name constraints");
	const permitted = constraints.optional(TAG_PERMITTED) ? constraints.content() : undefined;
	const excluded = constraints.optional(TAG_EXCLUDED) ? constraints.content() : undefined;
	constraints.finish();
	const subtrees = { permitted: readSubtrees(permitted), excluded: readSubtrees(excluded), left: X509_NAME_COMPARISONS_MAX };
	if (below.subjectEnd - below.subjectAt > 2)
		checkOne(subtrees, NAME_DIRECTORY, below.der, below.subjectAt, below.subjectEnd);
	if (hasEmail(below))
		checkOne(subtrees, NAME_EMAIL, below.der, 0, 0);
	if (below.extensions.namesAt === -1)
		return;
	const names = new DerReader(below.der, below.extensions.namesAt, below.extensions.namesEnd).enter(TAG_SEQUENCE);
	while (!names.atEnd) {
		names.read();
		checkOne(subtrees, names.tag, names.bytes, names.contentAt, names.contentEnd);
		// It may be a mail address in UTF-8, which those constraints hold for (RFC 9598 §6).
		if (names.tag === NAME_OTHER)
			checkOne(subtrees, NAME_EMAIL, names.bytes, 0, 0);
	}
}

interface Subtree {
	readonly tag: number;
	readonly bytes: Uint8Array;
	readonly at: number;
	readonly end: number;
	/** The lower-case text of a dNSName. */
	readonly text: string;
}

function readSubtrees(reader: DerReader | undefined): Subtree[] {
	const list: Subtree[] = [];
	if (reader === undefined)
		return list;
	if (reader.atEnd)
		throw malformed("empty name constraints");
	while (!reader.atEnd) {
		const subtree = reader.enter(TAG_SEQUENCE);
		subtree.read();
		checkNameTag(subtree.tag);
		const tag = subtree.tag, at = subtree.contentAt, end = subtree.contentEnd;
		const text = tag === NAME_DNS ? dnsText(subtree) : "";
		if (tag === NAME_DNS && text !== "" && !text.split(".").every(isLabel))
			throw malformed("a name constraint that is no DNS name");
		if (tag === NAME_ADDRESS)
			checkMask(subtree.bytes, at, end);
		if (tag === NAME_DIRECTORY)
			checkName(subtree.content().enter(TAG_SEQUENCE));
		// RFC 5280 §4.2.1.10: "the minimum MUST be zero, and maximum MUST be absent"; DER leaves the zero out.
		if (!subtree.atEnd)
			throw new CertificateError(FAULT_UNSUPPORTED, "certificate has name constraints with a minimum or maximum");
		list.push({ tag, bytes: reader.bytes, at, end, text });
	}
	return list;
}

function checkOne(subtrees: { permitted: Subtree[]; excluded: Subtree[]; left: number }, tag: number, bytes: Uint8Array, at: number, end: number): void {
	subtrees.left -= subtrees.permitted.length + subtrees.excluded.length;
	if (subtrees.left < 0)
		throw new CertificateError(FAULT_REFUSED, "certificate has more names than can be held against its CA's constraints");
	for (const subtree of subtrees.excluded)
		if (subtree.tag === tag && covers(subtree, bytes, at, end, true))
			throw new CertificateError(FAULT_REFUSED, "certificate has a name that its CA is not allowed to certify");
	let isConstrained = false;
	for (const subtree of subtrees.permitted)
		if (subtree.tag === tag) {
			if (covers(subtree, bytes, at, end, false))
				return;
			isConstrained = true;
		}
	if (isConstrained)
		throw new CertificateError(FAULT_REFUSED, "certificate has a name outside of those that its CA is allowed to certify");
}

/** True where the name lies in the subtree. `isExcluding`: a wildcard counts where it could stand for a name inside. */
function covers(subtree: Subtree, bytes: Uint8Array, at: number, end: number, isExcluding: boolean): boolean {
	switch (subtree.tag) {
		case NAME_DNS: {
			let text = "";
			for (let i = at; i < end; i++)
				text += String.fromCharCode(bytes[i]!);
			return coversDns(subtree.text, text.toLowerCase(), isExcluding);
		}
		case NAME_ADDRESS:
			return coversAddress(subtree, bytes, at, end);
		case NAME_DIRECTORY:
			return coversDirectory(subtree, bytes, at, end);
		default:
			throw new CertificateError(FAULT_UNSUPPORTED, `certificate's CA is limited to some ${subtree.tag === NAME_EMAIL ? "mail addresses" : subtree.tag === NAME_URI ? "URIs" : "names"}, which is not supported`);
	}
}

function coversDns(base: string, name: string, isExcluding: boolean): boolean {
	const labels = name.split(".");
	if (labels[0] === "*")
		labels.shift();
	if (!labels.every(isLabel))
		throw new CertificateError(FAULT_REFUSED, "certificate's CA is limited to some DNS names, and it has one that cannot be judged");
	if (base === "")
		return true;
	if (name.startsWith("*.")) {
		const parent = name.slice(2);
		const dot = base.indexOf(".");
		if (isExcluding && dot > 0 && base.slice(dot + 1) === parent)
			return true;
		name = parent;
	}
	return name === base || name.endsWith("." + base);
}

function coversAddress(subtree: Subtree, bytes: Uint8Array, at: number, end: number): boolean {
	const length = end - at;
	if (subtree.end - subtree.at !== 2 * length)
		return false;
	for (let i = 0; i < length; i++)
		if ((bytes[at + i]! ^ subtree.bytes[subtree.at + i]!) & subtree.bytes[subtree.at + length + i]!)
			return false;
	return true;
}

/** The subtree's relative names are the first ones of the name. */
function coversDirectory(subtree: Subtree, bytes: Uint8Array, at: number, end: number): boolean {
	const base = new DerReader(subtree.bytes, subtree.at, subtree.end).enter(TAG_SEQUENCE);
	const name = new DerReader(bytes, at, end).enter(TAG_SEQUENCE);
	const length = base.end - base.at;
	return name.end - name.at >= length && equalRanges(base.bytes, base.at, base.end, name.bytes, name.at, name.at + length);
}

/** An address and a mask of one-bits followed by zero-bits, of 4 or 16 bytes each. */
function checkMask(bytes: Uint8Array, at: number, end: number): void {
	const length = (end - at) / 2;
	if (length !== 4 && length !== 16)
		throw malformed("an address constraint of the wrong length");
	let isOver = false;
	for (let i = at + length; i < end; i++)
		for (let bit = 0x80; bit > 0; bit >>= 1)
			if (!(bytes[i]! & bit))
				isOver = true;
			else if (isOver)
				throw malformed("an address constraint whose mask has gaps");
}

function hasEmail(certificate: Certificate): boolean {
	const names = new DerReader(certificate.der, certificate.subjectAt, certificate.subjectEnd).enter(TAG_SEQUENCE);
	while (!names.atEnd) {
		names.read();
		const set = names.content();
		while (!set.atEnd) {
			const attribute = set.enter(0x30);
			attribute.read();
			if (hexText(attribute.bytes, attribute.contentAt, attribute.contentEnd) === OID_EMAIL_ADDRESS)
				return true;
		}
	}
	return false;
}
