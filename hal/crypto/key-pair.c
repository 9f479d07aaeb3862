/* Ephemeral key pairs for (EC)DHE. The private key is made inside PSA and stays there. */
#include <string.h>

#include "psa.h"

/* Two key shares offered in each of two handshakes. */
#define PAIRS_MAX 4

#define GROUP_P256 0x0017
#define GROUP_X25519 0x001d
#define SECRET_BYTES 32
#define X25519_BYTES 32
#define P256_POINT_BYTES 65
#define UNCOMPRESSED 4

typedef struct {
	int used;
	int isX25519;
	psa_key_id_t key;
} KeyPair;

static KeyPair gPairs[PAIRS_MAX];

void xs_key_pair_destructor(void* data);

void xs_key_pair_destructor(void* data)
{
	KeyPair* pair = data;
	if (!pair)
		return;
	if (pair->key)
		(void)PSA(psa_destroy_key(pair->key));
	wipe(pair, sizeof(*pair));
}

/* (group, publicKey): fills publicKey. */
void xs_key_pair(xsMachine* the)
{
	uint32_t group = xsUnsignedArgument(0, "key pair: group");
	int isX25519 = group == GROUP_X25519;
	xsUnsignedValue publicLength = isX25519 ? X25519_BYTES : P256_POINT_BYTES;
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	size_t length = 0;
	xsUnsignedValue size;
	void* publicKey;
	psa_status_t status;
	KeyPair* pair;

	if (!isX25519 && (group != GROUP_P256))
		xsRangeError("key pair: no group %u", (unsigned)group);
	cryptoStart(the);
	pair = TAKE(gPairs, PAIRS_MAX);
	if (!pair)
		xsUnknownError("key pair: %d are in use, close one", PAIRS_MAX);
	xsmcGetBufferWritable(xsArg(1), &publicKey, &size);
	if (size != publicLength)
		xsRangeError("key pair: room for %u bytes, expected %u", (unsigned)size, (unsigned)publicLength);
	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(isX25519 ? PSA_ECC_FAMILY_MONTGOMERY : PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(&attributes, isX25519 ? 255 : 256);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
	status = PSA(psa_generate_key(&attributes, &pair->key));
	if (status == PSA_SUCCESS)
		status = PSA(psa_export_public_key(pair->key, publicKey, size, &length));
	if ((status == PSA_SUCCESS) && (length != publicLength))
		status = PSA_ERROR_GENERIC_ERROR;
	if (status != PSA_SUCCESS) {
		xs_key_pair_destructor(pair);
		cryptoFail(the, "key pair", status);
	}
	pair->isX25519 = isX25519;
	pair->used = 1;
	xsmcSetHostData(xsThis, pair);
}

/* (peerKey, into) */
void xs_key_pair_derive(xsMachine* the)
{
	KeyPair* pair = xsmcGetHostDataValidate(xsThis, (void*)xs_key_pair_destructor);
	uint8_t secret[SECRET_BYTES];
	uint8_t any = 0;
	size_t length = 0;
	xsUnsignedValue peerSize, size;
	void *peer, *into;
	psa_status_t status;
	size_t i;

	if (!pair)
		xsUnknownError("key pair: closed");
	xsmcGetBufferReadable(xsArg(0), &peer, &peerSize);
	xsmcGetBufferWritable(xsArg(1), &into, &size);
	if (size < SECRET_BYTES)
		xsRangeError("derive: room for %u bytes, expected %d", (unsigned)size, SECRET_BYTES);
	xsmcSetInteger(xsResult, -1);
	if (pair->isX25519 ? peerSize != X25519_BYTES : (peerSize != P256_POINT_BYTES) || (*(uint8_t*)peer != UNCOMPRESSED))
		return;
	status = PSA(psa_raw_key_agreement(PSA_ALG_ECDH, pair->key, peer, peerSize, secret, sizeof(secret), &length));
	if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
		cryptoFail(the, "derive", status);
	if ((status != PSA_SUCCESS) || (length != SECRET_BYTES))
		return;
	/* RFC 8446 §7.4.2: "Implementations MUST check whether the computed Diffie-Hellman shared secret is the
	 * all-zero value and abort if so". */
	for (i = 0; i < SECRET_BYTES; i++)
		any |= secret[i];
	if (any) {
		memcpy(into, secret, SECRET_BYTES);
		xsmcSetInteger(xsResult, SECRET_BYTES);
	}
	wipe(secret, sizeof(secret));
}

void xs_key_pair_close(xsMachine* the)
{
	xs_key_pair_destructor(xsmcGetHostDataValidate(xsThis, (void*)xs_key_pair_destructor));
	xsmcSetHostData(xsThis, NULL);
}
