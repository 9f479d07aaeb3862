/* The poll loop: descriptors, timers, signals and promise jobs of the one machine. Nothing is allocated here:
 * watches are parts of their owners' structures. */
#include "host.h"
#include "timer-list.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>

/* Far above what the configuration's tables allow; more would be a leak of descriptors. */
#define WATCHES_MAX 256

static ZonalWatch* gWatches;
static int gSignalPipe[2] = { -1, -1 };
static volatile sig_atomic_t gSignals;
static txSlot gOnInterrupt; /* these two are remembered; they live outside of the heap */
static txSlot gOnIdle;

int64_t zonalMilliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* It is the computer's. */
int zonalSetTime(int64_t seconds, uint32_t milliseconds)
{
	(void)seconds;
	(void)milliseconds;
	return 0;
}

void zonalExit(int status)
{
	if (gOptions.report)
		memoryPrint();
	fflush(stdout);
	exit(status);
}

/* Watches */

void zonalWatch(ZonalWatch* watch, int fd, void (*ready)(void* data), void* data)
{
	zonalUnwatch(watch);
	watch->fd = fd;
	watch->ready = ready;
	watch->data = data;
	watch->active = 1;
	watch->events = ZONAL_READABLE;
	watch->next = gWatches;
	gWatches = watch;
}

void zonalWatchFor(ZonalWatch* watch, int events)
{
	watch->events = events;
}

void zonalUnwatch(ZonalWatch* watch)
{
	ZonalWatch** at;
	if (!watch->active)
		return;
	watch->active = 0;
	for (at = &gWatches; *at; at = &(*at)->next) {
		if (*at == watch) {
			*at = watch->next;
			break;
		}
	}
}

/* A callback may end any watch: the list is asked again before each call. */
static int isWatched(const ZonalWatch* watch, int fd)
{
	const ZonalWatch* at;
	for (at = gWatches; at; at = at->next)
		if (at == watch)
			return at->fd == fd;
	return 0;
}

static short pollEvents(int events)
{
	return (short)((events & ZONAL_READABLE ? POLLIN : 0) | (events & ZONAL_WRITABLE ? POLLOUT : 0));
}

static int firedEvents(const ZonalWatch* watch, short revents)
{
	int both = revents & (POLLERR | POLLHUP | POLLNVAL);
	return watch->events & ((both || (revents & POLLIN) ? ZONAL_READABLE : 0) | (both || (revents & POLLOUT) ? ZONAL_WRITABLE : 0));
}

/* Only read when poll says that there is something: it need not be one that does not block. */
int zonalEvents(void)
{
	return eventfd(0, EFD_CLOEXEC);
}

/* The delay is asked for before each wait. */
void timersChanged(void)
{
}

/* Calls into JavaScript */

