/* Whole files, read at start-up. */
#include <stdio.h>
#include <sys/stat.h>

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
