/* What footprint and the memory specs ask of the engine beyond the System port (system.c). */
#include "zonal-port.h"

static void answer(xsMachine* the, uint32_t value)
{
	xsmcSetNumber(xsResult, (double)value);
}

static ZonalMemory measure(xsMachine* the)
{
	ZonalMemory memory;
	zonalMemory(the, &memory);
	return memory;
}

/* xs_engine_used_bytes(collect): bytes in use now; exact without garbage only where `collect` is true, which
 * takes a full collection. */
void xs_engine_used_bytes(xsMachine* the)
{
	if ((xsmcArgc > 0) && xsmcToBoolean(xsArg(0)))
		zonalCollect(the);
	answer(the, measure(the).usedBytes);
}

/* Bytes of the arena that were ever claimed: no smaller arena would have done without collecting more often. */
void xs_engine_peak_bytes(xsMachine* the)
{
	answer(the, measure(the).peakBytes);
}

/* Bytes of chunks and slots: the most that ever survived a collection. */
void xs_engine_peak_live_bytes(xsMachine* the)
{
	answer(the, measure(the).peakLiveBytes);
}

/* Bytes of chunks and slots that survived the last collection. */
void xs_engine_live_bytes(xsMachine* the)
{
	answer(the, measure(the).liveBytes);
}

void xs_engine_stack_bytes(xsMachine* the)
{
	answer(the, measure(the).stackBytes);
}

/* Bytes of the stack's deepest use. */
void xs_engine_stack_peak_bytes(xsMachine* the)
{
	answer(the, measure(the).stackPeakBytes);
}

/* Slots allocated since the start, collected or not, modulo 2^32. Asking allocates none. */
void xs_engine_slots_allocated(xsMachine* the)
{
	answer(the, measure(the).slotsAllocated);
}

/* Bytes of chunks allocated since the start, collected or not, modulo 2^32. Asking allocates none. */
void xs_engine_chunk_bytes_allocated(xsMachine* the)
{
	answer(the, measure(the).chunkBytesAllocated);
}

void xs_engine_slot_bytes(xsMachine* the)
{
	answer(the, measure(the).slotBytes);
}

void xs_engine_collections(xsMachine* the)
{
	answer(the, measure(the).collections);
}

/* Collects garbage and compacts chunks. */
void xs_engine_collect(xsMachine* the)
{
	zonalCollect(the);
}

/* Byte codes and weighted built-ins run so far, modulo 2^32; the same on every machine and at every run. */
void xs_engine_meter(xsMachine* the)
{
	answer(the, measure(the).meter);
}
