/* Socket addresses of both families: see address.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

static const uint8_t MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static int isLinkLocal(const uint8_t* bytes)
{
	/* fe80::/10; ff01::/16 and ff02::/16 are of one interface or one link as well (RFC 4291 §2.7). */
	return ((bytes[0] == 0xfe) && ((bytes[1] & 0xc0) == 0x80)) || ((bytes[0] == 0xff) && ((bytes[1] & 15) <= 2));
}

void addressArgument(xsMachine* the, xsSlot* slot, uint16_t port, uint32_t scope, const char* what, Address* address)
{
	xsType type = fxTypeOf(the, slot);
	memset(address, 0, sizeof(*address));
	if ((type == xsReferenceType)) {
		void* bytes;
		xsUnsignedValue size;
		xsmcGetBufferReadable(*slot, &bytes, &size);
		if (size != IPV6_BYTES)
			xsRangeError("%s: %u bytes, expected 16", what, (unsigned)size);
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons(port);
		memcpy(&address->v6.sin6_addr, bytes, IPV6_BYTES);
		if (isLinkLocal(bytes))
			address->v6.sin6_scope_id = scope;
		return;
	}
	address->v4.sin_family = AF_INET;
	address->v4.sin_port = htons(port);
	address->v4.sin_addr.s_addr = htonl(unsignedArgument(the, slot, what));
}

socklen_t addressLength(const Address* address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

uint16_t addressPort(const Address* address)
{
	return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

uint32_t addressIpv4(const Address* address)
{
	return address->any.sa_family == AF_INET6 ? 0 : ntohl(address->v4.sin_addr.s_addr);
}

static void writeBytes(const Address* address, uint8_t bytes[IPV6_BYTES])
{
	if (address->any.sa_family == AF_INET6)
		memcpy(bytes, &address->v6.sin6_addr, IPV6_BYTES);
	else {
		memcpy(bytes, MAPPED, sizeof(MAPPED));
		memcpy(bytes + sizeof(MAPPED), &address->v4.sin_addr, 4);
	}
}

int addressIsGroup(const Address* address)
{
	uint8_t bytes[IPV6_BYTES];
	if (address->any.sa_family != AF_INET6)
		return (addressIpv4(address) >> 28) == 14;
	writeBytes(address, bytes);
	return bytes[0] == 0xff;
}

int addressIsAny(const Address* address)
{
	static const uint8_t ANY[IPV6_BYTES];
	return address->any.sa_family == AF_INET6 ? !memcmp(&address->v6.sin6_addr, ANY, IPV6_BYTES) : !address->v4.sin_addr.s_addr;
}

int addressesEqual(const Address* one, const Address* other)
{
	uint8_t bytes[IPV6_BYTES], others[IPV6_BYTES];
	writeBytes(one, bytes);
	writeBytes(other, others);
	return !memcmp(bytes, others, IPV6_BYTES);
}

void addressWrite(xsMachine* the, xsSlot* slot, const Address* address)
{
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(*slot, &bytes, &size);
	if (size != IPV6_BYTES)
		xsRangeError("address: %u bytes, expected 16", (unsigned)size);
	writeBytes(address, bytes);
}

void addressText(const Address* address, int withPort, char text[ADDRESS_TEXT_BYTES])
{
	char host[INET6_ADDRSTRLEN] = "?";
	int isIpv6 = address->any.sa_family == AF_INET6;
	(void)inet_ntop(address->any.sa_family, isIpv6 ? (const void*)&address->v6.sin6_addr : (const void*)&address->v4.sin_addr, host, sizeof(host));
	if (withPort)
		(void)snprintf(text, ADDRESS_TEXT_BYTES, isIpv6 ? "[%s]:%u" : "%s:%u", host, (unsigned)addressPort(address));
	else
		(void)snprintf(text, ADDRESS_TEXT_BYTES, "%s", host);
}

const char* addressFault(int error)
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
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
	case EPIPE:
		return "reset by peer";
	case ETIMEDOUT:
	case ECONNABORTED: /* lwIP's, when it gives up */
		return "timed out";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
		return "unreachable";
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		return "too many sockets";
	case EAFNOSUPPORT:
		return "no such address family here";
	}
	return strerror(error);
}

int socketBind(int fd, const Address* address)
{
	int result = bind(fd, &address->any, addressLength(address));
	/* A link-local address without a scope: of none of our interfaces. */
	if (result && (errno == EINVAL))
		errno = EADDRNOTAVAIL;
	return result;
}

int socketUnblock(int fd)
{
	int flags = fcntl(fd, F_GETFL, 0);
	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int socketPort(int fd, uint16_t* port)
{
	Address local;
	socklen_t length = sizeof(local);
	if (getsockname(fd, &local.any, &length))
		return -1;
	*port = addressPort(&local);
	return 0;
}

int socketIsBusy(int error)
{
	return (error == EAGAIN) || (error == EWOULDBLOCK) || (error == ENOBUFS) || (error == ENOMEM);
}
