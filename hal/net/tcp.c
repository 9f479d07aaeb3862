/* The StreamSocket port on BSD sockets (Linux; lwIP under ESP-IDF). All sockets have their places in one table.
 *
 * A connection is watched for what it still wants to be told: data until it is told, then again once `receive` was called;
 * room once `send` had too little. So nobody has to read to be left in peace. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#include <sys/ioctl.h>
#endif

#include "address.h"

/* Connections and listeners; for one more the constructor throws, and a listener refuses. The boards' lwIP has 12
 * descriptors, UDP's among them. */
#ifdef ESP_PLATFORM
#define SOCKETS_MAX 10
#else
#define SOCKETS_MAX 48
#endif

/* Connections that one call of `accept` passes over; the loop has other work. */
#define PASSED_OVER_MAX 8

#define STREAM_CONNECTING 0
#define STREAM_OPEN 1
#define STREAM_CLOSED 2
#define STREAM_END (-1)
#define STREAM_LOST (-2)
#define NONE (-1)

/* `error` of a connection that both sides finished, or that was closed. */
#define NO_FAULT (-1)

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

typedef struct {
	xsMachine* machine;
	xsSlot self; /* keeps the object while the place is taken */
	xsSlot onChanged;
	ZonalWatch watch;
	ZonalTimer timer; /* tells what connect() answered at once */
	Address peer;
	int fd;
	int error; /* errno, NO_FAULT, or 0 while there is none */
	uint16_t localPort;
	uint8_t isTaken;
	uint8_t isListener;
	uint8_t hasObject;
	uint8_t state;
	uint8_t finished; /* our FIN is under way, or waits for the connection */
	uint8_t ended; /* the peer's FIN was told */
	uint8_t drained; /* the loss was told */
} Tcp;

static Tcp gSockets[SOCKETS_MAX];
/* What closed objects refer to. */
static Tcp gClosed = { .fd = -1, .error = NO_FAULT, .state = STREAM_CLOSED, .finished = 1, .drained = 1 };

void xs_tcp_destructor(void* data);
void xs_tcp_listener_destructor(void* data);

static Tcp* tcpOf(xsMachine* the)
{
	Tcp* tcp = xsmcGetHostDataValidate(xsThis, (void*)xs_tcp_destructor);
	if (!tcp)
		xsTypeError("tcp: never opened");
	return tcp;
}

static Tcp* listenerOf(xsMachine* the)
{
	Tcp* tcp = xsmcGetHostDataValidate(xsThis, (void*)xs_tcp_listener_destructor);
	if (!tcp)
		xsTypeError("tcp: never opened");
	return tcp;
}

/* Places */

static Tcp* takePlace(xsMachine* the, int fd)
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

static void want(Tcp* tcp, int events)
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
			want(&gSockets[i], ZONAL_READABLE);
	}
}

static void reset(int fd)
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

static void closeTcp(Tcp* tcp)
{
	if (!tcp->isTaken)
		return;
	if (!tcp->isListener && !tcp->finished && isUnsent(tcp->fd))
		reset(tcp->fd);
	releasePlace(tcp);
}

void xs_tcp_destructor(void* data)
{
	if (data)
		closeTcp(data);
}

void xs_tcp_listener_destructor(void* data)
{
	if (data)
		closeTcp(data);
}

static void bindObject(Tcp* tcp, xsSlot* self, xsSlot* onChanged)
{
	xsMachine* the = tcp->machine;
	tcp->hasObject = 1;
	tcp->self = *self;
	tcp->onChanged = *onChanged;
	xsmcSetHostData(*self, tcp);
	xsRemember(tcp->self);
	xsRemember(tcp->onChanged);
}

/* Connections */

static void end(Tcp* tcp, int error)
{
	tcp->state = STREAM_CLOSED;
	tcp->error = error;
	zonalUnwatch(&tcp->watch);
}

static void opened(Tcp* tcp)
{
	tcp->state = STREAM_OPEN;
	if (tcp->finished && shutdown(tcp->fd, SHUT_WR))
		end(tcp, errno);
}

/* Returns 0 where the connection is still being made. Asks connect() again: that the descriptor is writable says little. */
static int connected(Tcp* tcp)
{
	int error = 0;
	socklen_t length = sizeof(error);
	if (getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &length))
		error = errno;
	if (!error && connect(tcp->fd, &tcp->peer.any, addressLength(&tcp->peer)) && (errno != EISCONN))
		error = errno;
	if ((error == EALREADY) || (error == EINPROGRESS) || (error == EINTR))
		return 0;
	if (error)
		end(tcp, error == ECONNRESET ? ECONNREFUSED : error); /* lwIP tells them apart by the state alone */
	else
		opened(tcp);
	return 1;
}

