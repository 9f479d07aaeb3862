/* How the natives read their arguments. Nothing here allocates unless it throws. */
#ifndef ZONAL_ARGUMENTS_H
#define ZONAL_ARGUMENTS_H

#include "zonal-port.h"

/* The largest integer that a Number holds exactly. */
#define SAFE_INTEGER_MAX 9007199254740991.0

/* An integer from 0 to `most`; throws a RangeError for every other value. */
double integerArgument(xsMachine* the, xsSlot* slot, double most, const char* what);

/* An integer from 0 to 2^32 - 1. */
uint32_t unsignedArgument(xsMachine* the, xsSlot* slot, const char* what);

#define xsUnsignedArgument(INDEX, WHAT) unsignedArgument(the, &xsArg(INDEX), WHAT)

/* Throws a RangeError unless offset <= end <= length. */
void checkRange(xsMachine* the, uint32_t offset, uint32_t end, uint32_t length, const char* what);

#endif
