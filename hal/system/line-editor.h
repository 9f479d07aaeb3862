/* Editing of one input line on a terminal. Does no I/O: bytes come in, and what the terminal must be sent to show the line
 * comes out. What is typed is printable ASCII; each other byte of a character counts as "?". */
#ifndef ZONAL_LINE_EDITOR_H
#define ZONAL_LINE_EDITOR_H

#include <stddef.h>
#include <stdint.h>

/* Characters of a line that are kept; what comes beyond them up to its end is dropped. */
#define LINE_MAX_BYTES 1024
/* Lines before this one that can be called back, and the characters of each: a longer one is not kept. */
#define HISTORY_LINES 4
#define HISTORY_BYTES 128
/* Columns that are used; of a longer line those around the cursor are shown. */
#define SHOWN_COLUMNS 78
/* What showing a line takes at most. */
#define SHOWN_BYTES (SHOWN_COLUMNS + 16)

/* Zero it before the first use. */
typedef struct {
	uint16_t length;
	uint16_t cursor;
	uint8_t escape; /* where in an escape sequence we are */
	uint8_t parameter; /* its number */
	uint8_t wasReturn; /* a line feed would belong to the carriage return before it */
	uint8_t kept; /* lines in the history */
	uint8_t called; /* 1: the newest of them stands in `line`; 0: what is being typed */
	char line[LINE_MAX_BYTES + 1];
	char history[HISTORY_LINES + 1][HISTORY_BYTES]; /* the first is what was being typed */
} LineEditor;

#define EDITOR_MORE 0
/* `line` holds a whole line; call lineEditorNext before the next byte. */
#define EDITOR_LINE 1
/* The line was thrown away. */
#define EDITOR_CANCELLED 2

/* Takes one byte. */
int lineEditorTake(LineEditor* editor, uint8_t byte);
/* Begins the next line. A line that starts with a space is not kept. */
void lineEditorNext(LineEditor* editor, int keep);
/* What shows the line and puts the cursor in its place: SHOWN_BYTES at most. Returns how many. */
size_t lineEditorShow(const LineEditor* editor, char* into);

#endif
