import { bits, boolean, element, integer, nothing, octets, oid, sequence, set, text, utf8 } from "./der-writer.js";

/** Something that signs: the AlgorithmIdentifier that it states, and the signature over `message`. */
export interface Signer {
	readonly algorithm: Uint8Array;
	sign(message: Uint8Array): Uint8Array;
}

/** What a certificate says; each field can be given raw where a test wants it wrong. */
export interface CertificateFields {
	readonly subject: string | Uint8Array;
	readonly issuer: string | Uint8Array;
	/** SubjectPublicKeyInfo. */
	readonly publicKey: Uint8Array;
	readonly signer: Signer;
	readonly serial?: Uint8Array | undefined;
	/** [0] Version element; undefined = v3; empty = v1. */
	readonly version?: Uint8Array | undefined;
	readonly notBefore?: string | undefined;
	readonly notAfter?: string | undefined;
	readonly extensions?: readonly Uint8Array[] | undefined;
	/** The algorithm inside of what is signed, where it differs from the signer's. */
	readonly innerAlgorithm?: Uint8Array | undefined;
}

export function writeCertificate(fields: CertificateFields): Uint8Array {
	const extensions = fields.extensions ?? [];
	const tbs = sequence(
		fields.version ?? element(0xa0, integer(2)),
		fields.serial ?? integer(0x1234),
		fields.innerAlgorithm ?? fields.signer.algorithm,
		typeof fields.issuer === "string" ? name(fields.issuer) : fields.issuer,
		sequence(time(fields.notBefore ?? "250101000000Z"), time(fields.notAfter ?? "350101000000Z")),
		typeof fields.subject === "string" ? name(fields.subject) : fields.subject,
		fields.publicKey,
		extensions.length > 0 ? element(0xa3, sequence(...extensions)) : new Uint8Array(0));
	return sequence(tbs, fields.signer.algorithm, bits(fields.signer.sign(tbs)));
}

/** A Name with one common name; "" is the empty name; "O=…/CN=…" gives more. */
export function name(value: string): Uint8Array {
	if (value === "")
		return sequence();
	const types: Record<string, string> = { CN: "2.5.4.3", O: "2.5.4.10", C: "2.5.4.6" };
	return sequence(...value.split("/").map(part => {
		const [type, rest] = part.includes("=") ? part.split("=") : ["CN", part];
		return set(sequence(oid(types[type!]!), utf8(rest!)));
	}));
}

/** UTCTime of 13 characters, GeneralizedTime of 15; others as UTCTime. */
function time(value: string): Uint8Array {
	return element(value.length === 15 ? 0x18 : 0x17, text(value));
}

export function extension(id: string, isCritical: boolean, value: Uint8Array): Uint8Array {
	return sequence(oid(id), isCritical ? boolean(true) : new Uint8Array(0), octets(value));
}

export function basicConstraints(isCa: boolean, pathLength?: number): Uint8Array {
	return extension("2.5.29.19", true, sequence(isCa ? boolean(true) : new Uint8Array(0), pathLength === undefined ? new Uint8Array(0) : integer(pathLength)));
}

/** `usages`: bit numbers of RFC 5280 §4.2.1.3 (0 digitalSignature, 2 keyEncipherment, 5 keyCertSign, 6 cRLSign). */
export function keyUsage(...usages: number[]): Uint8Array {
	let byte = 0;
	for (const usage of usages)
		byte |= 0x80 >> usage;
	return extension("2.5.29.15", true, bits(new Uint8Array([byte]), 7 - Math.max(...usages)));
}

export function extendedKeyUsage(...purposes: string[]): Uint8Array {
	return extension("2.5.29.37", false, sequence(...purposes.map(oid)));
}

export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

export const dns = (value: string): Uint8Array => element(0x82, text(value));
export const address = (...parts: number[]): Uint8Array => element(0x87, new Uint8Array(parts));
export const email = (value: string): Uint8Array => element(0x81, text(value));
export const directory = (value: string): Uint8Array => element(0xa4, name(value));

export function subjectAltName(...names: Uint8Array[]): Uint8Array {
	return extension("2.5.29.17", false, sequence(...names));
}

export function nameConstraints(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Uint8Array {
	const subtrees = (tag: number, names: readonly Uint8Array[]) => names.length > 0 ? element(tag, ...names.map(each => sequence(each))) : new Uint8Array(0);
	return extension("2.5.29.30", true, sequence(subtrees(0xa0, permitted), subtrees(0xa1, excluded)));
}

/** SubjectPublicKeyInfo of an elliptic curve's point. */
export function ecPublicKey(point: Uint8Array, curve: Uint8Array): Uint8Array {
	return sequence(sequence(oid("1.2.840.10045.2.1"), curve), bits(point));
}

export function rsaPublicKey(modulus: bigint, exponent: bigint): Uint8Array {
	return sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing()), bits(sequence(integer(modulus), integer(exponent))));
}

/** A DER ECDSA signature. */
export function ecdsaSignature(r: bigint, s: bigint): Uint8Array {
	return sequence(integer(r), integer(s));
}
