/* zonal-xs: runs ES modules on the XS engine.
 *
 * By default like a board: the entry and all that it imports are evaluated once in a root machine that becomes
 * read-only, then the entry's default export is called in a clone of it whose memory is one arena. With --grow in
 * one machine with a growing heap: specs. */
#include "host.h"
#include "zonal-port.h"

#include <signal.h>

/* What the SDK's Ethernet boards give in slots of 16 bytes; slots of 32 bytes need twice that. */
#define ARENA_KIB (154 * (sizeof(txSlot) / 16))
#define STACK_KIB (8 * (sizeof(txSlot) / 16))

ZonalOptions gOptions;

#if mxStress
extern int gxStress;
#endif

static const char gUsage[] =
	"usage: zonal-xs [option…] --root FOLDER --entry MODULE [-- argument…]\n"
	"  --arena KIB   chunks and slots of the machine (default: as on the boards)\n"
	"  --slots N     of the arena, so many slots' room is theirs and the rest the chunks' (as on the ESP32)\n"
	"  --stack KIB   its stack\n"
	"  --grow        one machine with a growing heap, nothing frozen\n"
	"  --limit N     ends the run after N computation units\n"
	"  --sizes       prints the byte code's size per module as JSON and ends\n"
	"  --report      prints the memory's figures to standard error at the end and at SIGUSR1, as JSON\n"
	"  --stress      collects garbage at every allocation (sanitized builds)\n";

static void usage(const char* what, const char* argument)
{
	fprintf(stderr, "zonal-xs: %s%s\n%s", what, argument, gUsage);
	exit(EXIT_USAGE);
}

static long number(const char* option, const char* text, long least, long most)
{
	char* end;
	long value = text ? strtol(text, &end, 10) : 0;
	if (!text || *end || (value < least) || (value > most))
		usage("number expected after ", option);
	return value;
}

/* Returns the index of the first argument for the entry. */
static int readOptions(int count, char* arguments[])
{
	int i;
	gOptions.arenaBytes = ARENA_KIB * 1024;
	gOptions.stackBytes = STACK_KIB * 1024;
	for (i = 1; i < count; i++) {
		const char* option = arguments[i];
		const char* value = i + 1 < count ? arguments[i + 1] : NULL;
		if (!strcmp(option, "--")) {
			i++;
			break;
		}
		if (!strcmp(option, "--grow"))
			gOptions.grow = 1;
		else if (!strcmp(option, "--sizes"))
			gOptions.sizes = 1;
		else if (!strcmp(option, "--report"))
			gOptions.report = 1;
		else if (!strcmp(option, "--stress"))
			gOptions.stress = 1;
		else {
			if (!strcmp(option, "--arena"))
				gOptions.arenaBytes = (size_t)number(option, value, 4, 1 << 20) * 1024;
			else if (!strcmp(option, "--slots"))
				gOptions.arenaSlots = (size_t)number(option, value, 1, 1 << 20);
			else if (!strcmp(option, "--stack"))
				gOptions.stackBytes = (size_t)number(option, value, 1, 1 << 16) * 1024;
			else if (!strcmp(option, "--limit"))
				gOptions.limit = (uint32_t)number(option, value, 1, INT32_MAX);
			else if (!strcmp(option, "--root"))
				gOptions.root = value;
			else if (!strcmp(option, "--entry"))
				gOptions.entry = value;
			else
				usage("unknown option ", option);
			if (!value)
				usage("value expected after ", option);
			i++;
		}
	}
	if (gOptions.arenaSlots * sizeof(txSlot) >= gOptions.arenaBytes)
		usage("the arena has no room for so many ", "slots");
	if (!gOptions.root || !gOptions.entry)
		usage("--root and --entry are needed", "");
#if !mxStress
	if (gOptions.stress)
		usage("--stress needs a sanitized build", "");
#endif
	return i;
}

/* Machines */

static txMachine* createRoot(void)
{
	txCreation creation = {
		.initialChunkSize = 256 * 1024, .incrementalChunkSize = 128 * 1024,
		.initialHeapCount = 16384, .incrementalHeapCount = 8192,
		.stackCount = 16384,
		.initialKeyCount = 4096, .incrementalKeyCount = 1024,
		.nameModulo = 127, .symbolModulo = 37,
		.parserBufferSize = 64 * 1024, .parserTableModulo = 1993,
		.staticSize = 0,
	};
	txMachine* the = fxCreateMachine(&creation, "root", NULL, XS_NO_ID);
	if (!the) {
		fprintf(stderr, "zonal-xs: no memory for the root machine\n");
		exit(EXIT_OUT_OF_MEMORY);
	}
	return the;
}

