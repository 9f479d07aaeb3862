/* The StreamSocket port on BSD sockets (Linux; lwIP under ESP-IDF).
 *
 * A connection is watched for what it still wants to be told: data until it is told, then again once `receive` was called;
 * room once `send` had too little. So nobody has to read to be left in peace. */
#include <errno.h>
#include <unistd.h>

#include "tcp-places.h"

#define STREAM_END (-1)
#define STREAM_LOST (-2)

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

void xs_tcp_destructor(void* data);

static Tcp* tcpOf(xsMachine* the)
{
	Tcp* tcp = xsmcGetHostDataValidate(xsThis, (void*)xs_tcp_destructor);
	if (!tcp)
		xsTypeError("tcp: never opened");
	return tcp;
}

void xs_tcp_destructor(void* data)
{
	if (data)
		closeTcp(data);
}

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
	(void)socketPort(tcp->fd, &tcp->localPort);
	if (tcp->state != STREAM_CONNECTING)
		zonalSchedule(&tcp->timer, 0, connectedAtOnce, tcp);
}

/* Binds where `device` is an address; returns NULL or the name of the step that failed, with errno. */
static const char* bindDevice(int fd, const Address* device)
{
	if (!addressIsAny(device) && socketBind(fd, device))
		return "connect from";
	return prepareStream(fd);
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
		tcp = tcpAt(accepted);
		if (!tcp || !tcp->isTaken || tcp->isListener || tcp->hasObject)
			xsRangeError("tcp: %d was not accepted", accepted);
		bindTcp(tcp, &xsThis, &xsArg(4));
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
	tcp = failed ? NULL : takeTcp(the, fd);
	if (!tcp) {
		const char* why = addressFault(failed ? errno : EMFILE);
		char text[ADDRESS_TEXT_BYTES];
		(void)close(fd);
		addressText(failed ? &device : &peer, !failed, text);
		xsUnknownError("cannot %s %s: %s", failed ? failed : "connect to", text, why);
	}
	tcp->peer = peer;
	bindTcp(tcp, &xsThis, &xsArg(4));
	startConnecting(tcp);
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
		wantTcp(tcp, ZONAL_READABLE);
		return (int)length;
	}
	if ((length < 0) && socketIsBusy(errno) && (tcp->state == STREAM_OPEN)) {
		wantTcp(tcp, ZONAL_READABLE);
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
	if ((length < 0) && !socketIsBusy(errno)) {
		end(tcp, errno);
		return STREAM_LOST;
	}
	if (length < (ssize_t)size)
		wantTcp(tcp, ZONAL_WRITABLE);
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
	xsmcSetHostData(xsThis, &gTcpClosed);
}
