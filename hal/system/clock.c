/* The Clock and Calendar ports. */
#include <time.h>

#include "zonal-port.h"

/* The low 32 bits, as int32. */
void xs_clock_now(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(uint32_t)zonalMilliseconds());
}

void xs_calendar_seconds(xsMachine* the)
{
	xsmcSetNumber(xsResult, (xsNumberValue)time(NULL));
}
