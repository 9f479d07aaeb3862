/** SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point (RFC 5480 §2). */
const PREFIX: readonly number[] = Object.freeze([
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
]);
const POINT_BYTES = 65;

/** The point of a DER public key, as the crypto port takes it. Throws an Error in words where it is no key on P-256. */
export function readUpdateKey(der: Uint8Array): Uint8Array {
	let good = der.length === PREFIX.length + POINT_BYTES && der[PREFIX.length] === 4;
	for (let i = 0; good && i < PREFIX.length; i++)
		good = der[i] === PREFIX[i];
	if (!good)
		throw new Error("holds no public key of ECDSA on P-256");
	return der.slice(PREFIX.length);
}
