/* The StreamListener port on BSD sockets (Linux; lwIP under ESP-IDF). */
#include <errno.h>
#include <unistd.h>

#include "tcp-places.h"

/* Connections that one call of `accept` passes over; the loop has other work. */
#define PASSED_OVER_MAX 8

void xs_tcp_listener_destructor(void* data);

static Tcp* listenerOf(xsMachine* the)
{
	Tcp* tcp = xsmcGetHostDataValidate(xsThis, (void*)xs_tcp_listener_destructor);
	if (!tcp)
		xsTypeError("tcp: never opened");
	return tcp;
}

void xs_tcp_listener_destructor(void* data)
{
	if (data)
		closeTcp(data);
}

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
	tcp = failed ? NULL : takeTcp(the, fd);
	if (!tcp) {
		const char* why = addressFault(failed ? errno : EMFILE);
		char text[ADDRESS_TEXT_BYTES];
		(void)close(fd);
		addressText(&address, 1, text);
		xsUnknownError("cannot %s %s: %s", failed ? failed : "listen on", text, why);
	}
	tcp->isListener = 1;
	bindTcp(tcp, &xsThis, &xsArg(3));
	if (socketPort(fd, &tcp->localPort))
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
				wantTcp(listener, ZONAL_READABLE);
			return NONE;
		}
		tcp = prepareStream(fd) ? NULL : takeTcp(listener->machine, fd);
		if (!tcp) {
			resetStream(fd);
			(void)close(fd);
			continue;
		}
		tcp->peer = peer;
		tcp->state = STREAM_OPEN;
		tcp->localPort = listener->localPort;
		wantTcp(listener, ZONAL_READABLE);
		return numberOfTcp(tcp);
	}
	wantTcp(listener, ZONAL_READABLE);
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
	xsmcSetHostData(xsThis, &gTcpClosed);
}
