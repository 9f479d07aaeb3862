/* Whole files, read at start-up; and what provisioning writes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zonal-port.h"

#define PATH_BYTES 1024

/* The size of a regular file, -1 where there is none or it is longer than any buffer. */
static double sizeOf(const char* path)
{
	struct stat status;
	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return -1;
	return (double)status.st_size;
}

/* (path): bytes of the file, -1 where there is none that can be read. */
void xs_file_size(xsMachine* the)
{
	char path[PATH_BYTES];
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	xsmcSetNumber(xsResult, sizeOf(path));
}

/* (path): the file's bytes as an ArrayBuffer, or undefined where it cannot be read. */
void xs_file_read(xsMachine* the)
{
	char path[PATH_BYTES];
	FILE* file;
	double size;
	size_t length;
	int failed;
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	size = sizeOf(path);
	if ((size < 0) || (size > INT32_MAX / 2))
		return;
	/* Before the file is open: where memory is short this does not return. */
	(void)xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	file = fopen(path, "rb");
	if (!file) {
		xsmcSetUndefined(xsResult);
		return;
	}
	length = fread(xsmcToArrayBuffer(xsResult), 1, (size_t)size, file);
	failed = ferror(file);
	(void)fclose(file);
	if (failed || (length < (size_t)size))
		xsmcSetUndefined(xsResult);
}

static void refuse(xsMachine* the, const char* what, const char* path)
{
	xsUnknownError("cannot %s %s: %s", what, path, strerror(errno));
}

/* (path, bytes, append): written through, so that it is there after a crash. */
void xs_file_write(xsMachine* the)
{
	char path[PATH_BYTES];
	xsUnsignedValue size;
	void* bytes;
	FILE* file;
	int failed;
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	file = fopen(path, xsmcToBoolean(xsArg(2)) ? "ab" : "wb");
	if (!file)
		refuse(the, "write", path);
	/* SPIFFS has no fsync before ESP-IDF 6; what it keeps back it writes when the file is closed. */
	failed = (fwrite(bytes, 1, size, file) != size) || fflush(file) || (fsync(fileno(file)) && (errno != ENOSYS));
	if (fclose(file) || failed)
		refuse(the, "write", path);
}

/* (from, to): where the file system does not replace a file, the old one goes first. */
void xs_file_rename(xsMachine* the)
{
	char from[PATH_BYTES];
	char to[PATH_BYTES];
	xsmcToStringBuffer(xsArg(0), from, sizeof(from));
	xsmcToStringBuffer(xsArg(1), to, sizeof(to));
	if (rename(from, to) && ((sizeOf(from) < 0) || (sizeOf(to) < 0) || unlink(to) || rename(from, to)))
		refuse(the, "rename", from);
}

/* (path) */
void xs_file_delete(xsMachine* the)
{
	char path[PATH_BYTES];
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	if (unlink(path) && (errno != ENOENT))
		refuse(the, "delete", path);
}
