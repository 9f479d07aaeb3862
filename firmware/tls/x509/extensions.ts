import { FAULT_REFUSED, FAULT_UNSUPPORTED, refusal } from "./certificate-error.js";
import { DerReader, malformed, TAG_BOOLEAN, TAG_INTEGER, TAG_OCTET_STRING, TAG_SEQUENCE } from "./der.js";
import { checkGeneralNames } from "./general-name.js";
import * as oids from "./oid.js";

/** keyUsage bits as they lie in the first octet (RFC 5280 §4.2.1.3). */
export const USAGE_DIGITAL_SIGNATURE = 0x80;
export const USAGE_CERTIFICATE_SIGNATURE = 0x04;

/** `extendedKeyUsage`: absent; present without, with serverAuth; only the any-purpose among what is known. */
export const PURPOSE_UNRESTRICTED = 0;
export const PURPOSE_OTHER = 1;
export const PURPOSE_ANY = 2;
export const PURPOSE_SERVER = 3;

/** The TLS extension of that name, as a feature. */
const STATUS_REQUEST = 5;

/** What all extensions of RFC 5280 §4.2.1 begin with; and authorityInfoAccess: well-formed even where they are not known. */
const STANDARD_EXTENSIONS = "551d", AUTHORITY_INFO = "2b06010505070101";

/** What the extensions of a certificate say (RFC 5280 §4.2.1). Positions point to the content of the extension's
 *  value in the certificate's bytes, -1 = absent. */
export interface Extensions {
	readonly isCa: boolean;
	/** Certificates that may follow below; -1 = any number. */
	readonly pathLength: number;
	/** First octet of keyUsage, -1 = absent. */
	readonly keyUsage: number;
	/** PURPOSE_*. */
	readonly purpose: number;
	readonly isOcspSigner: boolean;
	/** The certificate is good only with a stapled OCSP response (RFC 7633). */
	readonly mustStaple: boolean;
	readonly areNamesCritical: boolean;
	readonly namesAt: number;
	readonly namesEnd: number;
	readonly constraintsAt: number;
	readonly constraintsEnd: number;
}

/** Reads the Extensions that `reader` stands at. Throws CertificateError, also for a critical one that is not known. */
export function readExtensions(reader: DerReader): Extensions {
	const list = reader.enter(TAG_SEQUENCE);
	if (list.atEnd)
		throw malformed("an empty list of extensions");
	const found = { isCa: false, pathLength: -1, keyUsage: -1, purpose: PURPOSE_UNRESTRICTED, areNamesCritical: false, isOcspSigner: false, mustStaple: false, namesAt: -1, namesEnd: -1, constraintsAt: -1, constraintsEnd: -1 };
	const seen: string[] = [];
	while (!list.atEnd) {
		const extension = list.enter(TAG_SEQUENCE), oid = extension.oid(), text = extension.hex;
		// RFC 5280 §4.2: "A certificate MUST NOT include more than one instance of a particular extension."
		if (seen.includes(text))
			throw malformed(`extension ${extension.dotted} twice`);
		seen.push(text);
		const isCritical = readTrue(extension);
		// RFC 5280 §4.2.1.11: "Conforming CAs MUST mark this extension as critical." And critical it is not known.
		if (!isCritical && oid === oids.OID_POLICY_CONSTRAINTS)
			throw malformed("policy constraints that are not critical");
		const value = extension.enterLast(TAG_OCTET_STRING);
		switch (oid) {
			case oids.OID_BASIC_CONSTRAINTS:
				readBasicConstraints(value, found);
				break;
			case oids.OID_KEY_USAGE:
				found.keyUsage = readKeyUsage(value);
				break;
			case oids.OID_EXTENDED_KEY_USAGE:
				found.purpose = readPurpose(value, found);
				break;
			case oids.OID_TLS_FEATURE:
				found.mustStaple = readFeatures(value);
				break;
			case oids.OID_SUBJECT_ALT_NAME:
				found.areNamesCritical = isCritical;
				found.namesAt = value.at;
				found.namesEnd = value.end;
				checkGeneralNames(value.enter(TAG_SEQUENCE));
				break;
			case oids.OID_NAME_CONSTRAINTS:
				found.constraintsAt = value.at;
				found.constraintsEnd = value.end;
				value.expect(TAG_SEQUENCE);
				break;
			default:
				// RFC 5280 §4.2: "A certificate-using system MUST reject the certificate if it encounters a critical
				// extension it does not recognize".
				if (isCritical)
					throw refusal(FAULT_UNSUPPORTED, `has a critical extension that is not supported (${oids.dottedOid(text)})`);
				if (text !== AUTHORITY_INFO && !text.startsWith(STANDARD_EXTENSIONS))
					continue;
				value.read();
		}
		value.finish();
	}
	return Object.freeze(found);
}

/** A BOOLEAN DEFAULT FALSE: DER leaves FALSE out. */
function readTrue(reader: DerReader): boolean {
	const isTrue = reader.nextTag === TAG_BOOLEAN;
	if (isTrue && !reader.boolean())
		throw malformed("a default that is spelled out");
	return isTrue;
}

function readBasicConstraints(value: DerReader, found: { isCa: boolean; pathLength: number }): void {
	const constraints = value.enter(TAG_SEQUENCE);
	found.isCa = readTrue(constraints);
	if (constraints.nextTag === TAG_INTEGER) {
		if (!found.isCa)
			throw malformed("a path length without a CA");
		found.pathLength = constraints.smallInteger();
	}
	constraints.finish();
}

function readKeyUsage(value: DerReader): number {
	const unused = value.bitString();
	// A named bit list ends with its last one bit (X.690 §11.2.2); RFC 5280 §4.2.1.3: "at least one of the bits MUST be set".
	if (value.contentAt === value.contentEnd || !(value.bytes[value.contentEnd - 1]! >> unused & 1))
		throw malformed("a wrong key usage");
	return value.bytes[value.contentAt]!;
}

function readPurpose(value: DerReader, found: { isOcspSigner: boolean }): number {
	const purposes = value.enter(TAG_SEQUENCE);
	let purpose = PURPOSE_OTHER;
	if (purposes.atEnd)
		throw refusal(FAULT_REFUSED, "allows no purpose at all");
	while (!purposes.atEnd) {
		const oid = purposes.oid();
		if (oid === oids.OID_SERVER_AUTH)
			purpose = PURPOSE_SERVER;
		else if (oid === oids.OID_OCSP_SIGNING)
			found.isOcspSigner = true;
		else if (oid === oids.OID_ANY_EXTENDED_KEY_USAGE && purpose === PURPOSE_OTHER)
			purpose = PURPOSE_ANY;
	}
	return purpose;
}

/** TLS features (RFC 7633 §4.1); true where status_request is among them. */
function readFeatures(value: DerReader): boolean {
	const features = value.enter(TAG_SEQUENCE);
	let mustStaple = false;
	while (!features.atEnd)
		if (features.smallInteger() === STATUS_REQUEST)
			mustStaple = true;
	return mustStaple;
}
