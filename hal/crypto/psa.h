/* What the files of the Crypto port share: PSA Crypto as Mbed TLS 2.28 (Debian), 3.6 and 4 (ESP-IDF) have it. */
#ifndef ZONAL_PSA_H
#define ZONAL_PSA_H

#include <psa/crypto.h>

#include "../system/arguments.h"
#include "library-heap.h"

/* The ports' HASH_*, to the PSA algorithm; throws a RangeError for others. */
psa_algorithm_t cryptoHash(xsMachine* the, xsSlot* slot);

/* Makes the library ready before its first use. */
void cryptoStart(xsMachine* the);

/* Throws for a status that is no answer to the question that was asked: memory, or a mistake of ours. */
void cryptoFail(xsMachine* the, const char* what, psa_status_t status);

/* One ChaCha20 block (RFC 8439 §2.3). */
#define CHACHA_KEY_BYTES 32
#define CHACHA_NONCE_BYTES 12
#define CHACHA_BLOCK_BYTES 64
void chachaBlock(const uint8_t* key, uint32_t counter, const uint8_t* nonce, uint8_t* block);

/* Clears a secret; the compiler may not leave it out. */
void wipe(void* data, size_t length);

/* Finds a free place in a pool of `COUNT` structures with a field `used`, collecting once the objects that nobody
 * refers to any more; NULL where there is none. */
#define TAKE(POOL, COUNT) takePlace(the, POOL, sizeof((POOL)[0]), COUNT, &(POOL)[0].used)

void* takePlace(xsMachine* the, void* pool, size_t size, int count, const int* firstUsed);

#endif
