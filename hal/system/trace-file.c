/* The file of a trace. One write per block, none kept back: what is in the file survives the program's end. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"

#define PATH_BYTES 1024
#define STAMP_BYTES 8

/* (path): the file's number; throws where it cannot be written. */
void xs_trace_file_open(xsMachine* the)
{
	char path[PATH_BYTES];
	int file;
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		xsUnknownError("cannot write the trace %s: %s", path, strerror(errno));
	xsmcSetInteger(xsResult, file);
}

/* (file, bytes, end): whether bytes[0, end) were written. */
void xs_trace_file_append(xsMachine* the)
{
	uint32_t file = xsUnsignedArgument(0, "trace file"), end = xsUnsignedArgument(2, "trace end");
	xsUnsignedValue length;
	void* bytes;
	ssize_t written;
	xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	checkRange(the, 0, end, length, "trace");
	do
		written = write((int)file, bytes, end);
	while ((written < 0) && (errno == EINTR));
	xsmcSetBoolean(xsResult, written == (ssize_t)end);
}

static void putUint32(uint8_t* at, uint32_t value)
{
	int i;
	for (i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* (bytes, at): the time in microseconds since 1970, the upper half first, each half little-endian. */
void xs_trace_file_stamp(xsMachine* the)
{
	uint32_t at = xsUnsignedArgument(1, "trace stamp");
	xsUnsignedValue length;
	struct timespec now;
	uint64_t time;
	void* bytes;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	time = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	xsmcGetBufferWritable(xsArg(0), &bytes, &length);
	checkRange(the, at, at + STAMP_BYTES, length, "trace stamp");
	putUint32((uint8_t*)bytes + at, (uint32_t)(time >> 32));
	putUint32((uint8_t*)bytes + at + 4, (uint32_t)time);
}
