/* The host program's own parts: what main.c calls in the others. */
#ifndef ZONAL_HOST_H
#define ZONAL_HOST_H

#include "xsAll.h"
#include "xsScript.h"

/* Exit status of a run that the engine ended: 100 + its code. JavaScript cannot catch these. */
enum {
	EXIT_ENGINE = 100,
	EXIT_OUT_OF_MEMORY = EXIT_ENGINE + XS_NOT_ENOUGH_MEMORY_EXIT,
	EXIT_STACK_OVERFLOW = EXIT_ENGINE + XS_STACK_OVERFLOW_EXIT,
	EXIT_UNCAUGHT = EXIT_ENGINE + XS_UNHANDLED_EXCEPTION_EXIT,
	EXIT_NO_KEYS = EXIT_ENGINE + XS_NO_MORE_KEYS_EXIT,
	EXIT_COMPUTATION = EXIT_ENGINE + XS_TOO_MUCH_COMPUTATION_EXIT,
	EXIT_REJECTION = EXIT_ENGINE + XS_UNHANDLED_REJECTION_EXIT,
	EXIT_FLASH = 110,
	EXIT_WATCHDOG = 111,
	EXIT_INTERRUPT = 130,
	EXIT_USAGE = 2,
};

typedef struct {
	const char* root; /* folder of the modules */
	const char* entry; /* path of the entry module in it */
	size_t arenaBytes; /* chunks and slots */
	size_t arenaSlots; /* of them: these are the slots', the rest the chunks'; 0: whoever comes first */
	size_t stackBytes;
	int grow;
	int sizes;
	int report; /* the memory's figures on standard error at the end, as JSON */
	uint32_t limit; /* computation, 0 = none */
	int stress; /* sanitized builds: collect at every allocation */
} ZonalOptions;

extern ZonalOptions gOptions;

/* What the program is at, for abort messages; cut where it is longer. */
extern char gNote[256];

/* memory.c: allocators and measuring. */
/* Read-only once flashLock() was called: a stray write there ends the program. */
void* flashAllocate(size_t size);
void flashLock(void);
void flashFree(void);
int flashHolds(const void* address);
void arenaCreate(size_t heapBytes, size_t stackBytes, size_t slots);
void memoryMeasure(txMachine* the);
void memoryReport(txMachine* the, const char* why);
/* What is now in the root machine counts as flash. */
void memoryPreloaded(txMachine* root, size_t codeBytes);
/* One line of JSON about the machine that memoryMeasure named. */
void memoryPrint(void);

/* census.c: who holds the heap; two lines on standard error. */
void censusPrint(txMachine* the);

/* modules.c */
void modulesPrintSizes(void);
size_t modulesCodeBytes(void);

/* natives.c: the globals native() and Native() of the root machine. */
void nativesInstall(txMachine* the);

/* preload.c: freezes all that the machine holds and shares it. */
void preloadShare(txMachine* the);

/* loop.c */
void loopInstallSignals(void);
/* What zonalConsoleOpen changed; idempotent. */
void terminalRestore(void);
void loopRunJobs(txMachine* the);
/* Returns when nothing is left to wait for. */
void loopRun(txMachine* the);
/* Functions that are called once each: at the first SIGINT or SIGTERM, and before loopRun would return. */
void loopOnInterrupt(txMachine* the, txSlot* function);
void loopOnIdle(txMachine* the, txSlot* function);

#endif
