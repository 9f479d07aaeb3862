/* Socket addresses of both families, as the natives exchange them with JavaScript: an IPv4 address is a Number, an IPv6
 * address is 16 bytes in a Uint8Array. */
#ifndef ZONAL_ADDRESS_H
#define ZONAL_ADDRESS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../system/arguments.h"

#define IPV6_BYTES 16
/* "[…]:65535" */
#define ADDRESS_TEXT_BYTES 56

typedef union {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} Address;

/* Of the host's interface with that address, from 1; 0 where there is none. Each platform has its own. */
uint32_t zonalInterfaceIndex(const Address* address);

/* Reads an argument; `scope` is that of link-local addresses. Throws where it is no address. */
void addressArgument(xsMachine* the, xsSlot* slot, uint16_t port, uint32_t scope, const char* what, Address* address);
socklen_t addressLength(const Address* address);
uint16_t addressPort(const Address* address);
int addressIsGroup(const Address* address);
int addressIsAny(const Address* address);
int addressesEqual(const Address* one, const Address* other);
/* IPv4 as uint32 in host order; 0 of an IPv6 one. */
uint32_t addressIpv4(const Address* address);
/* Writes 16 bytes into a Uint8Array; IPv4 as mapped address (RFC 4291 §2.5.5.2). */
void addressWrite(xsMachine* the, xsSlot* slot, const Address* address);
/* "10.0.0.1:5", "[::1]:5"; without a port where `withPort` is 0. */
void addressText(const Address* address, int withPort, char text[ADDRESS_TEXT_BYTES]);
/* Of errno, in words. */
const char* addressFault(int error);

/* Returns 0, or -1 with errno. */
int socketBind(int fd, const Address* address);
/* Makes what comes of a socket not wait; returns 0, or -1 with errno. */
int socketUnblock(int fd);
/* Asks for the socket's own port; returns 0, or -1 with errno. */
int socketPort(int fd, uint16_t* port);
/* Of errno: the stack has no room now, and may have some later. */
int socketIsBusy(int error);

#endif
