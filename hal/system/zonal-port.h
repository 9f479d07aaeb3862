/* What the natives in hal/net, hal/crypto, hal/system and hal/storage may use beside the engine's xsmc.h: implemented
 * in hal/linux for the PC and in hal/esp32 on ESP-IDF and the Moddable SDK.
 *
 * A native is `void xs_area_verb(xsMachine* the)` at the start of a line, a destructor is
 * `void xs_area_destructor(void* data)`: the build finds them by that form and lists them for
 * native("xs_area_verb") and Native("xs_area_destructor"). `data` may be NULL: the object was made but
 * never got any.
 *
 * The rules that keep the heap whole:
 * - Chunks (strings, ArrayBuffers) move whenever anything is allocated: take pointers last, keep none.
 * - An xsSlot that is remembered lives in C memory, never in the heap of slots.
 * - Callbacks of watches and timers come from the loop, never from within a native. */
#ifndef ZONAL_PORT_H
#define ZONAL_PORT_H

#include <stdint.h>
#include "xsmc.h"

/* What a descriptor may be ready for. An error or an end makes it ready for both. */
#define ZONAL_READABLE 1
#define ZONAL_WRITABLE 2

/* Waits for a descriptor. Part of the caller's own structure; zero it before the first use. */
typedef struct ZonalWatch ZonalWatch;
struct ZonalWatch {
	ZonalWatch* next;
	int fd;
	int active;
	int events; /* waited for */
	int fired; /* within `ready`: those that came */
	int state; /* the platform's own */
	void (*ready)(void* data);
	void* data;
};

/* Calls ready(data) from the loop whenever `fd` has something to read (or an error to fetch). */
void zonalWatch(ZonalWatch* watch, int fd, void (*ready)(void* data), void* data);
/* Waits for these events from now on, 0 for none (errors neither); only while it is watched. Allowed within any callback.
 * One that came before may still be told. */
void zonalWatchFor(ZonalWatch* watch, int events);
/* Idempotent; allowed within any callback. */
void zonalUnwatch(ZonalWatch* watch);

/* A descriptor that another thread may write to: each uint64_t written is added, reading takes the sum. It is there for
 * good. Returns -1 where there is none left. */
int zonalEvents(void);

/* One timer, on the monotonic clock. Part of the caller's own structure; zero it before the first use. */
typedef struct ZonalTimer ZonalTimer;
struct ZonalTimer {
	ZonalTimer* next;
	int active;
	int64_t due;
	uint64_t order;
	void (*expired)(void* data);
	void* data;
};

/* Calls expired(data) once from the loop, `delay` ms from now; replaces what was scheduled before. */
void zonalSchedule(ZonalTimer* timer, uint32_t delay, void (*expired)(void* data), void* data);
/* Idempotent; allowed within any callback. */
void zonalCancel(ZonalTimer* timer);

/* Prepares standard input for reading. Returns 1 where it is a terminal that shows nothing of what is typed by itself: a UART
 * always, a PC's after this call. Called again for each listener. */
int zonalConsoleOpen(void);

/* Monotonic milliseconds; the low 32 bits are the Clock port's `now`. */
int64_t zonalMilliseconds(void);

/* Sets the wall clock, in seconds since 1970. Returns 0 where it is not ours (PC). */
int zonalSetTime(int64_t seconds, uint32_t milliseconds);

/* Calls a remembered function without and with one argument from a watch's or a timer's callback. An exception
 * that it throws ends the program. Promise jobs run after the callback. */
void zonalCall(xsMachine* the, xsSlot* function);
void zonalCallInteger(xsMachine* the, xsSlot* function, int32_t argument);
void zonalCallString(xsMachine* the, xsSlot* function, const char* argument);

/* Restarts the board, or ends the program (PC), unless called again within that time. */
void zonalFeedWatchdog(uint32_t milliseconds);
/* Why the machine started, in a few words. */
const char* zonalStartReason(void);

/* Ends the program (PC) or restarts (board). Does not return. */
void zonalExit(int status) __attribute__((noreturn));

/* The machine's memory, in bytes. */
typedef struct {
	uint32_t arenaBytes; /* what chunks, slots and stack may take in all; 0 = no limit */
	uint32_t usedBytes; /* chunks and slots in use, garbage included, and the stack's deepest use */
	uint32_t liveBytes; /* chunks and slots that survived the last collection */
	uint32_t peakLiveBytes; /* the most that ever survived a collection */
	uint32_t peakBytes; /* the most of the arena that was ever claimed: collecting garbage was not enough to stay below it */
	uint32_t stackBytes; /* size of the stack */
	uint32_t stackPeakBytes; /* its deepest use */
	uint32_t slotBytes; /* size of one slot */
	uint32_t chunkBytesAllocated; /* modulo 2^32, since the start; the difference of two readings is exact */
	uint32_t slotsAllocated; /* modulo 2^32, since the start; the difference of two readings is exact */
	uint32_t collections;
	uint32_t meter; /* byte codes and weighted built-ins so far, modulo 2^32 */
} ZonalMemory;

void zonalMemory(xsMachine* the, ZonalMemory* memory);
void zonalCollect(xsMachine* the);

/* "13.3.0" */
const char* zonalEngineVersion(void);

#endif
