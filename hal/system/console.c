/* The Console and Log ports on standard input and output (a board: its UART). On a terminal the line that is being typed
 * stays below what is printed, and can be edited. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "line-editor.h"

#define READ_BYTES 256
#define LEVEL_MAX 3

typedef struct {
	xsMachine* machine; /* NULL: nobody listens */
	xsSlot onLine;
	ZonalWatch watch;
	int isTerminal;
	int isSilent; /* what is typed is not shown, nor kept */
	int isShown; /* the line stands in the cursor's row */
	LineEditor editor;
} Input;

static Input gInput;

/* Makes room for what is printed. */
static void hideLine(void)
{
	if (!gInput.isShown)
		return;
	gInput.isShown = 0;
	(void)fputs("\r\033[K", stdout);
}

static void showLine(void)
{
	char text[SHOWN_BYTES];
	size_t length;
	if (gInput.machine && gInput.isTerminal && !gInput.isSilent && ((gInput.editor.length > 0) || gInput.isShown)) {
		length = lineEditorShow(&gInput.editor, text);
		(void)fwrite(text, 1, length, stdout);
		gInput.isShown = gInput.editor.length > 0;
	}
	(void)fflush(stdout);
}

/* The line stays where it is, and what follows comes below it. */
static void leaveLine(void)
{
	showLine();
	if (gInput.isShown)
		(void)putchar('\n');
	gInput.isShown = 0;
}

static void stopListening(void)
{
	xsMachine* the = gInput.machine;
	if (!the)
		return;
	zonalUnwatch(&gInput.watch);
	xsForget(gInput.onLine);
	gInput.machine = NULL;
	gInput.editor.length = gInput.editor.cursor = 0;
	hideLine();
	(void)fflush(stdout);
}

/* The next line begins first: it is shown below what this one's answer prints. The text stays where it is until then. */
static void giveLine(int keep)
{
	LineEditor* editor = &gInput.editor;
	lineEditorNext(editor, keep);
	zonalCallString(gInput.machine, &gInput.onLine, editor->line);
}

/* From a pipe or a file. */
static void takeByte(char byte)
{
	LineEditor* editor = &gInput.editor;
	if (byte == '\r')
		return;
	if (byte != '\n') {
		if (editor->length < LINE_MAX_BYTES)
			editor->line[editor->length++] = (byte < 32) || (byte > 126) ? '?' : byte;
		return;
	}
	giveLine(0);
}

static void takeKey(char byte)
{
	LineEditor* editor = &gInput.editor;
	int isSilent = gInput.isSilent;
	int taken = lineEditorTake(editor, (uint8_t)byte);
	if (taken == EDITOR_MORE)
		return;
	leaveLine();
	if (taken == EDITOR_LINE)
		giveLine(!isSilent);
	else
		lineEditorNext(editor, 0);
	if (isSilent)
		memset(editor->line, 0, sizeof(editor->line));
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
		if (gInput.editor.length > 0)
			takeByte('\n');
		stopListening();
		return;
	}
	/* A line may be the one that stops listening. */
	for (i = 0; (i < length) && gInput.machine; i++)
		(gInput.isTerminal ? takeKey : takeByte)(bytes[i]);
	showLine();
}

/* (onLine) */
void xs_console_listen(xsMachine* the)
{
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("console: onLine is no function");
	stopListening();
	gInput.isTerminal = zonalConsoleOpen();
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

/* (echo) */
void xs_console_echo(xsMachine* the)
{
	gInput.isSilent = !xsmcToBoolean(xsArg(0));
	if (gInput.isSilent)
		hideLine();
	showLine();
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
	hideLine();
	putText(xsmcToString(xsArg(0)));
	(void)putchar('\n');
	showLine();
}

/* (level, module, text): with the ms since the first line. */
void xs_log_write(xsMachine* the)
{
	static int64_t start = -1;
	uint32_t level = (uint32_t)integerArgument(the, &xsArg(0), LEVEL_MAX, "log: level");
	int64_t now = zonalMilliseconds();
	if (start < 0)
		start = now;
	hideLine();
	(void)printf("%c (%u) ", "EWID"[level], (unsigned)(now - start));
	putText(xsmcToString(xsArg(1)));
	(void)fputs(": ", stdout);
	putText(xsmcToString(xsArg(2)));
	(void)putchar('\n');
	showLine();
}
