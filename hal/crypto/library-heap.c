/* Debian builds Mbed TLS without MBEDTLS_PLATFORM_MEMORY, so its allocator cannot be set. On Linux the program is
 * linked with the static library and --wrap=calloc --wrap=free: the library's calls (and everybody else's) come
 * here, and those made inside PSA(…) are counted. Without these options, and on a board, nothing is counted and nothing limited. */
#include "library-heap.h"

/* Of this thread only: the resolver's thread allocates at the same time, and what it takes is not the library's. */
static _Thread_local int gInside;
static uint32_t gUsed;
static uint32_t gPeak;

void libraryHeapEnter(void)
{
	gInside = 1;
}

psa_status_t libraryHeapLeave(psa_status_t status)
{
	gInside = 0;
	return status;
}

uint32_t libraryHeapUsed(void)
{
	return gUsed;
}

uint32_t libraryHeapPeak(void)
{
	return gPeak;
}

#ifdef __linux__

#include <malloc.h>
#include <stdlib.h>

void* __real_calloc(size_t count, size_t size) __attribute__((weak));
void __real_free(void* block) __attribute__((weak));
void* __wrap_calloc(size_t count, size_t size);
void __wrap_free(void* block);

void* __wrap_calloc(size_t count, size_t size)
{
	void* block;
	if (!gInside)
		return __real_calloc(count, size);
	if (size && (count > (LIBRARY_HEAP_MAX - gUsed) / size))
		return NULL;
	block = __real_calloc(count, size);
	if (block) {
		gUsed += (uint32_t)malloc_usable_size(block);
		if (gPeak < gUsed)
			gPeak = gUsed;
	}
	return block;
}

void __wrap_free(void* block)
{
	if (block && gInside)
		gUsed -= (uint32_t)malloc_usable_size(block);
	__real_free(block);
}

#endif
