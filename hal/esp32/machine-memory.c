/* What the SDK's engine knows of its memory. A release keeps no count of allocations, collections and byte codes, and
 * no deepest use of the stack: these are 0. */
#include "xsAll.h"
#include "mc.xs.h"
#include "zonal-port.h"

void zonalMemory(xsMachine* the, ZonalMemory* memory)
{
	txCreation* creation;
	uint32_t stack = (uint32_t)((the->stackTop - the->stackBottom) * sizeof(txSlot));
	xsPreparationAndCreation(&creation);
	*memory = (ZonalMemory){
		.arenaBytes = creation->staticSize ? (uint32_t)creation->staticSize
			: (uint32_t)(creation->initialChunkSize + creation->initialHeapCount * sizeof(txSlot)) + stack,
		.usedBytes = (uint32_t)(the->currentChunksSize + the->currentHeapCount * sizeof(txSlot)) + stack,
		.peakBytes = (uint32_t)(the->maximumChunksSize + the->maximumHeapCount * sizeof(txSlot)) + stack,
		.stackBytes = stack,
		.slotBytes = sizeof(txSlot),
	};
}

void zonalCollect(xsMachine* the)
{
	fxCollectGarbage(the);
}
