/* The list of timers, for the loops that run them. */
#ifndef ZONAL_TIMER_LIST_H
#define ZONAL_TIMER_LIST_H

#include "zonal-port.h"

/* ms until the first one is due: 0 where it is, `longest` where it is later or there is none. */
int timersDelay(int longest);
int timersExist(void);
/* The number of the one scheduled last. */
uint64_t timersLast(void);
/* Takes out one that is due at `now` and was scheduled no later than `last`: those that a callback schedules for now wait for
 * the next round. Returns NULL where there is none. */
ZonalTimer* timersTakeDue(int64_t now, uint64_t last);

/* Each loop's own: another timer is the first one to be due. */
void timersChanged(void);

#endif
