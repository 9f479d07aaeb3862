/* How a run ends that cannot go on. The engine's limits end the program with a status of their own and what
 * there is to know about the memory; no JavaScript runs after that. */
#include "host.h"
#include "zonal-port.h"

char gNote[256];

static void printException(txMachine* the, const char* what)
{
	fflush(stdout);
	fprintf(stderr, "zonal-xs: %s: ", what);
	fxBeginHost(the);
	mxTry(the) {
		mxPush(mxException);
		mxException = mxUndefined;
		if (mxIsReference(the->stack) && the->stack->value.reference->next
				&& (the->stack->value.reference->next->kind == XS_ERROR_KIND))
			mxGetID(mxID(_stack));
		fprintf(stderr, "%s\n", fxToString(the, the->stack));
	}
	mxCatch(the) {
		fprintf(stderr, "(its text cannot be made)\n");
	}
	fxEndHost(the);
}

/* The calls that fill the stack, innermost first, with the slots that each takes. Allocates nothing. */
static void printCalls(txMachine* the)
{
	enum { CALLS_MAX = 40 };
	txSlot* top = the->stack;
	txSlot* frame;
	int calls = 0;
	for (frame = the->frame; frame && (calls++ < CALLS_MAX); frame = frame->next) {
		txSlot* function = frame + 3;
		txSlot* end = frame->next ? frame + 5 : the->stackTop;
		const char* text = "";
		if ((function->kind == XS_REFERENCE_KIND) && mxIsFunction(function->value.reference)) {
			txSlot* code = mxFunctionInstanceCode(function->value.reference);
			txSlot* name = mxBehaviorGetProperty(the, function->value.reference, mxID(_name), 0, XS_OWN);
			if (name && ((name->kind == XS_STRING_KIND) || (name->kind == XS_STRING_X_KIND)))
				text = name->value.string;
			if (!*text && (code->ID != XS_NO_ID))
				text = fxGetKeyName(the, code->ID);
		}
		fprintf(stderr, "    at %s (%ld slots)\n", text, (long)(end - top));
		top = end;
	}
	if (frame)
		fprintf(stderr, "    …\n");
}

void fxAbort(txMachine* the, int status)
{
	static int aborting;
	if (aborting++)
		_exit(EXIT_ENGINE + status);
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		memoryReport(the, "out of memory");
		censusPrint(the);
		break;
	case XS_STACK_OVERFLOW_EXIT:
		memoryReport(the, "stack overflow");
		printCalls(the);
		break;
	case XS_NO_MORE_KEYS_EXIT:
		memoryReport(the, "too many property names");
		break;
	case XS_TOO_MUCH_COMPUTATION_EXIT:
		fflush(stdout);
		fprintf(stderr, "zonal-xs: too much computation: %lu\n", (unsigned long)the->meterIndex);
		break;
	case XS_UNHANDLED_EXCEPTION_EXIT:
		printException(the, "uncaught exception");
		break;
	case XS_UNHANDLED_REJECTION_EXIT:
		printException(the, "unhandled rejection");
		break;
	default:
		fflush(stdout);
		fprintf(stderr, "zonal-xs: the engine gave up with code %d\n", status);
		break;
	}
	if (gNote[0])
		fprintf(stderr, "zonal-xs: during %s\n", gNote);
	zonalExit(EXIT_ENGINE + status);
}

/* The engine's own remarks would go to standard output, which belongs to the firmware; what matters of them is in
 * memoryReport. The build directs the engine's calls of fxReport here. */
void __wrap_fxReport(txMachine* the, txString format, ...);
void __wrap_fxReport(txMachine* the, txString format, ...)
{
	(void)the;
	(void)format;
}
