/* The Resolver port: getaddrinfo blocks, so one thread asks while the loop goes on. The thread never touches the
 * JavaScript machine; it writes its answer into the queue and counts it in a descriptor that the loop watches. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "zonal-port.h"

#define QUERIES_MAX 4
/* RFC 1035 §2.3.4: 255 octets. */
#define NAME_BYTES 256
#define NOT_FOUND (-1)

typedef struct {
	xsSlot onResolved;
	char name[NAME_BYTES];
	int32_t address;
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

static int32_t lookUp(const char* name)
{
	struct addrinfo hints, *list = NULL;
	int32_t address = NOT_FOUND;
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_INET;
	hints.ai_socktype = SOCK_DGRAM;
	if (getaddrinfo(name, NULL, &hints, &list))
		return NOT_FOUND;
	if (list && (list->ai_family == AF_INET)) {
		struct sockaddr_in found;
		memcpy(&found, list->ai_addr, sizeof(found));
		address = (int32_t)ntohl(found.sin_addr.s_addr);
	}
	if (list)
		freeaddrinfo(list);
	return address;
}

static void* work(void* ignored)
{
	(void)ignored;
	(void)pthread_mutex_lock(&gMutex);
	for (;;) {
		const uint64_t one = 1;
		Query* query;
		int32_t address;
		while (gAsked == gEnd)
			(void)pthread_cond_wait(&gWaiting, &gMutex);
		query = &gQueries[gAsked % QUERIES_MAX];
		(void)pthread_mutex_unlock(&gMutex);
		address = lookUp(query->name);
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
	xsSlot onResolved;
	uint64_t count;
	int32_t address;
	(void)data;
	if ((read(gEvents, &count, sizeof(count)) != sizeof(count)) || !count)
		return;
	count--;
	if (count && (write(gEvents, &count, sizeof(count)) != sizeof(count)))
		return;
	(void)pthread_mutex_lock(&gMutex);
	address = query->address;
	gFirst++;
	if (gFirst == gEnd)
		zonalUnwatch(&gWatch);
	(void)pthread_mutex_unlock(&gMutex);
	xsForget(query->onResolved);
	/* The place may be taken by the next query while this one is being answered. */
	onResolved = query->onResolved;
	zonalCallInteger(the, &onResolved, address);
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

/* (name, onResolved) */
void xs_resolver_query(xsMachine* the)
{
	char name[NAME_BYTES];
	const char* failed;
	Query* query;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	if (!xsmcIsCallable(xsArg(1)))
		xsTypeError("resolver: onResolved is no function");
	if (gEnd - gFirst >= QUERIES_MAX)
		xsUnknownError("resolver: %d queries are under way", QUERIES_MAX);
	failed = start();
	if (failed)
		xsUnknownError("resolver: %s", failed);
	query = &gQueries[gEnd % QUERIES_MAX];
	memcpy(query->name, name, sizeof(name));
	query->onResolved = xsArg(1);
	xsRemember(query->onResolved);
	gMachine = the;
	if (gFirst == gEnd)
		zonalWatch(&gWatch, gEvents, answered, NULL);
	(void)pthread_mutex_lock(&gMutex);
	gEnd++;
	(void)pthread_cond_signal(&gWaiting);
	(void)pthread_mutex_unlock(&gMutex);
}
