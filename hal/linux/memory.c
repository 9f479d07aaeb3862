/* Memory of the machines, and what is measured of it.
 *
 * Flash: what is imported before the arena exists (byte code, classes, constants). It becomes read-only, as
 * it is on a board, so that a write to it cannot go unnoticed.
 * Arena: one allocation for chunks, slots and stack that cannot grow. Chunks grow up from its start, slots
 * grow down from the stack's start, as in the SDK's hosts; the gap between them belongs to whoever comes first, or each
 * has its part of it, as on the ESP32, whose memory is in pieces.
 * A machine in a growing heap (specs) takes both from malloc. */
#include "host.h"
#include "zonal-port.h"

#include <sys/mman.h>

/* Address space only: pages are taken as they are written. */
#define FLASH_SPACE ((size_t)256 << 20)
/* By how much the heap grows inside of the arena; near its end in smaller steps, to the last byte or so. */
#define CHUNK_STEP 1024
#define CHUNK_STEP_LAST 64
#define SLOT_STEP 64
#define SLOT_STEP_LAST 8
#define STACK_FILL 0xA5

static struct {
	txByte* base;
	size_t used;
} gFlash;

static struct {
	txByte* base;
	txByte* chunkEnd; /* chunks: base to here */
	txByte* slotStart; /* slots: from here to stackStart */
	txByte* wall; /* chunks stay below, slots above; NULL: there is none */
	txByte* stackStart;
	size_t stackBytes;
} gArena;

static struct {
	txMachine* machine; /* the one that is measured */
	txSlot watch; /* its marker tells when a collection begins */
	int collecting;
	int isFull;
	txSize chunksBefore;
	txSize slots; /* counts after the last collection or at the start */
	txSize chunks;
	uint32_t slotsAllocated; /* up to then */
	uint32_t chunkBytesAllocated;
	uint32_t liveBytes;
	uint32_t peakLiveBytes;
	uint32_t collections;
} gMeasure;

static struct {
	size_t slotBytes;
	size_t chunkBytes;
	size_t codeBytes;
} gPreloaded;

/* Flash */

