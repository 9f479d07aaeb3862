/* Debian builds Mbed TLS without MBEDTLS_PLATFORM_MEMORY, so its allocator cannot be set. On Linux the program is
 * linked with the static library and --wrap=calloc --wrap=free: the library's calls (and everybody else's) come
 * here, and those made inside PSA(…) are counted; without these options nothing is. On a board the library is told whom to ask. */
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

/* Whether one more block of so many bytes stays within the limit. */
static int fits(size_t count, size_t size)
{
	return !size || (count <= (LIBRARY_HEAP_MAX - gUsed) / size);
}

static void taken(size_t bytes)
{
	gUsed += (uint32_t)bytes;
	if (gPeak < gUsed)
		gPeak = gUsed;
}

#ifdef ESP_PLATFORM

#include <esp_heap_caps.h>
#include <mbedtls/platform.h>

static void* countedCalloc(size_t count, size_t size)
{
	void* block = fits(count, size) ? heap_caps_calloc(count, size, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT) : NULL;
	if (block)
		taken(heap_caps_get_allocated_size(block));
	return block;
}

static void countedFree(void* block)
{
	if (block)
		gUsed -= (uint32_t)heap_caps_get_allocated_size(block);
	heap_caps_free(block);
}

int libraryHeapStart(void)
{
	return mbedtls_platform_set_calloc_free(countedCalloc, countedFree);
}

#else

int libraryHeapStart(void)
{
	return 0;
}

#endif

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
	if (!fits(count, size))
		return NULL;
	block = __real_calloc(count, size);
	if (block)
		taken(malloc_usable_size(block));
	return block;
}

void __wrap_free(void* block)
{
	if (block && gInside)
		gUsed -= (uint32_t)malloc_usable_size(block);
	__real_free(block);
}

#endif
