/* See private-key.h. Everything happens within the caller's bytes, so that only they need wiping. */
#include <string.h>

#include "private-key.h"

#define SCALAR_BYTES 32
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

static const char gBegin[] = "-----BEGIN ";
static const char gLabelEnd[] = "PRIVATE KEY-----";
static const char gEnd[] = "-----END ";

static const char gNone[] = "holds no private key; a PEM file has a line \"-----BEGIN PRIVATE KEY-----\"";
static const char gEncrypted[] = "holds an encrypted key, and there is no pass phrase here: decrypt it";
static const char gDamaged[] = "holds a damaged private key";
static const char gUnsupported[] = "holds a key of another kind; use ECDSA P-256, or RSA of 2048 to 4096 bits";

static const uint8_t gEcPublicKey[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t gP256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static const uint8_t gRsaEncryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };

#define IS(RANGE, BYTES) (((size_t)((RANGE).end - (RANGE).at) == sizeof(BYTES)) && !memcmp((RANGE).at, BYTES, sizeof(BYTES)))

static int isSpace(uint8_t c)
{
	return (c == ' ') || (c == '\t') || (c == '\r') || (c == '\n');
}

static int startsWith(const uint8_t* at, const uint8_t* end, const char* text)
{
	size_t length = strlen(text);
	return ((size_t)(end - at) >= length) && !memcmp(at, text, length);
}

static uint8_t* find(uint8_t* at, uint8_t* end, const char* text)
{
	for (; at < end; at++)
		if (startsWith(at, end, text))
			return at;
	return NULL;
}

static int digitOf(uint8_t c)
{
	if ((c >= 'A') && (c <= 'Z'))
		return c - 'A';
	if ((c >= 'a') && (c <= 'z'))
		return c - 'a' + 26;
	if ((c >= '0') && (c <= '9'))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes base64 (RFC 4648 §4: padding, no bits left over) in place; returns the end, or NULL. */
static uint8_t* decodeBase64(uint8_t* at, const uint8_t* end)
{
	uint8_t* to = at;
	uint32_t value = 0;
	int bits = 0, digits = 0, padding = 0;
	for (; at < end; at++) {
		int digit;
		if (isSpace(*at))
			continue;
		if (*at == '=') {
			padding++;
			continue;
		}
		digit = digitOf(*at);
		if ((digit < 0) || padding)
			return NULL;
		digits++;
		value = (value << 6 | (uint32_t)digit) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (uint8_t)(value >> bits);
		}
	}
	if (((digits + padding) % 4) || (padding > 2) || (bits == 6) || (value & ((1u << bits) - 1)))
		return NULL;
	return to;
}

/* The first private key of a PEM file as DER; other blocks (certificates, EC PARAMETERS) are passed over. */
static const char* decodePem(uint8_t* bytes, size_t length, DerRange* der)
{
	uint8_t *end = bytes + length, *at = bytes, *stop;
	while ((at = find(at, end, gBegin)) != NULL) {
		at += sizeof(gBegin) - 1;
		if (startsWith(at, end, "ENCRYPTED "))
			return gEncrypted;
		if (startsWith(at, end, "EC PRIVATE"))
			at += 3;
		else if (startsWith(at, end, "RSA PRIVATE"))
			at += 4;
		if (!startsWith(at, end, gLabelEnd))
			continue;
		at += sizeof(gLabelEnd) - 1;
		stop = find(at, end, gEnd);
		if (!stop)
			return gDamaged;
		/* "Proc-Type: 4,ENCRYPTED" (RFC 1421 §4.6.1.1). */
		if (find(at, stop, "ENCRYPTED"))
			return gEncrypted;
		der->at = at;
		der->end = decodeBase64(at, stop);
		return der->end ? NULL : gDamaged;
	}
	return gNone;
}

