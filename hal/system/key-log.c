/* The KeyLog port. One write per line, so that Wireshark never reads half of one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"

#define PATH_BYTES 1024
#define LABEL_BYTES 64
#define RANDOM_BYTES 32
#define SECRET_BYTES_MAX 64
#define LINE_BYTES (LABEL_BYTES + 2 * RANDOM_BYTES + 2 * SECRET_BYTES_MAX + 4)

static char* putHex(char* at, const uint8_t* bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;
	for (i = 0; i < length; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	return at;
}

static int openFile(xsMachine* the, const char* path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (file < 0)
		xsUnknownError("cannot write the key log %s: %s", path, strerror(errno));
	return file;
}

/* (path): throws where it cannot be written. */
void xs_key_log_open(xsMachine* the)
{
	char path[PATH_BYTES];
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	(void)close(openFile(the, path));
}

/* (path, label, clientRandom, secret) */
void xs_key_log_append(xsMachine* the)
{
	char path[PATH_BYTES];
	char line[LINE_BYTES];
	char* at = line;
	xsUnsignedValue randomSize, secretSize;
	void *random, *secret;
	ssize_t written;
	int file;

	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	xsmcToStringBuffer(xsArg(1), line, LABEL_BYTES);
	xsmcGetBufferReadable(xsArg(2), &random, &randomSize);
	xsmcGetBufferReadable(xsArg(3), &secret, &secretSize);
	if ((randomSize != RANDOM_BYTES) || (secretSize > SECRET_BYTES_MAX))
		xsRangeError("key log: random of %u, secret of %u bytes", (unsigned)randomSize, (unsigned)secretSize);
	at += strlen(line);
	*at++ = ' ';
	at = putHex(at, random, randomSize);
	*at++ = ' ';
	at = putHex(at, secret, secretSize);
	*at++ = '\n';
	file = openFile(the, path);
	written = write(file, line, (size_t)(at - line));
	if (close(file) || (written != at - line))
		xsUnknownError("cannot write the key log %s: %s", path, strerror(errno));
}
