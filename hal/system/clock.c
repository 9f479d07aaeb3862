/* The Clock and Calendar ports. */
#include <time.h>

#include "arguments.h"

/* The low 32 bits, as int32. */
void xs_clock_now(xsMachine* the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(uint32_t)zonalMilliseconds());
}

void xs_calendar_seconds(xsMachine* the)
{
	xsmcSetNumber(xsResult, (xsNumberValue)time(NULL));
}

/* (seconds since 1970, milliseconds): false where the clock is not ours to set. */
void xs_calendar_set(xsMachine* the)
{
	double seconds = integerArgument(the, &xsArg(0), SAFE_INTEGER_MAX, "calendar: seconds");
	uint32_t milliseconds = (uint32_t)integerArgument(the, &xsArg(1), 999, "calendar: milliseconds");
	if (zonalSetTime((int64_t)seconds, milliseconds))
		xsmcSetTrue(xsResult);
	else
		xsmcSetFalse(xsResult);
}
