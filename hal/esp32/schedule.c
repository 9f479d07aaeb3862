/* Timers, calls and the end of the program on ESP-IDF and the Moddable SDK. All of it runs in the machine's task. */
#include <sys/time.h>

#include "esp_system.h"
#include "esp_timer.h"

#include "xsmc.h"
#include "xsHost.h"
#include "modTimer.h"
#include "zonal-port.h"

/* ms; the longest that the SDK's timer is set for. */
#define DELAY_MAX 0x3fffffff

static ZonalTimer* gTimers; /* by due time, then in the order they were scheduled */
static uint64_t gOrder;
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

static void setTimer(void);

/* Timers that a callback schedules for now wait for the next round. */
static void expire(modTimer timer, void* refcon, int refconSize)
{
	int64_t now = zonalMilliseconds();
	uint64_t last = gOrder;
	ZonalTimer* at;
	(void)timer;
	(void)refcon;
	(void)refconSize;
	while ((at = gTimers) && (at->due <= now) && (at->order <= last)) {
		zonalCancel(at);
		at->expired(at->data);
	}
	setTimer();
}

/* One timer of the SDK's stands for all; it is made once and never ends. */
static void setTimer(void)
{
	int64_t delay = gTimers ? gTimers->due - zonalMilliseconds() : DELAY_MAX;
	int first = delay < 0 ? 0 : delay > DELAY_MAX ? DELAY_MAX : (int)delay;
	if (gTimer)
		modTimerReschedule(gTimer, first, DELAY_MAX);
	else {
		gTimer = modTimerAdd(first, DELAY_MAX, expire, NULL, 0);
		if (!gTimer)
			abort();
	}
}

void zonalSchedule(ZonalTimer* timer, uint32_t delay, void (*expired)(void* data), void* data)
{
	ZonalTimer** at = &gTimers;
	zonalCancel(timer);
	timer->due = zonalMilliseconds() + delay;
	timer->order = ++gOrder;
	timer->expired = expired;
	timer->data = data;
	timer->active = 1;
	while (*at && ((*at)->due <= timer->due))
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
	if (gTimers == timer)
		setTimer();
}

void zonalCancel(ZonalTimer* timer)
{
	ZonalTimer** at;
	if (!timer->active)
		return;
	timer->active = 0;
	for (at = &gTimers; *at; at = &(*at)->next) {
		if (*at == timer) {
			*at = timer->next;
			break;
		}
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