void* flashAllocate(size_t size)
{
	void* result;
	if (!gFlash.base) {
		void* space = mmap(NULL, FLASH_SPACE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (space == MAP_FAILED)
			return NULL;
		gFlash.base = space;
	}
	size = (size + 15) & ~(size_t)15;
	if (size > FLASH_SPACE - gFlash.used)
		return NULL;
	result = gFlash.base + gFlash.used;
	gFlash.used += size;
	return result;
}

void flashLock(void)
{
	if (mprotect(gFlash.base, FLASH_SPACE, PROT_READ)) {
		perror("zonal-xs: mprotect");
		exit(EXIT_FLASH);
	}
}

void flashFree(void)
{
	if (gFlash.base)
		munmap(gFlash.base, FLASH_SPACE);
	gFlash.base = NULL;
	gFlash.used = 0;
}

int flashHolds(const void* address)
{
	const txByte* byte = address;
	return gFlash.base && (gFlash.base <= byte) && (byte < gFlash.base + FLASH_SPACE);
}

/* Arena */

void arenaCreate(size_t heapBytes, size_t stackBytes, size_t slots)
{
	gArena.base = malloc(heapBytes + stackBytes);
	if (!gArena.base) {
		fprintf(stderr, "zonal-xs: the operating system has no %zu bytes for the arena\n", heapBytes + stackBytes);
		exit(EXIT_OUT_OF_MEMORY);
	}
	gArena.chunkEnd = gArena.base;
	gArena.stackStart = gArena.base + heapBytes;
	gArena.slotStart = gArena.stackStart;
	gArena.wall = slots ? gArena.stackStart - slots * sizeof(txSlot) : NULL;
	gArena.stackBytes = stackBytes;
}

static txSize chunkRoom(void)
{
	return (txSize)((gArena.wall ? gArena.wall : gArena.slotStart) - gArena.chunkEnd);
}

static txSize slotRoom(void)
{
	return (txSize)(gArena.slotStart - (gArena.wall ? gArena.wall : gArena.chunkEnd));
}

static int inArena(txMachine* the)
{
	return gArena.base && the->sharedMachine;
}

/* The engine rounds what it asks for up to a step: small steps near the end waste next to nothing. */
static void arenaStep(txMachine* the)
{
	const txSize last = 4 * (CHUNK_STEP + SLOT_STEP * (txSize)sizeof(txSlot));
	the->minimumChunksSize = chunkRoom() < last ? CHUNK_STEP_LAST : CHUNK_STEP;
	the->minimumHeapCount = slotRoom() < last ? SLOT_STEP_LAST : SLOT_STEP;
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	txByte* result;
	if (!inArena(the))
		return gOptions.grow ? malloc((size_t)size) : flashAllocate((size_t)size);
	if (size > chunkRoom())
		return NULL;
	result = gArena.chunkEnd;
	gArena.chunkEnd += size;
	arenaStep(the);
	return result;
}

void fxFreeChunks(txMachine* the, void* chunks)
{
	if (inArena(the)) {
		/* The first block lies at the start of the arena and is freed last. */
		if (chunks == gArena.base)
			free(gArena.base);
	}
	else if (gOptions.grow)
		free(chunks);
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	txSize size = count * (txSize)sizeof(txSlot);
	txByte* result;
	if (!the->stackBottom) {
		/* The stack comes first. Its fill shows later how deep it was used. */
		result = inArena(the) ? gArena.stackStart : malloc((size_t)size);
		if (result)
			memset(result, STACK_FILL, (size_t)size);
		return (txSlot*)result;
	}
	if (!inArena(the))
		return gOptions.grow ? malloc((size_t)size) : flashAllocate((size_t)size);
	if (size > slotRoom()) {
		/* The engine asks early, while a few slots are left: those are to be used first. */
		return the->freeHeap ? (void*)-1 : NULL;
	}
	gArena.slotStart -= size;
	arenaStep(the);
	return (txSlot*)gArena.slotStart;
}

void fxFreeSlots(txMachine* the, void* slots)
{
	if (inArena(the))
		return;
	if (gOptions.grow || (slots == the->stackBottom))
		free(slots);
}

/* Measuring. The engine counts what is in use; a collection lowers the counts. Seen from just before and just
 * after each collection they add up to what was allocated, exactly. */

static void onCollectionStart(txMachine* the, void* data, txMarkRoot markRoot)
{
	(void)data;
	(void)markRoot;
	gMeasure.slotsAllocated += (uint32_t)(the->currentHeapCount - gMeasure.slots);
	gMeasure.chunkBytesAllocated += (uint32_t)(the->currentChunksSize - gMeasure.chunks);
	gMeasure.collecting = 1;
	gMeasure.chunksBefore = the->currentChunksSize;
}

static const txHostHooks gHooks = { .destructor = NULL, .marker = onCollectionStart };

/* The engine calls these when built for profiling; this host measures with them instead (xsProfile.c is not
 * built). The call at the end of a collection is the one that is of use. */
void fxCheckProfiler(txMachine* the, txSlot* frame)
{
	(void)frame;
	if (!gMeasure.collecting || (the != gMeasure.machine))
		return;
	gMeasure.collecting = 0;
	gMeasure.collections++;
	gMeasure.slots = the->currentHeapCount;
	gMeasure.chunks = the->currentChunksSize;
	gMeasure.liveBytes = (uint32_t)((size_t)gMeasure.slots * sizeof(txSlot) + (size_t)gMeasure.chunks);
	/* A collection for want of slots lets dead chunks be: what it leaves is not what lives. */
	if ((gMeasure.isFull || (gMeasure.chunks < gMeasure.chunksBefore)) && (gMeasure.peakLiveBytes < gMeasure.liveBytes))
		gMeasure.peakLiveBytes = gMeasure.liveBytes;
}

void fxCreateProfiler(txMachine* the) { (void)the; }
void fxDeleteProfiler(txMachine* the, void* stream) { (void)the; (void)stream; }
void fxResumeProfiler(txMachine* the) { (void)the; }
void fxSuspendProfiler(txMachine* the) { (void)the; }

void memoryMeasure(txMachine* the)
{
	gMeasure.machine = the;
	gMeasure.watch.kind = XS_HOST_KIND;
	gMeasure.watch.flag = XS_HOST_HOOKS_FLAG;
	gMeasure.watch.value.host.data = &gMeasure;
	gMeasure.watch.value.host.variant.hooks = (txHostHooks*)&gHooks;
	fxRemember(the, &gMeasure.watch);
	gMeasure.slots = the->currentHeapCount;
	gMeasure.chunks = the->currentChunksSize;
}

/* Slots that were never pushed still hold the fill. From the top down to the first few of them: the engine's
 * conversion of numbers to text borrows the unused stack from its bottom up, which does not count. */
static size_t stackPeak(txMachine* the)
{
	enum { RUN = 4 };
	txSlot untouched;
	txSlot* slot = the->stack;
	int run = 0;
	memset(&untouched, STACK_FILL, sizeof(untouched));
	while ((slot > the->stackBottom) && (run < RUN)) {
		slot--;
		run = memcmp(slot, &untouched, sizeof(untouched)) ? 0 : run + 1;
	}
	return (size_t)(the->stackTop - slot - (run == RUN ? RUN : 0)) * sizeof(txSlot);
}

void zonalMemory(xsMachine* the, ZonalMemory* memory)
{
	size_t heap = (size_t)the->currentHeapCount * sizeof(txSlot) + (size_t)the->currentChunksSize;
	size_t stack = stackPeak(the);
	memset(memory, 0, sizeof(*memory));
	if (inArena(the)) {
		memory->arenaBytes = (uint32_t)((size_t)(gArena.stackStart - gArena.base) + gArena.stackBytes);
		memory->peakBytes = (uint32_t)((size_t)(gArena.chunkEnd - gArena.base) + (size_t)(gArena.stackStart - gArena.slotStart) + stack);
	}
	else
		memory->peakBytes = (uint32_t)((size_t)the->maximumHeapCount * sizeof(txSlot) + (size_t)the->maximumChunksSize + stack);
	memory->usedBytes = (uint32_t)(heap + stack);
	memory->liveBytes = gMeasure.liveBytes;
	memory->peakLiveBytes = gMeasure.peakLiveBytes;
	memory->stackBytes = (uint32_t)((size_t)(the->stackTop - the->stackBottom) * sizeof(txSlot));
	memory->stackPeakBytes = (uint32_t)stack;
	memory->slotBytes = sizeof(txSlot);
	memory->chunkBytesAllocated = gMeasure.chunkBytesAllocated + (uint32_t)(the->currentChunksSize - gMeasure.chunks);
	memory->slotsAllocated = gMeasure.slotsAllocated + (uint32_t)(the->currentHeapCount - gMeasure.slots);
	memory->collections = gMeasure.collections;
	memory->meter = the->meterIndex;
}

void zonalCollect(xsMachine* the)
{
	gMeasure.isFull = 1;
	fxCollectGarbage(the);
	gMeasure.isFull = 0;
}

#define TEXT(X) #X
#define DOTTED(A, B, C) TEXT(A) "." TEXT(B) "." TEXT(C)

const char* zonalEngineVersion(void)
{
	return DOTTED(XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION);
}

void memoryReport(txMachine* the, const char* why)
{
	size_t slot = sizeof(txSlot);
	fflush(stdout);
	fprintf(stderr, "zonal-xs: %s: chunks %ld of %ld bytes, slots %ld of %ld bytes (%ld of %ld slots), stack %zu of %zu bytes",
		why, (long)the->currentChunksSize, (long)the->maximumChunksSize,
		(long)((size_t)the->currentHeapCount * slot), (long)((size_t)the->maximumHeapCount * slot),
		(long)the->currentHeapCount, (long)the->maximumHeapCount,
		stackPeak(the), (size_t)(the->stackTop - the->stackBottom) * slot);
	if (inArena(the))
		fprintf(stderr, ", arena %zu + %zu bytes\n", (size_t)(gArena.stackStart - gArena.base), gArena.stackBytes);
	else
		fprintf(stderr, ", %s\n", gOptions.grow ? "growing heap" : "while preloading");
}

void memoryPreloaded(txMachine* root, size_t codeBytes)
{
	gPreloaded.slotBytes = (size_t)root->currentHeapCount * sizeof(txSlot);
	gPreloaded.chunkBytes = (size_t)root->currentChunksSize;
	gPreloaded.codeBytes = codeBytes;
}

void memoryPrint(void)
{
	txMachine* the = gMeasure.machine;
	ZonalMemory memory;
	size_t tables;
	if (!the)
		return;
	zonalMemory(the, &memory);
	/* These the engine takes from the C library's heap, here as on a board. */
	tables = sizeof(txSlot*) * ((size_t)the->nameModulo + (size_t)the->symbolModulo + (the->keyCount - the->keyOffset) + the->aliasCount);
	fflush(stdout);
	fprintf(stderr, "zonal-xs: {\"arenaBytes\":%lu,\"peakBytes\":%lu,\"peakLiveBytes\":%lu,\"liveBytes\":%lu,\"slotBytes\":%lu,\"chunkBytes\":%lu,"
		"\"stackPeakBytes\":%lu,\"tableBytes\":%lu,\"slotsAllocated\":%lu,\"chunkBytesAllocated\":%lu,\"collections\":%lu,\"meter\":%lu,"
		"\"preloaded\":{\"slotBytes\":%lu,\"chunkBytes\":%lu,\"codeBytes\":%lu}}\n",
		(unsigned long)memory.arenaBytes, (unsigned long)memory.peakBytes, (unsigned long)memory.peakLiveBytes, (unsigned long)memory.liveBytes,
		(unsigned long)((size_t)the->currentHeapCount * sizeof(txSlot)), (unsigned long)the->currentChunksSize,
		(unsigned long)memory.stackPeakBytes, (unsigned long)tables, (unsigned long)memory.slotsAllocated, (unsigned long)memory.chunkBytesAllocated,
		(unsigned long)memory.collections, (unsigned long)memory.meter,
		(unsigned long)gPreloaded.slotBytes, (unsigned long)gPreloaded.chunkBytes, (unsigned long)gPreloaded.codeBytes);
	censusPrint(the);
}
