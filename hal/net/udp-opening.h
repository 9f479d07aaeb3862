/* How a UDP socket is opened. */
#ifndef ZONAL_UDP_OPENING_H
#define ZONAL_UDP_OPENING_H

#include "address.h"

typedef struct {
	Address address;
	Address device;
	uint32_t scope;
	int isGroup;
	int isIpv6;
	int ttl;
} UdpOpening;

/* Binds `fd` and sets its options. Returns NULL or the name of the step that failed, with errno. */
const char* udpOpen(int fd, const UdpOpening* opening, uint16_t* localPort);
/* Returns 0 where the stack does not tell the ECN field. */
int udpTellEcn(int fd, int isIpv6);

#endif
