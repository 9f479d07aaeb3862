/* Natives of the PC's host program that have no counterpart on a board: files and standard output for the spec
 * runner, the exit status, and the terminal's interrupt. */
#include "host.h"
#include "zonal-port.h"

#include <sys/stat.h>

/* xs_print(line): writes a line to standard output, at once. */
void xs_print(txMachine* the)
{
	if (mxArgc < 1)
		return;
	fputs(fxToString(the, mxArgv(0)), stdout);
	fputc('\n', stdout);
	fflush(stdout);
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

/* xs_file_read(path): the file's bytes as an ArrayBuffer, or undefined where it cannot be read. */
void xs_file_read(txMachine* the)
{
	char path[1024];
	struct stat status;
	FILE* file;
	size_t size;
	fxToStringBuffer(the, mxArgv(0), path, sizeof(path));
	if (stat(path, &status) || !S_ISREG(status.st_mode) || (status.st_size > INT32_MAX / 2))
		return;
	size = (size_t)status.st_size;
	file = fopen(path, "rb");
	if (!file)
		return;
	fxArrayBuffer(the, mxResult, C_NULL, (txInteger)size, -1);
	size = fread(fxToArrayBuffer(the, mxResult), 1, size, file);
	if (ferror(file))
		fxUndefined(the, mxResult);
	fclose(file);
	if (size < (size_t)status.st_size)
		fxUndefined(the, mxResult);
}
