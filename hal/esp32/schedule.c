/* Timers, calls and the end of the program on ESP-IDF and the Moddable SDK. All of it runs in the machine's task. */
#include <sys/time.h>

#include "esp_system.h"
#include "esp_timer.h"

#include "xsmc.h"
#include "xsHost.h"
#include "modTimer.h"
#include "timer-list.h"

/* ms; the longest that the SDK's timer is set for. */
#define DELAY_MAX 0x3fffffff

static modTimer gTimer;

int64_t zonalMilliseconds(void)
{
	return esp_timer_get_time() / 1000;
}

int zonalSetTime(int64_t seconds, uint32_t milliseconds)
{
	const struct timeval time = { .tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)(milliseconds * 1000) };
	return settimeofday(&time, NULL) == 0;
}

void zonalExit(int status)
{
	(void)status;
	esp_restart();
}

static void expire(modTimer timer, void* refcon, int refconSize)
{
	int64_t now = zonalMilliseconds();
	uint64_t last = timersLast();
	ZonalTimer* at;
	(void)timer;
	(void)refcon;
	(void)refconSize;
	while ((at = timersTakeDue(now, last)))
		at->expired(at->data);
	timersChanged();
}

/* One timer of the SDK's stands for all; it is made once and never ends. */
void timersChanged(void)
{
	int first = timersDelay(DELAY_MAX);
	if (gTimer)
		modTimerReschedule(gTimer, first, DELAY_MAX);
	else {
		gTimer = modTimerAdd(first, DELAY_MAX, expire, NULL, 0);
		if (!gTimer)
			abort();
	}
}

void zonalCall(xsMachine* machine, xsSlot* function)
{
	xsBeginHost(machine);
	(void)xsCallFunction0(*function, xsGlobal);
	xsEndHost(machine);
}

void zonalCallInteger(xsMachine* machine, xsSlot* function, int32_t argument)
{
	xsBeginHost(machine);
	(void)xsCallFunction1(*function, xsGlobal, xsInteger(argument));
	xsEndHost(machine);
}

void zonalCallString(xsMachine* machine, xsSlot* function, const char* argument)
{
	xsBeginHost(machine);
	(void)xsCallFunction1(*function, xsGlobal, xsString(argument));
	xsEndHost(machine);
}
