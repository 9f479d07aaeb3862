/* Reads DER (X.690) by its letter: the shortest form of every length and integer, and nothing beyond the end. */
#ifndef ZONAL_DER_H
#define ZONAL_DER_H

#include <stddef.h>
#include <stdint.h>

#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_SEQUENCE 0x30

typedef struct {
	const uint8_t* at;
	const uint8_t* end;
} DerRange;

/* Reads one element with a definite length in its shortest form (X.690 §10.1), up to 65535 bytes; moves `from` behind
 * it. Returns 0 where there is none with that tag. */
int derElement(DerRange* from, uint8_t tag, DerRange* content);

/* Reads an INTEGER that is not negative (X.690 §8.3); its content comes without the leading zero of the sign. */
int derInteger(DerRange* from, DerRange* value);

#endif
