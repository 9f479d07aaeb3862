/* The DatagramSocket port on BSD sockets (Linux; lwIP under ESP-IDF). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "udp-opening.h"

/* Sockets at a time; for one more the constructor throws. The boards' lwIP has 12 descriptors, TCP's among them. */
#ifdef ESP_PLATFORM
#define SOCKETS_MAX 12
#else
#define SOCKETS_MAX 160
#endif

/* Datagrams that one call of `receive` passes over; a flood of bad ones must not keep the loop here. */
#define PASSED_OVER_MAX 64

#define NO_DATAGRAM (-1)
#define SEND_BUSY (-1)
#define SEND_FAILED (-2)

/* RFC 3168 section 5: ECT(0). */
#define ECT_0 2

typedef struct {
	xsMachine* machine;
	xsSlot self; /* keeps the object while the socket is open */
	xsSlot onReadable;
	ZonalWatch watch;
	int fd;
	Address source;
	uint32_t scope; /* of link-local peers */
	uint16_t localPort;
	uint8_t isTaken;
	uint8_t isIpv6;
	uint8_t hasEcn;
	uint8_t ecn;
	uint8_t sendEcn;
	uint32_t truncated;
	uint32_t overflowed;
} Udp;

static Udp gSockets[SOCKETS_MAX];
/* What closed objects refer to. */
static Udp gClosed = { .fd = -1 };

void xs_udp_destructor(void* data);

static Udp* takePlace(void)
{
	int i;
	for (i = 0; i < SOCKETS_MAX; i++) {
		if (gSockets[i].isTaken)
			continue;
		memset(&gSockets[i], 0, sizeof(gSockets[i]));
		gSockets[i].isTaken = 1;
		return &gSockets[i];
	}
	return NULL;
}

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
	udp->isTaken = 0;
	xsForget(udp->self);
	xsForget(udp->onReadable);
}

void xs_udp_destructor(void* data)
{
	if (data)
		closeUdp(data);
}

static void readable(void* data)
{
	Udp* udp = data;
	zonalCall(udp->machine, &udp->onReadable);
}

/* (address, port, device, ttl, ecn, onReadable) */
void xs_udp(xsMachine* the)
{
	uint16_t port = (uint16_t)integerArgument(the, &xsArg(1), 65535, "udp: port");
	UdpOpening opening = { .ttl = (int)integerArgument(the, &xsArg(3), 255, "udp: ttl") };
	uint16_t localPort = 0;
	const char* failed;
	Udp* udp;
	int fd;

	addressArgument(the, &xsArg(2), 0, 0, "udp: interface", &opening.device);
	addressArgument(the, &xsArg(0), port, 0, "udp: address", &opening.address);
	opening.isIpv6 = opening.address.any.sa_family == AF_INET6;
	opening.isGroup = addressIsGroup(&opening.address);
	if (opening.isIpv6 && !addressIsAny(&opening.device)) {
		opening.scope = zonalInterfaceIndex(&opening.device);
		addressArgument(the, &xsArg(0), port, opening.scope, "udp: address", &opening.address);
	}
	else if (!opening.isIpv6 && (opening.device.any.sa_family == AF_INET6))
		xsRangeError("udp: an IPv6 interface of an IPv4 socket");
	if (!xsmcIsCallable(xsArg(5)))
		xsTypeError("udp: onReadable is no function");
	fd = socket(opening.address.any.sa_family, SOCK_DGRAM, 0);
	if (fd < 0)
		xsUnknownError("cannot open a socket: %s", addressFault(errno));
	failed = udpOpen(fd, &opening, &localPort);
	udp = failed ? NULL : takePlace();
	if (!udp) {
		const char* why = addressFault(failed ? errno : EMFILE);
		char text[ADDRESS_TEXT_BYTES], deviceText[ADDRESS_TEXT_BYTES];
		(void)close(fd);
		addressText(&opening.address, 1, text);
		addressText(&opening.device, 0, deviceText);
		if (opening.isGroup)
			xsUnknownError("cannot %s %s on %s: %s", failed ? failed : "open", text, deviceText, why);
		xsUnknownError("cannot %s %s: %s", failed ? failed : "open", text, why);
	}
	udp->machine = the;
	udp->fd = fd;
	udp->localPort = localPort;
	udp->scope = opening.scope;
	udp->isIpv6 = (uint8_t)opening.isIpv6;
	udp->hasEcn = xsmcToBoolean(xsArg(4)) && udpTellEcn(fd, opening.isIpv6);
	udp->source.any.sa_family = opening.address.any.sa_family;
	udp->self = xsThis;
	udp->onReadable = xsArg(5);
	xsmcSetHostData(xsThis, udp);
	xsRemember(udp->self);
	xsRemember(udp->onReadable);
	zonalWatch(&udp->watch, fd, readable, udp);
}

