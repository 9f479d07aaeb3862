/* Private keys as files have them: PEM (RFC 7468) or DER; PKCS #8 (RFC 5958), SEC 1 (RFC 5915), PKCS #1 (RFC 8017). */
#ifndef ZONAL_PRIVATE_KEY_H
#define ZONAL_PRIVATE_KEY_H

#include "der.h"

/* Longest file that is read: the PEM of a 4096-bit RSA key has 3.3 KiB. */
#define KEY_FILE_MAX 8192

typedef struct {
	int isRsa;
	/* What PSA imports, inside the bytes that were read: the scalar of 32 bytes, or the whole RSAPrivateKey. */
	DerRange key;
} PrivateKey;

/* Finds the key in those bytes, which it overwrites where they are PEM. Returns NULL, or what is wrong in words that
 * follow the file's name. */
const char* readPrivateKey(uint8_t* bytes, size_t length, PrivateKey* key);

#endif
