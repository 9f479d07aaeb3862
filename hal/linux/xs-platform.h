/* What the XS engine asks of its platform: Linux on a PC. The engine includes this file through
 * XSPLATFORM, the natives through zonal-port.h; memory, modules and promise jobs are ours (memory.c,
 * modules.c, loop.c), the rest is the engine's default. */
#ifndef ZONAL_XS_PLATFORM_H
#define ZONAL_XS_PLATFORM_H

#undef mxLinux
#define mxLinux 1
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#include <arpa/inet.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

/* Strings have the length and the char codes that ECMAScript wants; without it the engine counts code points. */
#define mxCESU8 1

/* mx32bitID comes from the command line (64-bit build only, as on the boards ids have 16 bits otherwise). */

/* promiseJobs: jobs wait for the loop. The others belong to the engine's Atomics. */
#define mxMachinePlatform \
	int promiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

#endif
