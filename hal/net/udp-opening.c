/* Opens UDP sockets: families, groups, queue, ECN. */
#include <errno.h>
#include <string.h>

#include "udp-opening.h"

/* Bytes that the stack queues below `receive`; what comes beyond them is dropped there. */
#define RECEIVE_QUEUE_BYTES (256 * 1024)

/* Each returns NULL or the name of the step that failed, with errno. */
static const char* bindSocket(int fd, const UdpOpening* opening)
{
	int on = 1;
	/* One family a socket: IPv4 peers are never met as mapped addresses. */
	if (opening->isIpv6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		return "keep IPv4 out of";
	/* A group is shared by all its members on this machine; a unicast address is one participant's own. */
	if (opening->isGroup && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return "share";
	if (socketBind(fd, &opening->address))
		return "bind";
#ifdef __linux__
	/* Only now that nobody else has this address: a stack that binds the port on all addresses may still come. */
	if (!opening->isGroup && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return "share";
#endif
	return NULL;
}

static const char* setMulticast4(int fd, const UdpOpening* opening)
{
	uint8_t on = 1, ttl = (uint8_t)opening->ttl;
	struct in_addr device = opening->device.v4.sin_addr;
	if (opening->isGroup) {
		struct ip_mreq request = { .imr_multiaddr = opening->address.v4.sin_addr, .imr_interface = device };
		if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)))
			return "join";
	}
	if (device.s_addr && setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &device, sizeof(device)))
		return "send multicast from";
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)))
		return "set the TTL of";
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof(on)))
		return "loop multicast of";
	return NULL;
}

/* Where lwIP has no option for the interface, the scope of a link-local destination says it. */
static const char* setMulticast6(int fd, const UdpOpening* opening)
{
	if (opening->isGroup) {
		struct ipv6_mreq request;
		memset(&request, 0, sizeof(request));
		request.ipv6mr_multiaddr = opening->address.v6.sin6_addr;
		request.ipv6mr_interface = opening->scope;
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)))
			return "join";
	}
#ifdef IPV6_MULTICAST_IF
	{
		int device = (int)opening->scope;
		if (device && setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &device, sizeof(device)))
			return "send multicast from";
	}
#endif
#ifdef IPV6_MULTICAST_HOPS
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &opening->ttl, sizeof(opening->ttl)))
		return "set the hop limit of";
#endif
#ifdef IPV6_MULTICAST_LOOP
	{
		int on = 1;
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &on, sizeof(on)))
			return "loop multicast of";
	}
#endif
	return NULL;
}

static const char* setQueue(int fd)
{
	int bytes = RECEIVE_QUEUE_BYTES;
	if (socketUnblock(fd))
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

int udpTellEcn(int fd, int isIpv6)
{
#if defined(IP_RECVTOS) && defined(IPV6_RECVTCLASS)
	int on = 1;
	return !setsockopt(fd, isIpv6 ? IPPROTO_IPV6 : IPPROTO_IP, isIpv6 ? IPV6_RECVTCLASS : IP_RECVTOS, &on, sizeof(on));
#else
	(void)fd;
	(void)isIpv6;
	return 0;
#endif
}

const char* udpOpen(int fd, const UdpOpening* opening, uint16_t* localPort)
{
	const char* failed;
	if (opening->isIpv6 && !opening->scope && !addressIsAny(&opening->device)) {
		errno = EADDRNOTAVAIL;
		return opening->isGroup ? "join" : "bind";
	}
	failed = bindSocket(fd, opening);
	if (!failed)
		failed = opening->isIpv6 ? setMulticast6(fd, opening) : setMulticast4(fd, opening);
	if (!failed)
		failed = setQueue(fd);
	if (!failed && socketPort(fd, localPort))
		failed = "ask the port of";
	return failed;
}
