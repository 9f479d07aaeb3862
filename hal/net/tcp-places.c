/* One table of all TCP sockets: connections and listeners. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#include <sys/ioctl.h>
#endif

#include "tcp-places.h"

/* Connections and listeners; for one more the constructor throws, and a listener refuses. The boards' lwIP has 12
 * descriptors, UDP's among them. */
#ifdef ESP_PLATFORM
#define SOCKETS_MAX 10
#else
#define SOCKETS_MAX 48
#endif

static Tcp gSockets[SOCKETS_MAX];

Tcp gTcpClosed = { .fd = -1, .error = NO_FAULT, .state = STREAM_CLOSED, .finished = 1, .drained = 1 };

Tcp* takeTcp(xsMachine* the, int fd)
{
	int i;
	for (i = 0; i < SOCKETS_MAX; i++) {
		Tcp* tcp = &gSockets[i];
		if (tcp->isTaken)
			continue;
		memset(tcp, 0, sizeof(*tcp));
		tcp->machine = the;
		tcp->fd = fd;
		tcp->isTaken = 1;
		return tcp;
	}
	return NULL;
}

int numberOfTcp(const Tcp* tcp)
{
	return (int)(tcp - gSockets);
}

Tcp* tcpAt(int number)
{
	return (number >= 0) && (number < SOCKETS_MAX) ? &gSockets[number] : NULL;
}

void wantTcp(Tcp* tcp, int events)
{
	if (tcp->watch.active && ((tcp->watch.events & events) != events))
		zonalWatchFor(&tcp->watch, tcp->watch.events | events);
}

static void releasePlace(Tcp* tcp)
{
	int i;
	zonalUnwatch(&tcp->watch);
	zonalCancel(&tcp->timer);
	if (tcp->fd >= 0)
		(void)close(tcp->fd);
	tcp->isTaken = 0;
	if (tcp->hasObject) {
		xsMachine* the = tcp->machine;
		xsForget(tcp->self);
		xsForget(tcp->onChanged);
	}
	/* A listener that found no descriptor may find one now. */
	for (i = 0; i < SOCKETS_MAX; i++) {
		if (gSockets[i].isTaken && gSockets[i].isListener)
			wantTcp(&gSockets[i], ZONAL_READABLE);
	}
}

void resetStream(int fd)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	/* Where the stack has no such option (lwIP: LWIP_SO_LINGER) it goes on sending what it took. */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

/* The stack resets by itself where something is unread. lwIP cannot tell: there a connection that was not finished is reset,
 * lest it keeps memory for a peer that is gone. */
static int isUnsent(int fd)
{
#ifdef SIOCOUTQ
	int bytes = 0;
	return !ioctl(fd, SIOCOUTQ, &bytes) && (bytes > 0);
#else
	(void)fd;
	return 1;
#endif
}

void closeTcp(Tcp* tcp)
{
	if (!tcp->isTaken)
		return;
	if (!tcp->isListener && !tcp->finished && isUnsent(tcp->fd))
		resetStream(tcp->fd);
	releasePlace(tcp);
}

void bindTcp(Tcp* tcp, xsSlot* self, xsSlot* onChanged)
{
	xsMachine* the = tcp->machine;
	tcp->hasObject = 1;
	tcp->self = *self;
	tcp->onChanged = *onChanged;
	xsmcSetHostData(*self, tcp);
	xsRemember(tcp->self);
	xsRemember(tcp->onChanged);
}

const char* prepareStream(int fd)
{
	int on = 1;
	if (socketUnblock(fd))
		return "unblock";
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return "hurry";
	return NULL;
}
