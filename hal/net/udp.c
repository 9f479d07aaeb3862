/* The DatagramSocket port on BSD sockets (Linux; lwIP under ESP-IDF). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../system/arguments.h"

/* Bytes that the stack queues below `receive`; what comes beyond them is dropped there. */
#define RECEIVE_QUEUE_BYTES (256 * 1024)

/* Datagrams that one call of `receive` passes over; a flood of bad ones must not keep the loop here. */
#define PASSED_OVER_MAX 64

#define NO_DATAGRAM (-1)
#define SEND_BUSY (-1)
#define SEND_FAILED (-2)

typedef struct {
	xsMachine* machine;
	xsSlot self; /* keeps the object while the socket is open */
	xsSlot onReadable;
	ZonalWatch watch;
	int fd;
	uint32_t sourceAddress;
	uint16_t sourcePort;
	uint16_t localPort;
	uint32_t truncated;
	uint32_t overflowed;
} Udp;

void xs_udp_destructor(void* data);

static Udp* udpOf(xsMachine* the)
{
	Udp* udp = xsmcGetHostDataValidate(xsThis, (void*)xs_udp_destructor);
	if (!udp)
		xsTypeError("udp: never opened");
	return udp;
}

static void closeUdp(Udp* udp)
{
	xsMachine* the = udp->machine;
	if (udp->fd < 0)
		return;
	zonalUnwatch(&udp->watch);
	(void)close(udp->fd);
	udp->fd = -1;
	xsForget(udp->self);
	xsForget(udp->onReadable);
}

void xs_udp_destructor(void* data)
{
	if (!data)
		return;
	closeUdp(data);
	free(data);
}

static void readable(void* data)
{
	Udp* udp = data;
	zonalCall(udp->machine, &udp->onReadable);
}

static const char* reason(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "address already in use";
	case EADDRNOTAVAIL:
	case ENODEV:
		return "not an address of this machine";
	case EACCES:
	case EPERM:
		return "permission denied";
	}
	return strerror(error);
}

static struct sockaddr_in addressOf(uint32_t address, uint16_t port)
{
	struct sockaddr_in result;
	memset(&result, 0, sizeof(result));
	result.sin_family = AF_INET;
	result.sin_addr.s_addr = htonl(address);
	result.sin_port = htons(port);
	return result;
}

static void writeAddress(char* text, uint32_t address)
{
	(void)snprintf(text, INET_ADDRSTRLEN, "%u.%u.%u.%u", (unsigned)(address >> 24), (unsigned)(address >> 16 & 255),
		(unsigned)(address >> 8 & 255), (unsigned)(address & 255));
}

/* Each returns NULL or the name of the step that failed, with errno. */
static const char* bindSocket(int fd, uint32_t address, uint16_t port, int isGroup)
{
	int on = 1;
	struct sockaddr_in local = addressOf(address, port);
	/* A group is shared by all its members on this machine; a unicast address is one participant's own. */
	if (isGroup && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return "share";
	if (bind(fd, (struct sockaddr*)&local, sizeof(local)))
		return "bind";
#ifdef __linux__
	/* Only now that nobody else has this address: a stack that binds the port on all addresses may still come. */
	if (!isGroup && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return "share";
#endif
	return NULL;
}

static const char* setMulticast(int fd, uint32_t group, uint32_t device, uint8_t ttl)
{
	uint8_t on = 1;
	if (group) {
		struct ip_mreq request;
		request.imr_multiaddr.s_addr = htonl(group);
		request.imr_interface.s_addr = htonl(device);
		if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)))
			return "join";
	}
	if (device) {
		struct in_addr out = { .s_addr = htonl(device) };
		if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)))
			return "send multicast from";
	}
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)))
		return "set the TTL of";
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof(on)))
		return "loop multicast of";
	return NULL;
}

static const char* setQueue(int fd)
{
	int bytes = RECEIVE_QUEUE_BYTES;
	int flags = fcntl(fd, F_GETFL, 0);
	if ((flags < 0) || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return "unblock";
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)))
		return "set the queue of";
#ifdef SO_RXQ_OVFL
	{
		int on = 1;
		if (setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)))
			return "count the drops of";
	}
#endif
	return NULL;
}

static const char* readPort(int fd, uint16_t* port)
{
	struct sockaddr_in local;
	socklen_t length = sizeof(local);
	if (getsockname(fd, (struct sockaddr*)&local, &length))
		return "ask the port of";
	*port = ntohs(local.sin_port);
	return NULL;
}

