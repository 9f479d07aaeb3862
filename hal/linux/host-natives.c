/* Natives of the PC's host program that have no counterpart on a board: files and standard output for the spec
 * runner, the exit status, and the terminal's interrupt. */
#include "host.h"
#include "zonal-port.h"

/* Writes one of the engine's strings as UTF-8: two surrogates of three bytes each become one character. */
static void putText(const unsigned char* text, FILE* file)
{
	for (; *text; text++) {
		if ((text[0] == 0xED) && ((text[1] & 0xF0) == 0xA0) && (text[3] == 0xED) && ((text[4] & 0xF0) == 0xB0)) {
			uint32_t code = 0x10000 + (((uint32_t)(text[1] & 15) << 16) | ((uint32_t)(text[2] & 63) << 10)
				| ((uint32_t)(text[4] & 15) << 6) | (text[5] & 63));
			fprintf(file, "%c%c%c%c", (int)(0xF0 | (code >> 18)), (int)(0x80 | ((code >> 12) & 63)),
				(int)(0x80 | ((code >> 6) & 63)), (int)(0x80 | (code & 63)));
			text += 5;
		}
		else
			fputc(*text, file);
	}
}

/* xs_print(line): writes a line to standard output, at once. */
void xs_print(txMachine* the)
{
	if (mxArgc < 1)
		return;
	putText((const unsigned char*)fxToString(the, mxArgv(0)), stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

/* xs_note(text): what is being done, for the message of an abort. */
void xs_note(txMachine* the)
{
	fxToStringBuffer(the, mxArgv(0), gNote, sizeof(gNote));
}

/* xs_exit(status): ends the program. */
void xs_exit(txMachine* the)
{
	zonalExit(mxArgc > 0 ? (int)fxToInteger(the, mxArgv(0)) : 0);
}

/* xs_on_interrupt(callback): called once on the first SIGINT or SIGTERM; the second ends the program. */
void xs_on_interrupt(txMachine* the)
{
	if ((mxArgc < 1) || !fxIsCallable(the, mxArgv(0)))
		mxTypeError("function expected");
	loopOnInterrupt(the, mxArgv(0));
}

/* xs_on_idle(callback): called once when nothing is left to wait for, instead of ending the program. */
void xs_on_idle(txMachine* the)
{
	if ((mxArgc < 1) || !fxIsCallable(the, mxArgv(0)))
		mxTypeError("function expected");
	loopOnIdle(the, mxArgv(0));
}

/* Converts UTF-8 to the engine's strings: what lies above U+FFFF becomes two surrogates of three bytes each, NUL
 * two bytes. Writes to `to` where that is not NULL. Returns the length, or -1 where it is no UTF-8. */
static long convertText(const unsigned char* from, size_t size, char* to)
{
	size_t at = 0;
	long length = 0;
	while (at < size) {
		unsigned char first = from[at];
		size_t count = first < 0x80 ? 1 : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : (first & 0xF8) == 0xF0 ? 4 : 0;
		size_t i;
		unsigned char bytes[6];
		size_t used = count;
		if ((count == 0) || (at + count > size))
			return -1;
		for (i = 0; i < count; i++) {
			bytes[i] = from[at + i];
			if ((i > 0) && ((bytes[i] & 0xC0) != 0x80))
				return -1;
		}
		if (first == 0) {
			used = 2;
			bytes[0] = 0xC0;
			bytes[1] = 0x80;
		}
		else if (count == 4) {
			uint32_t code = ((uint32_t)(bytes[0] & 7) << 18 | (uint32_t)(bytes[1] & 63) << 12 | (uint32_t)(bytes[2] & 63) << 6 | (bytes[3] & 63)) - 0x10000;
			uint32_t high = 0xD800 | ((code >> 10) & 0x3FF), low = 0xDC00 | (code & 0x3FF);
			used = 6;
			bytes[0] = 0xED;
			bytes[1] = (unsigned char)(0x80 | ((high >> 6) & 63));
			bytes[2] = (unsigned char)(0x80 | (high & 63));
			bytes[3] = 0xED;
			bytes[4] = (unsigned char)(0x80 | ((low >> 6) & 63));
			bytes[5] = (unsigned char)(0x80 | (low & 63));
		}
		if (to)
			memcpy(to + length, bytes, used);
		length += (long)used;
		at += count;
	}
	return length;
}

/* xs_text(ArrayBuffer): its UTF-8 bytes as a string. */
void xs_text(txMachine* the)
{
	size_t size = (size_t)fxGetArrayBufferLength(the, mxArgv(0));
	long length = convertText(fxToArrayBuffer(the, mxArgv(0)), size, NULL);
	if (length < 0)
		mxTypeError("not UTF-8");
	fxStringBuffer(the, mxResult, C_NULL, (txSize)length);
	/* Only now: the result's allocation may have moved the buffer. */
	convertText(fxToArrayBuffer(the, mxArgv(0)), size, mxResult->value.string);
}
