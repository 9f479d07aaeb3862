/* The timers of the one machine. Nothing is allocated here: they are parts of their owners' structures. */
#include <stddef.h>

#include "timer-list.h"

static ZonalTimer* gTimers; /* by due time, then in the order they were scheduled */
static uint64_t gOrder;

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
		timersChanged();
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

int timersDelay(int longest)
{
	int64_t delay = gTimers ? gTimers->due - zonalMilliseconds() : longest;
	return delay < 0 ? 0 : delay > longest ? longest : (int)delay;
}

int timersExist(void)
{
	return gTimers != NULL;
}

uint64_t timersLast(void)
{
	return gOrder;
}

ZonalTimer* timersTakeDue(int64_t now, uint64_t last)
{
	ZonalTimer* first = gTimers;
	if (!first || (first->due > now) || (first->order > last))
		return NULL;
	zonalCancel(first);
	return first;
}