static void connectionReady(void* data)
{
	Tcp* tcp = data;
	if (tcp->state == STREAM_CONNECTING) {
		if (!connected(tcp))
			return;
		if (tcp->watch.active)
			zonalWatchFor(&tcp->watch, ZONAL_READABLE);
	}
	else
		zonalWatchFor(&tcp->watch, tcp->watch.events & ~tcp->watch.fired);
	zonalCall(tcp->machine, &tcp->onChanged);
}

static void connectedAtOnce(void* data)
{
	Tcp* tcp = data;
	zonalCall(tcp->machine, &tcp->onChanged);
}

static const char* prepare(int fd)
{
	int on = 1;
	if (socketUnblock(fd))
		return "unblock";
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return "hurry";
	return NULL;
}

static const char* readPort(Tcp* tcp)
{
	Address local;
	socklen_t length = sizeof(local);
	if (getsockname(tcp->fd, &local.any, &length))
		return "ask the port of";
	tcp->localPort = addressPort(&local);
	return NULL;
}

static void startConnecting(Tcp* tcp)
{
	zonalWatch(&tcp->watch, tcp->fd, connectionReady, tcp);
	zonalWatchFor(&tcp->watch, ZONAL_WRITABLE);
	if (!connect(tcp->fd, &tcp->peer.any, addressLength(&tcp->peer))) {
		opened(tcp);
		zonalWatchFor(&tcp->watch, ZONAL_READABLE);
	}
	else if ((errno != EINPROGRESS) && (errno != EINTR))
		/* A link-local address, and no interface to find it on. */
		end(tcp, errno == EINVAL ? EHOSTUNREACH : errno);
	/* Fails only for a connection that is gone already. */
	(void)readPort(tcp);
	if (tcp->state != STREAM_CONNECTING)
		zonalSchedule(&tcp->timer, 0, connectedAtOnce, tcp);
}

/* Binds where `device` is an address; returns NULL or the name of the step that failed, with errno. */
static const char* bindDevice(int fd, const Address* device)
{
	if (!addressIsAny(device) && socketBind(fd, device))
		return "connect from";
	return prepare(fd);
}

/* (peer, port, device, accepted, onChanged): `accepted` is the place of an accepted connection, or -1. */
void xs_tcp(xsMachine* the)
{
	Address peer, device;
	uint16_t port;
	uint32_t scope = 0;
	const char* failed;
	Tcp* tcp = NULL;
	int accepted = xsmcToInteger(xsArg(3));
	int fd;
	if (!xsmcIsCallable(xsArg(4)))
		xsTypeError("tcp: onChanged is no function");
	if (accepted != NONE) {
		tcp = (accepted >= 0) && (accepted < SOCKETS_MAX) ? &gSockets[accepted] : &gClosed;
		if (!tcp->isTaken || tcp->isListener || tcp->hasObject)
			xsRangeError("tcp: %d was not accepted", accepted);
		bindObject(tcp, &xsThis, &xsArg(4));
		zonalWatch(&tcp->watch, tcp->fd, connectionReady, tcp);
		return;
	}
	port = (uint16_t)integerArgument(the, &xsArg(1), 65535, "tcp: port");
	addressArgument(the, &xsArg(2), 0, 0, "tcp: interface", &device);
	if (!addressIsAny(&device)) {
		scope = zonalInterfaceIndex(&device);
		addressArgument(the, &xsArg(2), 0, scope, "tcp: interface", &device);
	}
	addressArgument(the, &xsArg(0), port, scope, "tcp: address", &peer);
	if (!port || addressIsAny(&peer) || addressIsGroup(&peer))
		xsRangeError("tcp: nobody can be there");
	if (!addressIsAny(&device) && (device.any.sa_family != peer.any.sa_family))
		xsRangeError("tcp: interface of another address family");
	fd = socket(peer.any.sa_family, SOCK_STREAM, 0);
	if (fd < 0)
		xsUnknownError("cannot open a socket: %s", addressFault(errno));
	failed = bindDevice(fd, &device);
	tcp = failed ? NULL : takePlace(the, fd);
	if (!tcp) {
		const char* why = addressFault(failed ? errno : EMFILE);
		char text[ADDRESS_TEXT_BYTES];
		(void)close(fd);
		addressText(failed ? &device : &peer, !failed, text);
		xsUnknownError("cannot %s %s: %s", failed ? failed : "connect to", text, why);
	}
	tcp->peer = peer;
	bindObject(tcp, &xsThis, &xsArg(4));
	startConnecting(tcp);
}

