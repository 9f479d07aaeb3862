/* What watches over the machine on a PC: an alarm on the processor time that it takes, so that a computer which is busy with
 * other things, or a program that is held, is no reason to end. */
#include "host.h"
#include "zonal-port.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void onAlarm(int number)
{
	static const char text[] = "zonal-xs: the loop stands still: ended by the watchdog\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)number;
	(void)ignored;
	terminalRestore();
	_exit(EXIT_WATCHDOG);
}

void zonalFeedWatchdog(uint32_t milliseconds)
{
	static int isReady;
	const struct itimerval time = { .it_value = { .tv_sec = milliseconds / 1000, .tv_usec = (suseconds_t)(milliseconds % 1000) * 1000 } };
	if (!isReady && (signal(SIGPROF, onAlarm) == SIG_ERR))
		abort();
	isReady = 1;
	if (setitimer(ITIMER_PROF, &time, NULL))
		abort();
}

const char* zonalStartReason(void)
{
	return "started by hand";
}
