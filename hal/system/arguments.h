/* How the natives read their arguments. Nothing here allocates unless it throws. */
#ifndef ZONAL_ARGUMENTS_H
#define ZONAL_ARGUMENTS_H

#include "zonal-port.h"

/* The largest integer that a Number holds exactly. */
#define SAFE_INTEGER_MAX 9007199254740991.0

/* An integer from 0 to `most`; throws a RangeError for every other value. */
static inline double integerArgument(xsMachine* the, xsSlot* slot, double most, const char* what)
{
	double value = -1;
	xsType type = fxTypeOf(the, slot);
	if (xsIntegerType == type)
		value = fxToInteger(the, slot);
	else if (xsNumberType == type)
		value = fxToNumber(the, slot);
	if (!((value >= 0) && (value <= most) && (value == (double)(uint64_t)value)))
		xsRangeError("%s: %g, expected an integer from 0 to %.0f", what, value, most);
	return value;
}

#define xsUnsignedArgument(INDEX, WHAT) ((uint32_t)integerArgument(the, &xsArg(INDEX), 4294967295.0, WHAT))

/* Throws a RangeError unless offset <= end <= length. */
static inline void checkRange(xsMachine* the, uint32_t offset, uint32_t end, uint32_t length, const char* what)
{
	if ((offset > end) || (end > length))
		xsRangeError("%s: range %u to %u of %u bytes", what, (unsigned)offset, (unsigned)end, (unsigned)length);
}

#endif