static int isBusy(int error)
{
	return (error == EAGAIN) || (error == EWOULDBLOCK) || (error == ENOBUFS) || (error == ENOMEM);
}

static int receive(Tcp* tcp, void* into, size_t size)
{
	ssize_t length;
	if (tcp->drained)
		return STREAM_LOST;
	if (tcp->ended)
		return STREAM_END;
	if ((tcp->state == STREAM_CONNECTING) || !size)
		return 0;
	do
		length = recv(tcp->fd, into, size, 0);
	while ((length < 0) && (errno == EINTR));
	if (length > 0) {
		want(tcp, ZONAL_READABLE);
		return (int)length;
	}
	if ((length < 0) && isBusy(errno) && (tcp->state == STREAM_OPEN)) {
		want(tcp, ZONAL_READABLE);
		return 0;
	}
	if (length || (tcp->state == STREAM_CLOSED)) {
		/* `send` may have noticed before; what came until then has been read now. */
		if (tcp->state != STREAM_CLOSED)
			end(tcp, errno);
		tcp->drained = 1;
		return STREAM_LOST;
	}
	tcp->ended = 1;
	if (tcp->finished)
		end(tcp, NO_FAULT);
	else
		zonalWatchFor(&tcp->watch, tcp->watch.events & ~ZONAL_READABLE);
	return STREAM_END;
}

/* (into, at, end) */
void xs_tcp_receive(xsMachine* the)
{
	Tcp* tcp = tcpOf(the);
	uint32_t at = xsUnsignedArgument(1, "tcp");
	uint32_t stop = xsUnsignedArgument(2, "tcp");
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	checkRange(the, at, stop, size, "tcp");
	xsmcSetInteger(xsResult, receive(tcp, (uint8_t*)bytes + at, stop - at));
}

static int sendBytes(Tcp* tcp, const void* bytes, size_t size)
{
	ssize_t length;
	if (tcp->finished || (tcp->state == STREAM_CLOSED))
		return STREAM_LOST;
	if ((tcp->state == STREAM_CONNECTING) || !size)
		return 0;
	do
		length = send(tcp->fd, bytes, size, MSG_NOSIGNAL);
	while ((length < 0) && (errno == EINTR));
	if ((length < 0) && !isBusy(errno)) {
		end(tcp, errno);
		return STREAM_LOST;
	}
	if (length < (ssize_t)size)
		want(tcp, ZONAL_WRITABLE);
	return length < 0 ? 0 : (int)length;
}

/* (bytes, offset, end) */
void xs_tcp_send(xsMachine* the)
{
	Tcp* tcp = tcpOf(the);
	uint32_t offset = xsUnsignedArgument(1, "tcp");
	uint32_t stop = xsUnsignedArgument(2, "tcp");
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	checkRange(the, offset, stop, size, "tcp");
	xsmcSetInteger(xsResult, sendBytes(tcp, (uint8_t*)bytes + offset, stop - offset));
}

void xs_tcp_finish(xsMachine* the)
{
	Tcp* tcp = tcpOf(the);
	if (tcp->finished || (tcp->state == STREAM_CLOSED))
		return;
	tcp->finished = 1;
	if (tcp->state == STREAM_CONNECTING)
		return;
	if (shutdown(tcp->fd, SHUT_WR))
		end(tcp, errno);
	else if (tcp->ended)
		end(tcp, NO_FAULT);
}

void xs_tcp_state_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, tcpOf(the)->state);
}

void xs_tcp_peer_address_get(xsMachine* the)
{
	xsmcSetNumber(xsResult, addressIpv4(&tcpOf(the)->peer));
}

/* (into: 16 bytes) */
void xs_tcp_peer(xsMachine* the)
{
	addressWrite(the, &xsArg(0), &tcpOf(the)->peer);
}

void xs_tcp_peer_port_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, addressPort(&tcpOf(the)->peer));
}

void xs_tcp_local_port_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, tcpOf(the)->localPort);
}

