/* The globals native(name) and Native(destructor name), which give JavaScript the C functions that the build
 * listed (natives-table.h in the build folder; see zonal-port.h for the form). On a board the SDK's compiler
 * resolves the same calls at build time, so a name that is not listed is an error here as well.
 *
 * The function objects are made once, in the root machine: asking for one allocates nothing. */
#include "host.h"

#define ZONAL_NATIVE(NAME) extern void NAME(txMachine* the);
#define ZONAL_DESTRUCTOR(NAME) extern void NAME(void* data);
#include "natives-table.h"
#undef ZONAL_NATIVE
#undef ZONAL_DESTRUCTOR

typedef struct {
	const char* name;
	txCallback callback;
	txDestructor destructor;
	txSlot* function; /* slots do not move */
} Native;

/* Sorted by name. */
static Native gNatives[] = {
#define ZONAL_NATIVE(NAME) { #NAME, NAME, NULL, NULL },
#define ZONAL_DESTRUCTOR(NAME) { #NAME, NULL, NAME, NULL },
#include "natives-table.h"
#undef ZONAL_NATIVE
#undef ZONAL_DESTRUCTOR
};

#define NATIVE_COUNT ((int)(sizeof(gNatives) / sizeof(gNatives[0])))

static Native* findNative(const char* name)
{
	int low = 0, high = NATIVE_COUNT;
	while (low < high) {
		int middle = (low + high) / 2;
		int order = strcmp(name, gNatives[middle].name);
		if (order == 0)
			return &gNatives[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static txSlot* findFunction(txMachine* the, int isDestructor)
{
	Native* native;
	if ((mxArgc < 1) || !mxIsStringPrimitive(mxArgv(0)))
		mxTypeError("name of a C function expected");
	native = findNative(mxArgv(0)->value.string);
	if (!native || ((native->destructor != NULL) != isDestructor))
		mxReferenceError("no C function %s", mxArgv(0)->value.string);
	return native->function;
}

static void host_native(txMachine* the)
{
	txSlot* function = findFunction(the, 0);
	mxResult->kind = XS_REFERENCE_KIND;
	mxResult->value.reference = function;
}

static void host_Native(txMachine* the)
{
	txSlot* function = findFunction(the, 1);
	mxResult->kind = XS_REFERENCE_KIND;
	mxResult->value.reference = function;
}

/* The constructor that Native() returns: an object that carries C data. Which destructor frees it is told by
 * the function's index in the table, kept in an internal property. */
static void host_construct(txMachine* the)
{
	txSlot* index = mxFunctionInstanceHome(mxFunction->value.reference)->next;
	txSlot* instance;
	txSlot* host;
	if (mxIsUndefined(mxTarget))
		mxTypeError("call: native class");
	mxPushSlot(mxTarget);
	fxGetPrototypeFromConstructor(the, &mxObjectPrototype);
	instance = fxNewSlot(the);
	instance->kind = XS_INSTANCE_KIND;
	instance->value.instance.garbage = C_NULL;
	instance->value.instance.prototype = fxGetInstance(the, the->stack);
	the->stack->value.reference = instance;
	the->stack->kind = XS_REFERENCE_KIND;
	host = instance->next = fxNewSlot(the);
	host->flag = XS_INTERNAL_FLAG;
	host->kind = XS_HOST_KIND;
	host->value.host.data = C_NULL;
	host->value.host.variant.destructor = gNatives[index->value.integer].destructor;
	mxPullSlot(mxResult);
}

static void addInternal(txMachine* the, txSlot* function, txSlot* value)
{
	txSlot* home = mxFunctionInstanceHome(function);
	txSlot* property = fxNewSlot(the);
	property->flag = XS_INTERNAL_FLAG;
	property->kind = value->kind;
	property->value = value->value;
	property->next = home->next;
	home->next = property;
}

static void newConstructor(txMachine* the, int at)
{
	mxPush(mxObjectPrototype);
	fxNewObjectInstance(the);
	gNatives[at].function = fxNewHostConstructor(the, host_construct, 0, mxID(_Object));
	mxPushInteger(at);
	addInternal(the, gNatives[at].function, the->stack);
	mxPop();
}

static txSlot* defineGlobal(txMachine* the, txCallback callback, const char* name)
{
	txID id = fxNewNameC(the, (txString)name);
	txSlot* function = fxNewHostFunction(the, callback, 1, (txInteger)id, XS_NO_ID);
	mxPush(mxGlobal);
	fxSetID(the, id);
	mxPop();
	return function;
}

void nativesInstall(txMachine* the)
{
	txSlot* all;
	int i;
	for (i = 1; i < NATIVE_COUNT; i++) {
		if (strcmp(gNatives[i - 1].name, gNatives[i].name) >= 0) {
			fprintf(stderr, "zonal-xs: natives-table.h is not sorted at %s\n", gNatives[i].name);
			exit(EXIT_USAGE);
		}
	}
	fxBeginHost(the);
	fxNewArray(the, 0);
	all = the->stack;
	for (i = 0; i < NATIVE_COUNT; i++) {
		if (gNatives[i].destructor)
			newConstructor(the, i);
		else
			gNatives[i].function = fxNewHostFunction(the, gNatives[i].callback, 0, XS_NO_ID, XS_NO_ID);
		mxPushSlot(all);
		fxSetIndex(the, (txIndex)i);
		mxPop();
	}
	/* What keeps them alive is an internal property of native(). */
	addInternal(the, defineGlobal(the, host_native, "native"), all);
	defineGlobal(the, host_Native, "Native");
	fxEndHost(the);
}
