/* Which interface has an address: the zone of link-local addresses and the one of IPv6 groups. */
#include "lwip/netif.h"
#include "lwip/tcpip.h"

#include "../net/address.h"

static int hasAddress(const struct netif* netif, const Address* address)
{
	int i;
	if (address->any.sa_family == AF_INET)
		return netif_ip4_addr(netif)->addr == address->v4.sin_addr.s_addr;
	for (i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		Address own = { .v6 = { .sin6_family = AF_INET6 } };
		if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
			continue;
		inet6_addr_from_ip6addr(&own.v6.sin6_addr, netif_ip6_addr(netif, i));
		if (addressesEqual(&own, address))
			return 1;
	}
	return 0;
}

uint32_t zonalInterfaceIndex(const Address* address)
{
	struct netif* netif;
	uint32_t index = 0;
	LOCK_TCPIP_CORE();
	NETIF_FOREACH(netif) {
		if (hasAddress(netif, address)) {
			index = netif_get_index(netif);
			break;
		}
	}
	UNLOCK_TCPIP_CORE();
	return index;
}
