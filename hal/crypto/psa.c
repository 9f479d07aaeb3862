/* What the files of the Crypto port share. */
#include "psa.h"

#define HASH_SHA256 1
#define HASH_SHA384 2
#define HASH_SHA512 3
#define HASH_SHA1 4

static int gStarted;

void cryptoStart(xsMachine* the)
{
	psa_status_t status;
	if (gStarted)
		return;
	if (libraryHeapStart())
		xsUnknownError("crypto: the library's heap cannot be limited");
	status = PSA(psa_crypto_init());
	if (status != PSA_SUCCESS)
		cryptoFail(the, "crypto: cannot start", status);
	gStarted = 1;
}

void cryptoFail(xsMachine* the, const char* what, psa_status_t status)
{
	if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
		xsUnknownError("%s: the crypto library is out of memory", what);
	xsUnknownError("%s: PSA status %d", what, (int)status);
}

psa_algorithm_t cryptoHash(xsMachine* the, xsSlot* slot)
{
	uint32_t algorithm = unsignedArgument(the, slot, "hash: algorithm");
	switch (algorithm) {
	case HASH_SHA256:
		return PSA_ALG_SHA_256;
	case HASH_SHA384:
		return PSA_ALG_SHA_384;
	case HASH_SHA512:
		return PSA_ALG_SHA_512;
	case HASH_SHA1:
		return PSA_ALG_SHA_1;
	}
	xsRangeError("hash: no algorithm %u", (unsigned)algorithm);
	return 0;
}

void wipe(void* data, size_t length)
{
	volatile uint8_t* at = data;
	while (length--)
		*at++ = 0;
}

void* takePlace(xsMachine* the, void* pool, size_t size, int count, const int* firstUsed)
{
	int round, i;
	for (round = 0; round < 2; round++) {
		const uint8_t* used = (const uint8_t*)firstUsed;
		for (i = 0; i < count; i++, used += size)
			if (!*(const int*)used)
				return (uint8_t*)pool + (size_t)i * size;
		if (!round)
			xsCollectGarbage();
	}
	return NULL;
}