/* Comes along with a datagram: its ECN field, and what the stack dropped since the socket was opened. */
static void noteControl(Udp* udp, struct msghdr* message)
{
	udp->ecn = 0;
#if defined(SO_RXQ_OVFL) || defined(IP_RECVTOS)
	struct cmsghdr* part;
	for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
#ifdef SO_RXQ_OVFL
		if ((part->cmsg_level == SOL_SOCKET) && (part->cmsg_type == SO_RXQ_OVFL))
			memcpy(&udp->overflowed, CMSG_DATA(part), sizeof(udp->overflowed));
#endif
#if defined(IP_RECVTOS) && defined(IPV6_RECVTCLASS)
		if ((part->cmsg_level == IPPROTO_IP) && (part->cmsg_type == IP_TOS))
			udp->ecn = *CMSG_DATA(part) & 3;
		else if ((part->cmsg_level == IPPROTO_IPV6) && (part->cmsg_type == IPV6_TCLASS)) {
			int class;
			memcpy(&class, CMSG_DATA(part), sizeof(class));
			udp->ecn = (uint8_t)(class & 3);
		}
#endif
	}
#else
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
		Address from;
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
		noteControl(udp, &message);
		if (message.msg_flags & MSG_TRUNC) {
			udp->truncated++;
			continue;
		}
		udp->source = from;
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
	uint16_t port = (uint16_t)integerArgument(the, &xsArg(4), 65535, "udp: port");
	Address to;
	void* bytes;
	xsUnsignedValue size;
	ssize_t length;
	if (udp->fd < 0) {
		xsmcSetInteger(xsResult, SEND_FAILED);
		return;
	}
	/* The Number of an IPv6 address: not for this socket, and no fault of the caller's either. */
	if (!udp->isIpv6 && (integerArgument(the, &xsArg(3), SAFE_INTEGER_MAX, "udp: address") > UINT32_MAX)) {
		xsmcSetInteger(xsResult, SEND_FAILED);
		return;
	}
	addressArgument(the, &xsArg(3), port, udp->scope, "udp: address", &to);
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	checkRange(the, offset, end, size, "udp");
	xsmcSetInteger(xsResult, SEND_FAILED);
	if (!port || ((to.any.sa_family == AF_INET6) != udp->isIpv6))
		return;
	do
		length = sendto(udp->fd, (uint8_t*)bytes + offset, end - offset, 0, &to.any, addressLength(&to));
	while ((length < 0) && (errno == EINTR));
	if (length >= 0)
		xsmcSetInteger(xsResult, (xsIntegerValue)length);
	else if (socketIsBusy(errno))
		xsmcSetInteger(xsResult, SEND_BUSY);
}

void xs_udp_source_address_get(xsMachine* the)
{
	xsmcSetNumber(xsResult, addressIpv4(&udpOf(the)->source));
}

/* (into: 16 bytes) */
void xs_udp_source(xsMachine* the)
{
	addressWrite(the, &xsArg(0), &udpOf(the)->source);
}

void xs_udp_source_port_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, addressPort(&udpOf(the)->source));
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

void xs_udp_ecn_supported_get(xsMachine* the)
{
	xsmcSetBoolean(xsResult, udpOf(the)->hasEcn);
}

void xs_udp_ecn_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, udpOf(the)->ecn);
}

void xs_udp_send_ecn_get(xsMachine* the)
{
	xsmcSetInteger(xsResult, udpOf(the)->sendEcn);
}

/* (value) */
void xs_udp_send_ecn_set(xsMachine* the)
{
	Udp* udp = udpOf(the);
	int value = (int)integerArgument(the, &xsArg(0), ECT_0, "udp: sendEcn");
	if (value == 1)
		xsRangeError("udp: sendEcn: 1, expected 0 or 2");
	if (!udp->hasEcn || (udp->fd < 0))
		return;
#if defined(IP_TOS) && defined(IPV6_TCLASS)
	if (!setsockopt(udp->fd, udp->isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP, udp->isIpv6 ? IPV6_TCLASS : IP_TOS, &value, sizeof(value)))
		udp->sendEcn = (uint8_t)value;
#endif
}

void xs_udp_close(xsMachine* the)
{
	closeUdp(udpOf(the));
	xsmcSetHostData(xsThis, &gClosed);
}