static void call(txMachine* the, txSlot* function, int count, const txSlot* argument)
{
	fxBeginHost(the);
	mxTry(the) {
		mxOverflow(-8);
		mxPushUndefined();
		mxPushSlot(function);
		mxCall();
		if (count)
			mxPushSlot(argument);
		fxRunCount(the, count);
		mxPop();
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
}

void zonalCall(xsMachine* the, xsSlot* function)
{
	call(the, function, 0, NULL);
}

void zonalCallInteger(xsMachine* the, xsSlot* function, int32_t argument)
{
	txSlot slot = { .kind = XS_INTEGER_KIND };
	slot.value.integer = argument;
	call(the, function, 1, &slot);
}

void zonalCallString(xsMachine* the, xsSlot* function, const char* argument)
{
	fxBeginHost(the);
	mxPushStringC((txString)argument);
	call(the, function, 1, the->stack);
	mxPop();
	fxEndHost(the);
}

/* Promise jobs */

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

/* Like Node, a rejection that nobody handles by the time the jobs have run ends the program. */
void loopRunJobs(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	fxCheckUnhandledRejections(the, 1);
}

/* Signals */

static void onSignal(int number)
{
	ssize_t ignored;
	(void)number;
	if (gSignals++) {
		terminalRestore();
		_exit(EXIT_INTERRUPT);
	}
	ignored = write(gSignalPipe[1], "", 1);
	(void)ignored;
}

/* Asks for the memory's figures while the program runs (--report). */
static void onReport(int number)
{
	ssize_t ignored = write(gSignalPipe[1], "r", 1);
	(void)ignored;
	(void)number;
}

void loopInstallSignals(void)
{
	struct sigaction action;
	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	if (pipe(gSignalPipe)) {
		perror("zonal-xs: pipe");
		exit(EXIT_USAGE);
	}
	action.sa_handler = onSignal;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (gOptions.report) {
		action.sa_handler = onReport;
		sigaction(SIGUSR1, &action, NULL);
	}
}

static void keep(txMachine* the, txSlot* slot, const txSlot* function)
{
	if (slot->kind == XS_UNDEFINED_KIND)
		fxRemember(the, slot);
	slot->kind = function->kind;
	slot->value = function->value;
}

void loopOnInterrupt(txMachine* the, txSlot* function)
{
	keep(the, &gOnInterrupt, function);
}

void loopOnIdle(txMachine* the, txSlot* function)
{
	keep(the, &gOnIdle, function);
}

/* Returns 0 where nobody wanted to know. */
static int idle(txMachine* the)
{
	if (gOnIdle.kind == XS_UNDEFINED_KIND)
		return 0;
	fxBeginHost(the);
	mxPushSlot(&gOnIdle);
	fxForget(the, &gOnIdle);
	gOnIdle.kind = XS_UNDEFINED_KIND;
	zonalCall(the, the->stack);
	mxPop();
	fxEndHost(the);
	loopRunJobs(the);
	return 1;
}

static void interrupt(txMachine* the)
{
	if (gOnInterrupt.kind == XS_UNDEFINED_KIND)
		zonalExit(EXIT_INTERRUPT);
	zonalCall(the, &gOnInterrupt);
	loopRunJobs(the);
}

/* The loop */

/* Descriptors are never starved by timers that callbacks schedule for now. */
static void runTimers(txMachine* the)
{
	int64_t now = zonalMilliseconds();
	uint64_t last = timersLast();
	ZonalTimer* timer;
	while ((timer = timersTakeDue(now, last))) {
		timer->expired(timer->data);
		loopRunJobs(the);
	}
}

/* Waits once and calls whatever is due. */
static void runOnce(txMachine* the)
{
	static struct pollfd polls[WATCHES_MAX + 1];
	static ZonalWatch* owners[WATCHES_MAX + 1];
	nfds_t count = 1, i;
	ZonalWatch* watch;
	int ready;
	polls[0] = (struct pollfd){ .fd = gSignalPipe[0], .events = POLLIN };
	for (watch = gWatches; watch; watch = watch->next) {
		if (count > WATCHES_MAX) {
			fprintf(stderr, "zonal-xs: more than %d descriptors to wait for\n", WATCHES_MAX);
			zonalExit(EXIT_USAGE);
		}
		/* poll tells errors even where nothing is asked for. */
		if (!watch->events)
			continue;
		owners[count] = watch;
		polls[count++] = (struct pollfd){ .fd = watch->fd, .events = pollEvents(watch->events) };
	}
	ready = poll(polls, count, timersExist() ? timersDelay(INT32_MAX) : -1);
	if ((ready < 0) && (errno != EINTR)) {
		perror("zonal-xs: poll");
		zonalExit(EXIT_USAGE);
	}
	if ((ready > 0) && polls[0].revents) {
		char byte;
		if (read(gSignalPipe[0], &byte, 1) == 1) {
			if (byte == 'r') {
				fxCollectGarbage(the);
				memoryPrint();
			}
			else
				interrupt(the);
		}
	}
	for (i = 1; (ready > 0) && (i < count); i++) {
		if (polls[i].revents && isWatched(owners[i], polls[i].fd) && (owners[i]->fired = firedEvents(owners[i], polls[i].revents))) {
			owners[i]->ready(owners[i]->data);
			loopRunJobs(the);
		}
	}
	runTimers(the);
}

void loopRun(txMachine* the)
{
	loopRunJobs(the);
	do {
		while (gWatches || timersExist())
			runOnce(the);
	} while (idle(the));
}
