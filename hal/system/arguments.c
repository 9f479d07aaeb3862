/* How the natives read their arguments. */
#include "arguments.h"

double integerArgument(xsMachine* the, xsSlot* slot, double most, const char* what)
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

uint32_t unsignedArgument(xsMachine* the, xsSlot* slot, const char* what)
{
	return (uint32_t)integerArgument(the, slot, UINT32_MAX, what);
}

void checkRange(xsMachine* the, uint32_t offset, uint32_t end, uint32_t length, const char* what)
{
	if ((offset > end) || (end > length))
		xsRangeError("%s: range %u to %u of %u bytes", what, (unsigned)offset, (unsigned)end, (unsigned)length);
}
