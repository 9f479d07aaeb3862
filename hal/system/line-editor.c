#include "line-editor.h"

#include <stdio.h>
#include <string.h>

#define CONTROL(LETTER) ((LETTER) & 31)
#define ESCAPE 27
#define RUBOUT 127

/* States of `escape` (ECMA-48: CSI sequences; SS3 of terminals in application mode). */
#define TEXT 0
#define ESCAPED 1
#define SEQUENCE 2
#define SINGLE 3

static void insert(LineEditor* editor, char character)
{
	char* at = editor->line + editor->cursor;
	if (editor->length >= LINE_MAX_BYTES)
		return;
	memmove(at + 1, at, (size_t)(editor->length - editor->cursor));
	*at = character;
	editor->cursor++;
	editor->length++;
}

/* What lies between `from` and the cursor. */
static void erase(LineEditor* editor, uint16_t from)
{
	memmove(editor->line + from, editor->line + editor->cursor, (size_t)(editor->length - editor->cursor));
	editor->length = (uint16_t)(editor->length - (editor->cursor - from));
	editor->cursor = from;
}

static void eraseHere(LineEditor* editor)
{
	if (editor->cursor == editor->length)
		return;
	editor->cursor++;
	erase(editor, (uint16_t)(editor->cursor - 1));
}

static uint16_t wordStart(const LineEditor* editor)
{
	uint16_t at = editor->cursor;
	while ((at > 0) && (editor->line[at - 1] == ' '))
		at--;
	while ((at > 0) && (editor->line[at - 1] != ' '))
		at--;
	return at;
}

/* What is being typed is kept while others are shown; where it is too long for that nothing is. */
static void call(LineEditor* editor, int which)
{
	if ((which < 0) || (which > editor->kept))
		return;
	if (editor->called == 0) {
		if (editor->length >= HISTORY_BYTES)
			return;
		memcpy(editor->history[0], editor->line, editor->length);
		editor->history[0][editor->length] = 0;
	}
	editor->called = (uint8_t)which;
	editor->length = (uint16_t)strlen(editor->history[which]);
	memcpy(editor->line, editor->history[which], editor->length);
	editor->cursor = editor->length;
}

static void move(LineEditor* editor, uint8_t key)
{
	switch (key) {
		case 'A':
			call(editor, editor->called + 1);
			break;
		case 'B':
			call(editor, editor->called - 1);
			break;
		case 'C':
			if (editor->cursor < editor->length)
				editor->cursor++;
			break;
		case 'D':
			if (editor->cursor > 0)
				editor->cursor--;
			break;
		case 'H':
			editor->cursor = 0;
			break;
		case 'F':
			editor->cursor = editor->length;
			break;
	}
}

/* The keys with a number: Home, Delete, End, and again Home and End of other terminals. */
static void press(LineEditor* editor)
{
	switch (editor->parameter) {
		case 1:
		case 7:
			move(editor, 'H');
			break;
		case 3:
			eraseHere(editor);
			break;
		case 4:
		case 8:
			move(editor, 'F');
			break;
	}
}

/* Returns 1 where the byte was part of a sequence. */
static int takeSequence(LineEditor* editor, uint8_t byte)
{
	int state = editor->escape;
	editor->escape = TEXT;
	/* Control characters do what they always do, and end the sequence. */
	if ((state == TEXT) || (byte < 32))
		return 0;
	if (state == ESCAPED) {
		editor->escape = byte == '[' ? SEQUENCE : byte == 'O' ? SINGLE : TEXT;
		editor->parameter = 0;
	}
	else if (state == SINGLE)
		move(editor, byte);
	else if (byte == '~')
		press(editor);
	else if (byte >= 64)
		move(editor, byte);
	else {
		/* The first number counts; what follows it says which other keys are held. */
		if ((byte >= '0') && (byte <= '9') && (editor->parameter < 20))
			editor->parameter = (uint8_t)(editor->parameter * 10 + byte - '0');
		editor->escape = SEQUENCE;
	}
	return 1;
}

int lineEditorTake(LineEditor* editor, uint8_t byte)
{
	int wasReturn = editor->wasReturn;
	editor->wasReturn = byte == '\r';
	if (takeSequence(editor, byte))
		return EDITOR_MORE;
	switch (byte) {
		case '\n':
			if (wasReturn)
				return EDITOR_MORE;
			/* fall through */
		case '\r':
			editor->line[editor->length] = 0;
			return EDITOR_LINE;
		case CONTROL('C'):
			return EDITOR_CANCELLED;
		case ESCAPE:
			editor->escape = ESCAPED;
			break;
		case CONTROL('H'):
		case RUBOUT:
			if (editor->cursor > 0)
				erase(editor, (uint16_t)(editor->cursor - 1));
			break;
		case CONTROL('A'):
			move(editor, 'H');
			break;
		case CONTROL('B'):
			move(editor, 'D');
			break;
		case CONTROL('D'):
			eraseHere(editor);
			break;
		case CONTROL('E'):
			move(editor, 'F');
			break;
		case CONTROL('F'):
			move(editor, 'C');
			break;
		case CONTROL('K'):
			editor->length = editor->cursor;
			break;
		case CONTROL('N'):
			move(editor, 'B');
			break;
		case CONTROL('P'):
			move(editor, 'A');
			break;
		case CONTROL('U'):
			erase(editor, 0);
			break;
		case CONTROL('W'):
			erase(editor, wordStart(editor));
			break;
		default:
			if (byte >= 32)
				insert(editor, byte < RUBOUT ? (char)byte : '?');
			break;
	}
	return EDITOR_MORE;
}

void lineEditorNext(LineEditor* editor, int keep)
{
	editor->line[editor->length] = 0;
	if (keep && (editor->length > 0) && (editor->length < HISTORY_BYTES) && (editor->line[0] != ' ')
		&& (!editor->kept || strcmp(editor->history[1], editor->line))) {
		memmove(editor->history[2], editor->history[1], sizeof(editor->history[0]) * (HISTORY_LINES - 1));
		memcpy(editor->history[1], editor->line, (size_t)editor->length + 1);
		if (editor->kept < HISTORY_LINES)
			editor->kept++;
	}
	editor->length = editor->cursor = 0;
	editor->called = 0;
}

size_t lineEditorShow(const LineEditor* editor, char* into)
{
	size_t from = editor->cursor < SHOWN_COLUMNS ? 0 : (size_t)(editor->cursor - SHOWN_COLUMNS + 1);
	size_t length = editor->length - from > SHOWN_COLUMNS ? SHOWN_COLUMNS : editor->length - from;
	size_t column = editor->cursor - from;
	char* at = into;
	*at++ = '\r';
	memcpy(at, editor->line + from, length);
	at += length;
	memcpy(at, "\033[K", 3);
	at += 3;
	if (column < length)
		at += column > 0 ? sprintf(at, "\r\033[%uC", (unsigned)column) : sprintf(at, "\r");
	return (size_t)(at - into);
}