/* (address, port, device, ttl, onReadable) */
void xs_udp(xsMachine* the)
{
	uint32_t address = xsUnsignedArgument(0, "udp: address");
	uint16_t port = (uint16_t)integerArgument(the, &xsArg(1), 65535, "udp: port");
	uint32_t device = xsUnsignedArgument(2, "udp: interface");
	uint8_t ttl = (uint8_t)integerArgument(the, &xsArg(3), 255, "udp: ttl");
	int isGroup = (address >> 28) == 14;
	uint16_t localPort = 0;
	const char* failed;
	Udp* udp;
	int fd;

	if (!xsmcIsCallable(xsArg(4)))
		xsTypeError("udp: onReadable is no function");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		xsUnknownError("cannot open a socket: %s", strerror(errno));
	failed = bindSocket(fd, address, port, isGroup);
	if (!failed)
		failed = setMulticast(fd, isGroup ? address : 0, device, ttl);
	if (!failed)
		failed = setQueue(fd);
	if (!failed)
		failed = readPort(fd, &localPort);
	udp = failed ? NULL : calloc(1, sizeof(*udp));
	if (!udp) {
		const char* why = reason(failed ? errno : ENOMEM);
		char text[INET_ADDRSTRLEN], deviceText[INET_ADDRSTRLEN];
		(void)close(fd);
		writeAddress(text, address);
		writeAddress(deviceText, device);
		if (isGroup)
			xsUnknownError("cannot %s %s:%u on %s: %s", failed ? failed : "make", text, port, deviceText, why);
		xsUnknownError("cannot %s %s:%u: %s", failed ? failed : "make", text, port, why);
	}
	udp->machine = the;
	udp->fd = fd;
	udp->localPort = localPort;
	udp->self = xsThis;
	udp->onReadable = xsArg(4);
	xsmcSetHostData(xsThis, udp);
	xsRemember(udp->self);
	xsRemember(udp->onReadable);
	zonalWatch(&udp->watch, fd, readable, udp);
}

/* What the stack dropped since the socket was opened comes along with a datagram. */
static void noteOverflow(Udp* udp, struct msghdr* message)
{
#ifdef SO_RXQ_OVFL
	struct cmsghdr* part;
	for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		if ((part->cmsg_level == SOL_SOCKET) && (part->cmsg_type == SO_RXQ_OVFL))
			memcpy(&udp->overflowed, CMSG_DATA(part), sizeof(udp->overflowed));
	}
#else
	(void)udp;
	(void)message;
#endif
}

/* (into) */
void xs_udp_receive(xsMachine* the)
{
	Udp* udp = udpOf(the);
	void* bytes;
	xsUnsignedValue size;
	int round;
	xsmcSetInteger(xsResult, NO_DATAGRAM);
	if (udp->fd < 0)
		return;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	for (round = 0; round < PASSED_OVER_MAX; round++) {
		struct sockaddr_in from;
		union {
			struct cmsghdr header;
			uint8_t room[64];
		} control;
		struct iovec part = { .iov_base = bytes, .iov_len = size };
		struct msghdr message;
		ssize_t length;
		memset(&message, 0, sizeof(message));
		message.msg_name = &from;
		message.msg_namelen = sizeof(from);
		message.msg_iov = &part;
		message.msg_iovlen = 1;
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		length = recvmsg(udp->fd, &message, 0);
		if (length < 0) {
			/* An ICMP answer to something sent before: fetched now, and no reason to stop. */
			if ((errno == EINTR) || (errno == ECONNREFUSED))
				continue;
			return;
		}
		noteOverflow(udp, &message);
		if (message.msg_flags & MSG_TRUNC) {
			udp->truncated++;
			continue;
		}
		udp->sourceAddress = ntohl(from.sin_addr.s_addr);
		udp->sourcePort = ntohs(from.sin_port);
		xsmcSetInteger(xsResult, (xsIntegerValue)length);
		return;
	}
}

/* (bytes, offset, end, address, port) */
void xs_udp_send(xsMachine* the)
{
	Udp* udp = udpOf(the);
	uint32_t offset = xsUnsignedArgument(1, "udp");
	uint32_t end = xsUnsignedArgument(2, "udp");
	uint32_t address = xsUnsignedArgument(3, "udp: address");
	uint16_t port = (uint16_t)integerArgument(the, &xsArg(4), 65535, "udp: port");
	struct sockaddr_in to = addressOf(address, port);
	void* bytes;
	xsUnsignedValue size;
	ssize_t length;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	checkRange(the, offset, end, size, "udp");
	xsmcSetInteger(xsResult, SEND_FAILED);
	if ((udp->fd < 0) || !port)
		return;
	do
		length = sendto(udp->fd, (uint8_t*)bytes + offset, end - offset, 0, (struct sockaddr*)&to, sizeof(to));
	while ((length < 0) && (errno == EINTR));
	if (length >= 0)
		xsmcSetInteger(xsResult, (xsIntegerValue)length);
	else if ((errno == EAGAIN) || (errno == EWOULDBLOCK) || (errno == ENOBUFS) || (errno == ENOMEM))
		xsmcSetInteger(xsResult, SEND_BUSY);
}

void xs_udp_source_address_get(xsMachine* the)
{
	xsmcSetNumber(xsResult, udpOf(the)->sourceAddress);
}

void xs_udp_source_port_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, udpOf(the)->sourcePort);
}

void xs_udp_local_port_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, udpOf(the)->localPort);
}

void xs_udp_dropped_get(xsMachine* the)
{
	Udp* udp = udpOf(the);
	xsmcSetNumber(xsResult, (double)udp->truncated + udp->overflowed);
}

void xs_udp_close(xsMachine* the)
{
	closeUdp(udpOf(the));
}
