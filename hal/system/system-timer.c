/* The Timer port. */
#include <stdlib.h>

#include "arguments.h"

#define DELAY_MAX 2147483647.0

typedef struct {
	xsMachine* machine;
	xsSlot self; /* remembered while scheduled */
	xsSlot onTimeout;
	ZonalTimer timer;
} Timer;

void xs_system_timer_destructor(void* data);

static Timer* timerOf(xsMachine* the)
{
	return xsmcGetHostDataValidate(xsThis, (void*)xs_system_timer_destructor);
}

static void cancelTimer(Timer* timer)
{
	xsMachine* the = timer->machine;
	if (!timer->timer.active)
		return;
	zonalCancel(&timer->timer);
	xsForget(timer->self);
}

void xs_system_timer_destructor(void* data)
{
	Timer* timer = data;
	xsMachine* the;
	if (!timer)
		return;
	the = timer->machine;
	cancelTimer(timer);
	xsForget(timer->onTimeout);
	free(timer);
}

static void expired(void* data)
{
	Timer* timer = data;
	xsMachine* the = timer->machine;
	/* The loop made it inactive. From here on the object may be collected: no use of it after the call. */
	xsForget(timer->self);
	zonalCall(the, &timer->onTimeout);
}

/* (onTimeout) */
void xs_system_timer(xsMachine* the)
{
	Timer* timer;
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("timer: onTimeout is no function");
	timer = calloc(1, sizeof(*timer));
	if (!timer)
		xsUnknownError("timer: out of memory");
	timer->machine = the;
	timer->self = xsThis;
	timer->onTimeout = xsArg(0);
	xsmcSetHostData(xsThis, timer);
	xsRemember(timer->onTimeout);
}

/* (delay) */
void xs_system_timer_schedule(xsMachine* the)
{
	uint32_t delay = (uint32_t)integerArgument(the, &xsArg(0), DELAY_MAX, "timer: delay");
	Timer* timer = timerOf(the);
	if (!timer)
		xsUnknownError("timer: closed");
	if (!timer->timer.active)
		xsRemember(timer->self);
	zonalSchedule(&timer->timer, delay, expired, timer);
}

void xs_system_timer_cancel(xsMachine* the)
{
	Timer* timer = timerOf(the);
	if (timer)
		cancelTimer(timer);
}

void xs_system_timer_close(xsMachine* the)
{
	xs_system_timer_destructor(timerOf(the));
	xsmcSetHostData(xsThis, NULL);
}
