/* The Resolver port: getaddrinfo blocks, so one thread asks while the loop goes on. The thread never touches the
 * JavaScript machine; it writes its answer into the queue and counts it in a descriptor that the loop watches. */
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "address.h"

#define QUERIES_MAX 4
/* RFC 1035 §2.3.4: 255 octets. */
#define NAME_BYTES 256

typedef struct {
	xsSlot onAnswer;
	char name[NAME_BYTES];
	int family; /* AF_… */
	Address address; /* AF_UNSPEC: none was found */
} Query;

/* A ring: [first, asked) are answered, [asked, end) are waiting for the thread. Counters modulo 2^32. */
static Query gQueries[QUERIES_MAX];
static uint32_t gFirst, gAsked, gEnd;
static pthread_mutex_t gMutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gWaiting = PTHREAD_COND_INITIALIZER;
static xsMachine* gMachine;
static ZonalWatch gWatch;
static int gEvents = -1;
static int gRuns; /* the thread does */
static Address gAnswer; /* the one that is being told */

static void lookUp(const char* name, int family, Address* address)
{
	struct addrinfo hints, *list = NULL, *at;
	memset(address, 0, sizeof(*address));
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = SOCK_DGRAM;
	if (getaddrinfo(name, NULL, &hints, &list))
		return;
	for (at = list; at && (address->any.sa_family == AF_UNSPEC); at = at->ai_next) {
		if (((at->ai_family == AF_INET) || (at->ai_family == AF_INET6)) && (at->ai_addrlen <= sizeof(*address)))
			memcpy(address, at->ai_addr, at->ai_addrlen);
	}
	if (list)
		freeaddrinfo(list);
}

static void* work(void* ignored)
{
	(void)ignored;
	(void)pthread_mutex_lock(&gMutex);
	for (;;) {
		const uint64_t one = 1;
		Query* query;
		Address address;
		while (gAsked == gEnd)
			(void)pthread_cond_wait(&gWaiting, &gMutex);
		query = &gQueries[gAsked % QUERIES_MAX];
		(void)pthread_mutex_unlock(&gMutex);
		lookUp(query->name, query->family, &address);
		(void)pthread_mutex_lock(&gMutex);
		query->address = address;
		gAsked++;
		/* Fails only where the counter overflows: it never exceeds the queue. */
		if (write(gEvents, &one, sizeof(one)) != sizeof(one))
			break;
	}
	(void)pthread_mutex_unlock(&gMutex);
	return NULL;
}

/* One answer a call: the loop runs the promise jobs in between. Reading takes the whole count; what is left of it is
 * written back. */
static void answered(void* data)
{
	Query* query = &gQueries[gFirst % QUERIES_MAX];
	xsMachine* the = gMachine;
	xsSlot onAnswer;
	uint64_t count;
	(void)data;
	if ((read(gEvents, &count, sizeof(count)) != sizeof(count)) || !count)
		return;
	count--;
	if (count && (write(gEvents, &count, sizeof(count)) != sizeof(count)))
		return;
	(void)pthread_mutex_lock(&gMutex);
	gAnswer = query->address;
	gFirst++;
	if (gFirst == gEnd)
		zonalUnwatch(&gWatch);
	(void)pthread_mutex_unlock(&gMutex);
	xsForget(query->onAnswer);
	/* The place may be taken by the next query while this one is being answered. */
	onAnswer = query->onAnswer;
	zonalCallInteger(the, &onAnswer, gAnswer.any.sa_family != AF_UNSPEC);
}

static const char* start(void)
{
	pthread_t thread;
	if (gRuns)
		return NULL;
	if (gEvents < 0)
		gEvents = zonalEvents();
	if (gEvents < 0)
		return "no descriptor";
	if (pthread_create(&thread, NULL, work, NULL))
		return "no thread";
	gRuns = 1;
	return pthread_detach(thread) ? "no thread" : NULL;
}

static int familyArgument(xsMachine* the, xsSlot* slot)
{
	double family = integerArgument(the, slot, 6, "resolver: family");
	if (family == 0)
		return AF_UNSPEC;
	if ((family != 4) && (family != 6))
		xsRangeError("resolver: family: %g, expected 0, 4 or 6", family);
	return family == 4 ? AF_INET : AF_INET6;
}

/* (name, family, onAnswer) */
void xs_resolver_query(xsMachine* the)
{
	char name[NAME_BYTES];
	int family = familyArgument(the, &xsArg(1));
	const char* failed;
	Query* query;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	if (!xsmcIsCallable(xsArg(2)))
		xsTypeError("resolver: onAnswer is no function");
	if (gEnd - gFirst >= QUERIES_MAX)
		xsUnknownError("resolver: %d queries are under way", QUERIES_MAX);
	failed = start();
	if (failed)
		xsUnknownError("resolver: %s", failed);
	query = &gQueries[gEnd % QUERIES_MAX];
	memcpy(query->name, name, sizeof(name));
	query->family = family;
	query->onAnswer = xsArg(2);
	xsRemember(query->onAnswer);
	gMachine = the;
	if (gFirst == gEnd)
		zonalWatch(&gWatch, gEvents, answered, NULL);
	(void)pthread_mutex_lock(&gMutex);
	gEnd++;
	(void)pthread_cond_signal(&gWaiting);
	(void)pthread_mutex_unlock(&gMutex);
}

/* (into: 16 bytes) */
void xs_resolver_answer(xsMachine* the)
{
	addressWrite(the, &xsArg(0), &gAnswer);
}
