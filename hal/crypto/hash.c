/* Running hashes with a state that can be read in between, and HMAC. */
#include <string.h>

#include "psa.h"

/* Handshakes under way, each with one transcript, and one for somebody else; the specs on a PC leave some open. */
#ifdef ESP_PLATFORM
#define HASHES_MAX 6
#else
#define HASHES_MAX 24
#endif

#define DIGEST_BYTES_MAX 64

/* Mbed TLS copies what it is given from 3.6 on: in pieces, so that its heap stays small. */
#define UPDATE_BYTES_MAX 1024

typedef struct {
	int used;
	psa_hash_operation_t operation;
} Hash;

static Hash gHashes[HASHES_MAX];

void xs_hash_destructor(void* data);

void xs_hash_destructor(void* data)
{
	Hash* hash = data;
	if (!hash)
		return;
	(void)PSA(psa_hash_abort(&hash->operation));
	wipe(hash, sizeof(*hash));
}

static Hash* hashOf(xsMachine* the)
{
	Hash* hash = xsmcGetHostDataValidate(xsThis, (void*)xs_hash_destructor);
	if (!hash)
		xsUnknownError("hash: closed");
	return hash;
}

/* (algorithm) */
void xs_hash(xsMachine* the)
{
	psa_algorithm_t algorithm = cryptoHash(the, &xsArg(0));
	psa_hash_operation_t fresh = PSA_HASH_OPERATION_INIT;
	psa_status_t status;
	Hash* hash;
	cryptoStart(the);
	hash = TAKE(gHashes, HASHES_MAX);
	if (!hash)
		xsUnknownError("hash: %d are in use, close one", HASHES_MAX);
	hash->operation = fresh;
	status = PSA(psa_hash_setup(&hash->operation, algorithm));
	if (status != PSA_SUCCESS)
		cryptoFail(the, "hash", status);
	hash->used = 1;
	xsmcSetHostData(xsThis, hash);
}

/* (bytes, offset, end) */
void xs_hash_update(xsMachine* the)
{
	Hash* hash = hashOf(the);
	uint32_t offset = xsUnsignedArgument(1, "hash");
	uint32_t end = xsUnsignedArgument(2, "hash");
	xsUnsignedValue size;
	void* bytes;
	psa_status_t status;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	checkRange(the, offset, end, size, "hash");
	do {
		uint32_t length = end - offset < UPDATE_BYTES_MAX ? end - offset : UPDATE_BYTES_MAX;
		status = PSA(psa_hash_update(&hash->operation, (const uint8_t*)bytes + offset, length));
		offset += length;
	} while ((offset < end) && (status == PSA_SUCCESS));
	if (status != PSA_SUCCESS)
		cryptoFail(the, "hash", status);
}

/* (into, at) */
void xs_hash_digest(xsMachine* the)
{
	Hash* hash = hashOf(the);
	uint32_t at = xsUnsignedArgument(1, "hash");
	psa_hash_operation_t copy = PSA_HASH_OPERATION_INIT;
	uint8_t digest[DIGEST_BYTES_MAX];
	size_t length = 0;
	xsUnsignedValue size;
	void* into;
	psa_status_t status;
	xsmcGetBufferWritable(xsArg(0), &into, &size);
	status = PSA(psa_hash_clone(&hash->operation, &copy));
	if (status == PSA_SUCCESS)
		status = PSA(psa_hash_finish(&copy, digest, sizeof(digest), &length));
	if (status != PSA_SUCCESS) {
		(void)PSA(psa_hash_abort(&copy));
		cryptoFail(the, "hash", status);
	}
	if ((at > size) || (size - at < length))
		xsRangeError("hash: %u bytes at %u of %u bytes", (unsigned)length, (unsigned)at, (unsigned)size);
	memcpy((uint8_t*)into + at, digest, length);
	wipe(digest, sizeof(digest));
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

void xs_hash_close(xsMachine* the)
{
	xs_hash_destructor(xsmcGetHostDataValidate(xsThis, (void*)xs_hash_destructor));
	xsmcSetHostData(xsThis, NULL);
}

static psa_status_t computeHmac(psa_algorithm_t hash, const uint8_t* key, size_t keyLength, const uint8_t* data, size_t length, uint8_t* mac, size_t* macLength)
{
	/* HMAC pads a key with zeros, so this one is the empty key; PSA takes none of 0 bytes. */
	static const uint8_t empty[1] = { 0 };
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id;
	psa_status_t status, destroyed;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
	psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(hash));
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
	status = PSA(psa_import_key(&attributes, keyLength ? key : empty, keyLength ? keyLength : sizeof(empty), &id));
	if (status != PSA_SUCCESS)
		return status;
	status = PSA(psa_mac_compute(id, PSA_ALG_HMAC(hash), data, length, mac, DIGEST_BYTES_MAX, macLength));
	destroyed = PSA(psa_destroy_key(id));
	return status == PSA_SUCCESS ? destroyed : status;
}

/* (algorithm, key, data, offset, end, into, at) */
void xs_hmac(xsMachine* the)
{
	psa_algorithm_t hash = cryptoHash(the, &xsArg(0));
	uint32_t offset = xsUnsignedArgument(3, "hmac");
	uint32_t end = xsUnsignedArgument(4, "hmac");
	uint32_t at = xsUnsignedArgument(6, "hmac");
	xsUnsignedValue keySize, dataSize, intoSize;
	void *key, *data, *into;
	uint8_t mac[DIGEST_BYTES_MAX];
	size_t length = 0;
	psa_status_t status;
	cryptoStart(the);
	xsmcGetBufferReadable(xsArg(1), &key, &keySize);
	xsmcGetBufferReadable(xsArg(2), &data, &dataSize);
	xsmcGetBufferWritable(xsArg(5), &into, &intoSize);
	checkRange(the, offset, end, dataSize, "hmac");
	if ((at > intoSize) || (intoSize - at < PSA_HASH_LENGTH(hash)))
		xsRangeError("hmac: %u bytes at %u of %u bytes", (unsigned)PSA_HASH_LENGTH(hash), (unsigned)at, (unsigned)intoSize);
	status = computeHmac(hash, key, keySize, (const uint8_t*)data + offset, end - offset, mac, &length);
	if (status != PSA_SUCCESS)
		cryptoFail(the, "hmac", status);
	memcpy((uint8_t*)into + at, mac, length);
	wipe(mac, sizeof(mac));
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}
