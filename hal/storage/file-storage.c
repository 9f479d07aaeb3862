/* The Storage port on a folder of files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../system/arguments.h"

#define PATH_BYTES 1024
/* Keys have up to 15 characters (limits.ts); one more for the mark of a value that is being written. */
#define KEY_BYTES 16
#define NAME_BYTES (KEY_BYTES + 2)

/* (folder) */
void xs_file_storage_open(xsMachine* the)
{
	char path[PATH_BYTES];
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	if (mkdir(path, 0700) && (errno != EEXIST))
		xsUnknownError("storage: cannot make %s: %s", path, strerror(errno));
}

static void readPath(xsMachine* the, char* path, const char* ending)
{
	char folder[PATH_BYTES - NAME_BYTES];
	char key[KEY_BYTES];
	xsmcToStringBuffer(xsArg(0), folder, sizeof(folder));
	xsmcToStringBuffer(xsArg(1), key, sizeof(key));
	(void)snprintf(path, PATH_BYTES, "%s/%s%s", folder, key, ending);
}

/* (folder, key, most): the value as an ArrayBuffer, or undefined. */
void xs_file_storage_read(xsMachine* the)
{
	char path[PATH_BYTES];
	uint32_t most = xsUnsignedArgument(2, "storage");
	struct stat status;
	ssize_t length;
	int file;
	readPath(the, path, "");
	if (stat(path, &status))
		return;
	if (!S_ISREG(status.st_mode) || (status.st_size > (off_t)most))
		xsUnknownError("storage: %s is no value of ours", path);
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)status.st_size);
	file = open(path, O_RDONLY);
	length = file < 0 ? -1 : read(file, xsmcToArrayBuffer(xsResult), (size_t)status.st_size);
	if ((file >= 0) && close(file))
		length = -1;
	if (length != status.st_size)
		xsUnknownError("storage: cannot read %s", path);
}

static uint32_t countEntries(xsMachine* the, const char* folder)
{
	uint32_t count = 0;
	struct dirent* entry;
	DIR* directory = opendir(folder);
	if (!directory)
		xsUnknownError("storage: cannot list %s: %s", folder, strerror(errno));
	while ((entry = readdir(directory)) != NULL)
		if ((entry->d_name[0] != '.') && !strchr(entry->d_name, '~'))
			count++;
	(void)closedir(directory);
	return count;
}

/* Returns 0, or -1 with errno. */
static int writeWhole(const char* path, const uint8_t* bytes, size_t length)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int failed = 0;
	if (file < 0)
		return -1;
	while (!failed && (length > 0)) {
		ssize_t written = write(file, bytes, length);
		if (written > 0) {
			bytes += written;
			length -= (size_t)written;
		}
		else
			failed = (written == 0) || (errno != EINTR);
	}
	if (!failed)
		failed = fsync(file);
	if (close(file))
		failed = -1;
	return failed ? -1 : 0;
}

/* (folder, key, value, entries): false where it does not fit. */
void xs_file_storage_write(xsMachine* the)
{
	char path[PATH_BYTES];
	char fresh[PATH_BYTES];
	char folder[PATH_BYTES - NAME_BYTES];
	uint32_t entries = xsUnsignedArgument(3, "storage");
	xsUnsignedValue size;
	void* value;
	readPath(the, path, "");
	readPath(the, fresh, "~");
	xsmcToStringBuffer(xsArg(0), folder, sizeof(folder));
	xsmcSetFalse(xsResult);
	if (access(path, F_OK) && (countEntries(the, folder) >= entries))
		return;
	xsmcGetBufferReadable(xsArg(2), &value, &size);
	if (writeWhole(fresh, value, size) || rename(fresh, path)) {
		int error = errno;
		(void)unlink(fresh);
		if (error == ENOSPC)
			return;
		xsUnknownError("storage: cannot write %s: %s", path, strerror(error));
	}
	xsmcSetTrue(xsResult);
}

/* (folder, key) */
void xs_file_storage_delete(xsMachine* the)
{
	char path[PATH_BYTES];
	readPath(the, path, "");
	if (unlink(path) && (errno != ENOENT))
		xsUnknownError("storage: cannot delete %s: %s", path, strerror(errno));
}
