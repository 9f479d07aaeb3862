import { X509_NAME_COMPARISONS_MAX } from "../../config.js";
import type { Certificate } from "./certificate.js";
import { checkName, equalRanges } from "./certificate.js";
import { FAULT_REFUSED, FAULT_UNSUPPORTED, refusal } from "./certificate-error.js";
import { DerReader, malformed, TAG_SEQUENCE, TAG_SET } from "./der.js";
import { checkNameTag, dnsText, NAME_ADDRESS, NAME_DIRECTORY, NAME_DNS, NAME_EMAIL, NAME_OTHER } from "./general-name.js";
import { isLabel } from "./host-name.js";
import { OID_EMAIL_ADDRESS } from "./oid.js";

const TAG_PERMITTED = 0xa0;
const TAG_EXCLUDED = 0xa1;

/** Checks the names of a certificate below `issuer` against the issuer's name constraints (RFC 5280 §4.2.1.10), if it
 *  has any. DNS names, addresses and directory names are understood; where another kind is constrained and the
 *  certificate has a name of that kind the chain is refused. Throws CertificateError. */
export function checkNameConstraints(issuer: Certificate, below: Certificate): void {
	const constraintsAt = issuer.extensions.constraintsAt;
	if (constraintsAt === -1)
		return;
	const constraints = new DerReader(issuer.der, constraintsAt, issuer.extensions.constraintsEnd).enter(TAG_SEQUENCE);
	if (constraints.atEnd)
		throw empty();
	const subtrees = { permitted: readSubtrees(constraints, TAG_PERMITTED), excluded: readSubtrees(constraints, TAG_EXCLUDED), left: X509_NAME_COMPARISONS_MAX };
	constraints.finish();
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

const empty = (): Error => malformed("empty name constraints");

/** Where the next element has that tag. */
function readSubtrees(constraints: DerReader, wanted: number): Subtree[] {
	const list: Subtree[] = [];
	if (!constraints.optional(wanted))
		return list;
	const reader = constraints.content();
	if (reader.atEnd)
		throw empty();
	while (!reader.atEnd) {
		const subtree = reader.enter(TAG_SEQUENCE);
		subtree.read();
		checkNameTag(subtree.tag);
		const tag = subtree.tag, bytes = subtree.bytes, at = subtree.contentAt, end = subtree.contentEnd, text = tag === NAME_DNS ? dnsText(bytes, at, end) : "";
		if (tag === NAME_DNS && text !== "" && !text.split(".").every(isLabel))
			throw malformed("a name constraint that is no DNS name");
		if (tag === NAME_ADDRESS)
			checkMask(bytes, at, end);
		if (tag === NAME_DIRECTORY)
			checkName(subtree.content().enter(TAG_SEQUENCE));
		// RFC 5280 §4.2.1.10: "the minimum MUST be zero, and maximum MUST be absent"; DER leaves the zero out.
		if (!subtree.atEnd)
			throw refusal(FAULT_UNSUPPORTED, "has name constraints with a minimum or maximum");
		list.push({ tag, bytes, at, end, text });
	}
	return list;
}

function checkOne(subtrees: { permitted: Subtree[]; excluded: Subtree[]; left: number }, tag: number, bytes: Uint8Array, at: number, end: number): void {
	subtrees.left -= subtrees.permitted.length + subtrees.excluded.length;
	if (subtrees.left < 0)
		throw refusal(FAULT_REFUSED, "has too many names for its CA's constraints");
	if (subtrees.excluded.some(subtree => subtree.tag === tag && covers(subtree, bytes, at, end, true)))
		throw refusal(FAULT_REFUSED, "has a name that its CA is not allowed to certify");
	const permitted = subtrees.permitted.filter(subtree => subtree.tag === tag);
	if (permitted.length > 0 && !permitted.some(subtree => covers(subtree, bytes, at, end, false)))
		throw refusal(FAULT_REFUSED, "has a name outside of those that its CA is allowed to certify");
}

/** True where the name lies in the subtree. `isExcluding`: a wildcard counts where it could stand for a name inside. */
function covers(subtree: Subtree, bytes: Uint8Array, at: number, end: number, isExcluding: boolean): boolean {
	switch (subtree.tag) {
		case NAME_DNS:
			return coversDns(subtree.text, dnsText(bytes, at, end), isExcluding);
		case NAME_ADDRESS:
			return coversAddress(subtree, bytes, at, end);
		case NAME_DIRECTORY:
			return coversDirectory(subtree, bytes, at, end);
		default:
			throw refusal(FAULT_UNSUPPORTED, `has a CA that is limited to some ${subtree.tag === NAME_EMAIL ? "mail addresses" : "names"}, which is not supported`);
	}
}

function coversDns(base: string, name: string, isExcluding: boolean): boolean {
	const labels = name.split(".");
	if (labels[0] === "*")
		labels.shift();
	if (!labels.every(isLabel))
		throw refusal(FAULT_REFUSED, "has a DNS name that cannot be judged");
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
		throw malformed("a wrong address constraint");
	let isOver = false;
	for (let i = at + length; i < end; i++)
		for (let bit = 0x80; bit > 0; bit >>= 1)
			if (!(bytes[i]! & bit))
				isOver = true;
			else if (isOver)
				throw malformed("a wrong address constraint");
}

function hasEmail(certificate: Certificate): boolean {
	const names = new DerReader(certificate.der, certificate.subjectAt, certificate.subjectEnd).enter(TAG_SEQUENCE);
	while (!names.atEnd) {
		const set = names.enter(TAG_SET);
		while (!set.atEnd)
			// It is of the kind rfc822Name for constraints (RFC 5280 §4.2.1.10).
			if (set.enter(TAG_SEQUENCE).oid() === OID_EMAIL_ADDRESS)
				return true;
	}
	return false;
}
