/* Signature checks. PSA wants ECDSA signatures raw and takes more than one form of RSA key: both are read here,
 * by the letter of DER (X.690 §8.3, §10.1). */
#include <string.h>

#include "psa.h"

#define SIGNATURE_ECDSA 1
#define SIGNATURE_RSA_PSS 2
#define SIGNATURE_RSA_PKCS1 3

#define TAG_INTEGER 0x02
#define TAG_SEQUENCE 0x30
#define P256_POINT_BYTES 65
#define P384_POINT_BYTES 97
#define P384_SIGNATURE_BYTES 96
#define UNCOMPRESSED 4

typedef struct {
	const uint8_t* at;
	const uint8_t* end;
} Range;

/* Reads one element with a definite length in its shortest form, up to 65535 bytes; moves `from` behind it. */
static int readElement(Range* from, uint8_t tag, Range* content)
{
	size_t left = (size_t)(from->end - from->at);
	size_t length, head = 2;
	if ((left < 2) || (from->at[0] != tag))
		return 0;
	length = from->at[1];
	if (length == 0x81) {
		head = 3;
		if ((left < head) || ((length = from->at[2]) < 128))
			return 0;
	}
	else if (length == 0x82) {
		head = 4;
		if ((left < head) || ((length = (size_t)from->at[2] << 8 | from->at[3]) < 256))
			return 0;
	}
	else if (length > 127)
		return 0;
	if (left - head < length)
		return 0;
	content->at = from->at + head;
	content->end = content->at + length;
	from->at = content->end;
	return 1;
}

/* Reads an INTEGER that is not negative; its content comes without the leading zero of the sign. */
static int readInteger(Range* from, Range* value)
{
	if (!readElement(from, TAG_INTEGER, value) || (value->at == value->end) || (value->at[0] & 0x80))
		return 0;
	if ((value->at[0] == 0) && (value->end - value->at > 1)) {
		if (!(value->at[1] & 0x80))
			return 0;
		value->at++;
	}
	return 1;
}

/* Ecdsa-Sig-Value (RFC 3279 §2.2.3) and RSAPublicKey (RFC 8017 §A.1.1) are both a SEQUENCE of two INTEGERs. */
static int readPair(const uint8_t* bytes, size_t length, Range* first, Range* second)
{
	Range all = { bytes, bytes + length };
	Range body;
	return readElement(&all, TAG_SEQUENCE, &body) && (all.at == all.end)
		&& readInteger(&body, first) && readInteger(&body, second) && (body.at == body.end);
}

static int putPadded(const Range* value, uint8_t* into, size_t size)
{
	size_t length = (size_t)(value->end - value->at);
	if (length > size)
		return 0;
	memset(into, 0, size - length);
	memcpy(into + size - length, value->at, length);
	return 1;
}

static psa_status_t verifyWith(psa_key_type_t type, psa_algorithm_t algorithm, const uint8_t* key, size_t keyLength,
	const uint8_t* message, size_t messageLength, const uint8_t* signature, size_t signatureLength)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id;
	psa_status_t status, destroyed;
	psa_set_key_type(&attributes, type);
	psa_set_key_algorithm(&attributes, algorithm);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_MESSAGE);
	status = PSA(psa_import_key(&attributes, key, keyLength, &id));
	if (status != PSA_SUCCESS)
		return status;
	status = PSA(psa_verify_message(id, algorithm, message, messageLength, signature, signatureLength));
	destroyed = PSA(psa_destroy_key(id));
	return status == PSA_SUCCESS ? destroyed : status;
}

static psa_status_t verifyEcdsa(psa_algorithm_t hash, const uint8_t* key, size_t keyLength, const uint8_t* message, size_t messageLength,
	const uint8_t* signature, size_t signatureLength)
{
	uint8_t raw[P384_SIGNATURE_BYTES];
	size_t half = (keyLength - 1) / 2;
	Range r, s;
	if (((keyLength != P256_POINT_BYTES) && (keyLength != P384_POINT_BYTES)) || (key[0] != UNCOMPRESSED))
		return PSA_ERROR_INVALID_ARGUMENT;
	if (!readPair(signature, signatureLength, &r, &s) || !putPadded(&r, raw, half) || !putPadded(&s, raw + half, half))
		return PSA_ERROR_INVALID_SIGNATURE;
	return verifyWith(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_ALG_ECDSA(hash), key, keyLength, message, messageLength, raw, 2 * half);
}

/* (signature, hash, publicKey, message, signatureBytes) */
void xs_crypto_verify(xsMachine* the)
{
	uint32_t kind = xsUnsignedArgument(0, "verify: signature");
	psa_algorithm_t hash = cryptoHash(the, &xsArg(1));
	xsUnsignedValue keyLength, messageLength, signatureLength;
	void *key, *message, *signature;
	psa_status_t status;
	Range modulus, exponent;

	if ((kind < SIGNATURE_ECDSA) || (kind > SIGNATURE_RSA_PKCS1))
		xsRangeError("verify: no signature %u", (unsigned)kind);
	cryptoStart(the);
	xsmcGetBufferReadable(xsArg(2), &key, &keyLength);
	xsmcGetBufferReadable(xsArg(3), &message, &messageLength);
	xsmcGetBufferReadable(xsArg(4), &signature, &signatureLength);
	if (kind == SIGNATURE_ECDSA)
		status = verifyEcdsa(hash, key, keyLength, message, messageLength, signature, signatureLength);
	else if (!readPair(key, keyLength, &modulus, &exponent))
		status = PSA_ERROR_INVALID_ARGUMENT;
	else
		status = verifyWith(PSA_KEY_TYPE_RSA_PUBLIC_KEY, kind == SIGNATURE_RSA_PSS ? PSA_ALG_RSA_PSS(hash) : PSA_ALG_RSA_PKCS1V15_SIGN(hash),
			key, keyLength, message, messageLength, signature, signatureLength);
	/* "No" must come from the signature or the key, never from a lack of memory. */
	if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
		cryptoFail(the, "verify", status);
	xsmcSetBoolean(xsResult, status == PSA_SUCCESS);
}
