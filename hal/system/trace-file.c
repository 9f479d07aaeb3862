/* The file of a trace. One write per block, none kept back: what is in the file survives the program's end. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
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

/* (file, frame, at, frameEnd, bytes, offset, end): whether frame[0, at), bytes[offset, end) and frame[at, frameEnd) were written. */
void xs_trace_file_append(xsMachine* the)
{
	uint32_t file = xsUnsignedArgument(0, "trace file"), at = xsUnsignedArgument(2, "trace frame"), frameEnd = xsUnsignedArgument(3, "trace frame");
	uint32_t offset = xsUnsignedArgument(5, "trace offset"), end = xsUnsignedArgument(6, "trace end");
	xsUnsignedValue length;
	void *frame, *bytes;
	struct iovec parts[3];
	ssize_t written;
	/* Nothing is allocated from here on: the buffers stay where they are. */
	xsmcGetBufferReadable(xsArg(1), &frame, &length);
	checkRange(the, at, frameEnd, length, "trace frame");
	xsmcGetBufferReadable(xsArg(4), &bytes, &length);
	checkRange(the, offset, end, length, "trace");
	parts[0].iov_base = frame;
	parts[0].iov_len = at;
	parts[1].iov_base = (uint8_t*)bytes + offset;
	parts[1].iov_len = end - offset;
	parts[2].iov_base = (uint8_t*)frame + at;
	parts[2].iov_len = frameEnd - at;
	do
		written = writev((int)file, parts, 3);
	while ((written < 0) && (errno == EINTR));
	xsmcSetBoolean(xsResult, written == (ssize_t)(frameEnd + end - offset));
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