void xs_tcp_fault_get(xsMachine* the)
{
	int error = tcpOf(the)->error;
	xsmcSetString(xsResult, (char*)(!error ? "" : error == NO_FAULT ? "closed" : addressFault(error)));
}

void xs_tcp_close(xsMachine* the)
{
	closeTcp(tcpOf(the));
	xsmcSetHostData(xsThis, &gClosed);
}

/* Listeners */

static void listenerReady(void* data)
{
	Tcp* tcp = data;
	/* Until `accept` is called. */
	zonalWatchFor(&tcp->watch, 0);
	zonalCall(tcp->machine, &tcp->onChanged);
}

/* Returns NULL or the name of the step that failed, with errno. */
static const char* startListening(int fd, const Address* address, int backlog)
{
	int on = 1;
	/* A restart must not wait until the last connections of the run before are forgotten. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return "share";
	if ((address->any.sa_family == AF_INET6) && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return "keep IPv4 out of";
	if (socketBind(fd, address))
		return "bind";
	if (listen(fd, backlog))
		return "listen on";
	return socketUnblock(fd) ? "unblock" : NULL;
}

/* (address, port, backlog, onChanged) */
void xs_tcp_listener(xsMachine* the)
{
	uint16_t port = (uint16_t)integerArgument(the, &xsArg(1), 65535, "tcp: port");
	int backlog = (int)integerArgument(the, &xsArg(2), 255, "tcp: backlog");
	Address address;
	const char* failed;
	Tcp* tcp;
	int fd;
	addressArgument(the, &xsArg(0), port, 0, "tcp: address", &address);
	if ((address.any.sa_family == AF_INET6) && !addressIsAny(&address))
		addressArgument(the, &xsArg(0), port, zonalInterfaceIndex(&address), "tcp: address", &address);
	if (addressIsGroup(&address))
		xsRangeError("tcp: address: a group");
	if (!xsmcIsCallable(xsArg(3)))
		xsTypeError("tcp: onChanged is no function");
	fd = socket(address.any.sa_family, SOCK_STREAM, 0);
	if (fd < 0)
		xsUnknownError("cannot open a socket: %s", addressFault(errno));
	failed = startListening(fd, &address, backlog ? backlog : 1);
	tcp = failed ? NULL : takePlace(the, fd);
	if (!tcp) {
		const char* why = addressFault(failed ? errno : EMFILE);
		char text[ADDRESS_TEXT_BYTES];
		(void)close(fd);
		addressText(&address, 1, text);
		xsUnknownError("cannot %s %s: %s", failed ? failed : "listen on", text, why);
	}
	tcp->isListener = 1;
	bindObject(tcp, &xsThis, &xsArg(3));
	if (readPort(tcp))
		tcp->localPort = port;
	zonalWatch(&tcp->watch, fd, listenerReady, tcp);
}

/* Returns the place of the connection, or NONE. */
static int acceptOne(Tcp* listener)
{
	int round;
	for (round = 0; round < PASSED_OVER_MAX; round++) {
		Address peer;
		socklen_t length = sizeof(peer);
		int fd = accept(listener->fd, &peer.any, &length);
		Tcp* tcp;
		if (fd < 0) {
			if ((errno == EINTR) || (errno == ECONNABORTED))
				continue;
			/* Out of descriptors: asked again when one is free. */
			if ((errno != EMFILE) && (errno != ENFILE) && (errno != ENOBUFS) && (errno != ENOMEM))
				want(listener, ZONAL_READABLE);
			return NONE;
		}
		tcp = prepare(fd) ? NULL : takePlace(listener->machine, fd);
		if (!tcp) {
			reset(fd);
			(void)close(fd);
			continue;
		}
		tcp->peer = peer;
		tcp->state = STREAM_OPEN;
		tcp->localPort = listener->localPort;
		want(listener, ZONAL_READABLE);
		return (int)(tcp - gSockets);
	}
	want(listener, ZONAL_READABLE);
	return NONE;
}

/* (onChanged) */
void xs_tcp_listener_accept(xsMachine* the)
{
	Tcp* listener = listenerOf(the);
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("tcp: onChanged is no function");
	xsmcSetInteger(xsResult, listener->isTaken ? acceptOne(listener) : NONE);
}

void xs_tcp_listener_local_port_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, listenerOf(the)->localPort);
}

void xs_tcp_listener_close(xsMachine* the)
{
	closeTcp(listenerOf(the));
	xsmcSetHostData(xsThis, &gClosed);
}
