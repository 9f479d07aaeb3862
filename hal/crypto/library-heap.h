/* The crypto library's heap: how much it uses, and a limit to it. */
#ifndef ZONAL_LIBRARY_HEAP_H
#define ZONAL_LIBRARY_HEAP_H

#include <stdint.h>
#include <psa/crypto.h>

/* Bytes that the library may hold at once; beyond them its calls fail with PSA_ERROR_INSUFFICIENT_MEMORY.
 * Verifying with a 4096-bit RSA key takes the most: 10 KiB. */
#define LIBRARY_HEAP_MAX (24 * 1024)

/* Every call of the library goes through PSA(…): what is allocated and freed inside is the library's. */
#define PSA(CALL) (libraryHeapEnter(), libraryHeapLeave(CALL))

/* Before the library is started. Returns 0, or the library's error. */
int libraryHeapStart(void);
void libraryHeapEnter(void);
psa_status_t libraryHeapLeave(psa_status_t status);

/* Bytes in use now, and the most ever; 0 where the platform does not let us see them. */
uint32_t libraryHeapUsed(void);
uint32_t libraryHeapPeak(void);

#endif