static txMachine* createClone(txMachine* root)
{
	/* The root's name tables are copied: same sizes. Keys are few: names that only exist at run time. */
	txCreation creation = {
		.initialChunkSize = 1024, .incrementalChunkSize = 1024,
		.initialHeapCount = 64, .incrementalHeapCount = 64,
		.stackCount = (txSize)(gOptions.stackBytes / sizeof(txSlot)),
		.initialKeyCount = 64, .incrementalKeyCount = 32,
		.nameModulo = root->nameModulo, .symbolModulo = root->symbolModulo,
		.parserBufferSize = 1024, .parserTableModulo = 127,
		.staticSize = 0,
	};
	txMachine* the;
	arenaCreate(gOptions.arenaBytes, gOptions.stackBytes, gOptions.arenaSlots);
	the = fxCloneMachine(&creation, root, "board", NULL);
	if (!the) {
		fprintf(stderr, "zonal-xs: out of memory: an empty machine does not fit into the arena\n");
		exit(EXIT_OUT_OF_MEMORY);
	}
	return the;
}

void fxCreateMachinePlatform(txMachine* the)
{
	the->promiseJobs = 0;
}

void fxDeleteMachinePlatform(txMachine* the)
{
	(void)the;
}

static txBoolean overLimit(txMachine* the, txU4 index)
{
	(void)the;
	(void)index;
	return 0;
}

/* Running */

/* Imports the entry and leaves its namespace on the stack. The modules are evaluated by then: their scope must
 * not wait for anything but promise jobs. */
static void importEntry(txMachine* the)
{
	txSlot* promise;
	txSlot* result;
	mxPushStringC((txString)gOptions.entry);
	fxRunImport(the, mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm, XS_NO_ID);
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	promise = the->stack->value.reference;
	result = mxPromiseResult(promise);
	if (mxPromiseStatus(promise)->value.integer == mxFulfilledStatus) {
		*the->stack = *result;
		the->stack->next = C_NULL;
		return;
	}
	if (mxPromiseStatus(promise)->value.integer == mxRejectedStatus) {
		mxException.kind = result->kind;
		mxException.value = result->value;
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	mxTypeError("%s or a module that it imports waits at module scope", gOptions.entry);
}

static void callDefault(txMachine* the, int count, char* arguments[])
{
	txSlot* namespace = the->stack;
	txSlot* list;
	int i;
	mxPushUndefined();
	mxPushSlot(namespace);
	mxGetID(mxID(_default));
	if (!fxIsCallable(the, the->stack))
		mxTypeError("%s has no function as its default export", gOptions.entry);
	mxCall();
	fxNewArray(the, 0);
	list = the->stack;
	for (i = 0; i < count; i++) {
		mxPushStringC(arguments[i]);
		mxPushSlot(list);
		fxSetIndex(the, (txIndex)i);
		mxPop();
	}
	fxRunCount(the, 1);
	mxPop();
}

/* One turn from C: what throws ends the program. */
static void run(txMachine* the, int count, char* arguments[], int callIt)
{
	fxBeginHost(the);
	mxTry(the) {
		importEntry(the);
		if (callIt)
			callDefault(the, count, arguments);
		mxPop();
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
}

static void onFault(int number, siginfo_t* information, void* context)
{
	static const char message[] = "zonal-xs: write to preloaded memory, which is read-only\n";
	(void)context;
	if (flashHolds(information->si_addr)) {
		ssize_t ignored = write(2, message, sizeof(message) - 1);
		(void)ignored;
		_exit(EXIT_FLASH);
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void installFault(void)
{
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_SIGINFO;
	action.sa_sigaction = onFault;
	sigaction(SIGSEGV, &action, NULL);
}

int main(int count, char* arguments[])
{
	int first = readOptions(count, arguments);
	txMachine* root;
	txMachine* the;
	setvbuf(stdout, NULL, _IOLBF, 0);
	loopInstallSignals();
	root = the = createRoot();
	nativesInstall(root);
	if (!gOptions.grow) {
		run(root, 0, NULL, 0);
		if (gOptions.sizes) {
			modulesPrintSizes();
			return 0;
		}
		preloadShare(root);
		memoryPreloaded(root, modulesCodeBytes());
		installFault();
		the = createClone(root);
	}
	memoryMeasure(the);
	if (gOptions.limit)
		fxBeginMetering(the, overLimit, gOptions.limit);
#if mxStress
	gxStress = gOptions.stress;
#endif
	run(the, count - first, arguments + first, !gOptions.sizes);
	if (gOptions.sizes)
		modulesPrintSizes();
	else
		loopRun(the);
#if mxStress
	gxStress = 0;
#endif
	if (gOptions.report)
		memoryPrint();
	if (the != root)
		fxDeleteMachine(the);
	fxDeleteMachine(root);
	flashFree();
	return 0;
}