/* ECPrivateKey (RFC 5915 §3). `isCurveKnown`: PKCS #8 has named it. */
static const char* readEcKey(DerRange body, int isCurveKnown, PrivateKey* key)
{
	DerRange part, curve;
	if (!derInteger(&body, &part) || (part.end - part.at != 1) || (*part.at != 1) || !derElement(&body, DER_OCTET_STRING, &key->key))
		return gDamaged;
	if (derElement(&body, 0xa0, &part)) {
		if (!derElement(&part, DER_OID, &curve) || (part.at != part.end) || !IS(curve, gP256))
			return gUnsupported;
		isCurveKnown = 1;
	}
	/* The public key that may follow is computed anew. */
	if ((body.at != body.end) && (!derElement(&body, 0xa1, &part) || (body.at != body.end)))
		return gDamaged;
	if (!isCurveKnown)
		return gUnsupported;
	key->isRsa = 0;
	return key->key.end - key->key.at == SCALAR_BYTES ? NULL : gDamaged;
}

/* RSAPrivateKey (RFC 8017 §A.1.2): `whole` with its SEQUENCE. */
static const char* readRsaKey(DerRange whole, PrivateKey* key)
{
	DerRange all = whole, body, value;
	size_t bits = 0;
	int i;
	if (!derElement(&all, DER_SEQUENCE, &body) || (all.at != all.end))
		return gDamaged;
	/* version, modulus, both exponents, two primes, their exponents, coefficient */
	for (i = 0; i < 9; i++) {
		if (!derInteger(&body, &value))
			return gDamaged;
		if ((i == 0) && (*value.at != 0))
			return gUnsupported;
		if (i == 1)
			bits = 8 * (size_t)(value.end - value.at);
	}
	if (body.at != body.end)
		return gDamaged;
	if ((bits < RSA_BITS_MIN) || (bits > RSA_BITS_MAX))
		return gUnsupported;
	key->isRsa = 1;
	key->key = whole;
	return NULL;
}

/* OneAsymmetricKey (RFC 5958 §2) behind its version. */
static const char* readPkcs8(DerRange body, PrivateKey* key)
{
	DerRange algorithm, oid, curve, inner, all;
	if (!derElement(&body, DER_SEQUENCE, &algorithm) || !derElement(&algorithm, DER_OID, &oid) || !derElement(&body, DER_OCTET_STRING, &inner))
		return gDamaged;
	all = inner;
	if (IS(oid, gRsaEncryption))
		return readRsaKey(inner, key);
	if (!IS(oid, gEcPublicKey) || !derElement(&algorithm, DER_OID, &curve) || !IS(curve, gP256))
		return gUnsupported;
	if (!derElement(&all, DER_SEQUENCE, &inner) || (all.at != all.end))
		return gDamaged;
	return readEcKey(inner, 1, key);
}

const char* readPrivateKey(uint8_t* bytes, size_t length, PrivateKey* key)
{
	DerRange whole = { bytes, bytes + length };
	DerRange all = whole, body, rest, part;
	const char* fault;
	if (!derElement(&all, DER_SEQUENCE, &body) || (all.at != all.end)) {
		fault = decodePem(bytes, length, &whole);
		if (fault)
			return fault;
		all = whole;
		if (!derElement(&all, DER_SEQUENCE, &body) || (all.at != all.end))
			return gDamaged;
	}
	rest = body;
	/* EncryptedPrivateKeyInfo (RFC 5958 §3): an algorithm and an OCTET STRING. */
	if (derElement(&rest, DER_SEQUENCE, &part))
		return derElement(&rest, DER_OCTET_STRING, &part) && (rest.at == rest.end) ? gEncrypted : gNone;
	if (!derInteger(&rest, &part) || (rest.at == rest.end))
		return gDamaged;
	switch (*rest.at) {
	case DER_SEQUENCE:
		return readPkcs8(rest, key);
	case DER_OCTET_STRING:
		return readEcKey(body, 0, key);
	case DER_INTEGER:
		return readRsaKey(whole, key);
	}
	return gNone;
}
