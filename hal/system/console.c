/* The Console and Log ports on standard input and output (a board: its UART). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"

/* Characters of an input line that are kept; what comes beyond them up to its end is dropped. */
#define LINE_MAX_BYTES 1024
#define READ_BYTES 256
#define LEVEL_MAX 3

typedef struct {
	xsMachine* machine; /* NULL: nobody listens */
	xsSlot onLine;
	ZonalWatch watch;
	uint32_t length;
	char line[LINE_MAX_BYTES + 1];
} Input;

static Input gInput;

static void stopListening(void)
{
	xsMachine* the = gInput.machine;
	if (!the)
		return;
	zonalUnwatch(&gInput.watch);
	xsForget(gInput.onLine);
	gInput.machine = NULL;
	gInput.length = 0;
}

static void takeByte(char byte)
{
	if (byte == '\r')
		return;
	if (byte != '\n') {
		if (gInput.length < LINE_MAX_BYTES)
			gInput.line[gInput.length++] = (byte < 32) || (byte > 126) ? '?' : byte;
		return;
	}
	gInput.line[gInput.length] = 0;
	gInput.length = 0;
	zonalCallString(gInput.machine, &gInput.onLine, gInput.line);
}

static void readable(void* data)
{
	char bytes[READ_BYTES];
	ssize_t length, i;
	(void)data;
	length = read(STDIN_FILENO, bytes, sizeof(bytes));
	if ((length < 0) && ((errno == EINTR) || (errno == EAGAIN)))
		return;
	if (length <= 0) {
		if (gInput.length > 0)
			takeByte('\n');
		stopListening();
		return;
	}
	/* A line may be the one that stops listening. */
	for (i = 0; (i < length) && gInput.machine; i++)
		takeByte(bytes[i]);
}

/* (onLine) */
void xs_console_listen(xsMachine* the)
{
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("console: onLine is no function");
	stopListening();
	gInput.machine = the;
	gInput.onLine = xsArg(0);
	xsRemember(gInput.onLine);
	zonalWatch(&gInput.watch, STDIN_FILENO, readable, NULL);
}

void xs_console_stop(xsMachine* the)
{
	(void)the;
	stopListening();
}

/* Text that came from the network must not be able to forge a line. Where nobody takes the output any more there
 * is nobody to tell either. */
static void putText(const char* text)
{
	const unsigned char* at = (const unsigned char*)text;
	for (; *at; at++) {
		/* U+0080 to U+009F control terminals as well. */
		if ((at[0] == 0xC2) && (at[1] >= 0x80) && (at[1] < 0xA0))
			at++;
		else if ((at[0] >= 32) && (at[0] != 127)) {
			(void)putchar(at[0]);
			continue;
		}
		(void)putchar('?');
	}
}

/* (line) */
void xs_console_print(xsMachine* the)
{
	putText(xsmcToString(xsArg(0)));
	(void)putchar('\n');
	(void)fflush(stdout);
}

/* (level, module, text): with the ms since the first line. */
void xs_log_write(xsMachine* the)
{
	static int64_t start = -1;
	uint32_t level = (uint32_t)integerArgument(the, &xsArg(0), LEVEL_MAX, "log: level");
	int64_t now = zonalMilliseconds();
	if (start < 0)
		start = now;
	(void)printf("%c (%u) ", "EWID"[level], (unsigned)(now - start));
	putText(xsmcToString(xsArg(1)));
	(void)fputs(": ", stdout);
	putText(xsmcToString(xsArg(2)));
	(void)putchar('\n');
	(void)fflush(stdout);
}
