/* Signature checks. PSA wants ECDSA signatures raw and takes more than one form of RSA key: both are read here,
 * by the letter of DER. */
#include <string.h>

#include "der.h"
#include "psa.h"

#define SIGNATURE_ECDSA 1
#define SIGNATURE_RSA_PSS 2
#define SIGNATURE_RSA_PKCS1 3

#define P256_POINT_BYTES 65
#define P384_POINT_BYTES 97
#define P384_SIGNATURE_BYTES 96
#define UNCOMPRESSED 4

/* Ecdsa-Sig-Value (RFC 3279 §2.2.3) and RSAPublicKey (RFC 8017 §A.1.1) are both a SEQUENCE of two INTEGERs. */
static int readPair(const uint8_t* bytes, size_t length, DerRange* first, DerRange* second)
{
	DerRange all = { bytes, bytes + length };
	DerRange body;
	return derElement(&all, DER_SEQUENCE, &body) && (all.at == all.end)
		&& derInteger(&body, first) && derInteger(&body, second) && (body.at == body.end);
}

static int putPadded(const DerRange* value, uint8_t* into, size_t size)
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
	DerRange r, s;
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
	DerRange modulus, exponent;

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
