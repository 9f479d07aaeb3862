/* The System port: the engine, its memory, and the end of the program. */
#include <stdint.h>
#include <stdio.h>

#include "xsAll.h"
#include "arguments.h"
#include "../crypto/library-heap.h"

void xs_system_engine_version(xsMachine* the)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%d.%d.%d", XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION);
	xsmcSetString(xsResult, text);
}

void xs_system_engine_bits(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(8 * sizeof(void*)));
}

void xs_system_arena_bytes(xsMachine* the)
{
	ZonalMemory memory;
	zonalMemory(the, &memory);
	xsmcSetNumber(xsResult, memory.arenaBytes);
}

void xs_system_used_bytes(xsMachine* the)
{
	ZonalMemory memory;
	zonalMemory(the, &memory);
	xsmcSetNumber(xsResult, memory.usedBytes);
}

void xs_system_peak_bytes(xsMachine* the)
{
	ZonalMemory memory;
	zonalMemory(the, &memory);
	xsmcSetNumber(xsResult, memory.peakBytes);
}

void xs_system_library_heap_bytes(xsMachine* the)
{
	xsmcSetNumber(xsResult, libraryHeapPeak());
}

/* (status) */
void xs_system_exit(xsMachine* the)
{
	zonalExit((int)integerArgument(the, &xsArg(0), 255, "exit: status"));
}

void xs_system_start_reason(xsMachine* the)
{
	xsmcSetString(xsResult, (char*)zonalStartReason());
}

/* (ms): the longest until the next feeding. */
void xs_watchdog_feed(xsMachine* the)
{
	zonalFeedWatchdog((uint32_t)integerArgument(the, &xsArg(0), INT32_MAX, "watchdog: time"));
}
