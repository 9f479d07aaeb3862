/* Which interface has an address: the zone of link-local addresses and the one of IPv6 groups. */
#include <ifaddrs.h>
#include <net/if.h>

#include "../net/address.h"

uint32_t zonalInterfaceIndex(const Address* address)
{
	struct ifaddrs *list = NULL, *at;
	uint32_t index = 0;
	if (getifaddrs(&list))
		return 0;
	for (at = list; at && !index; at = at->ifa_next) {
		const Address* own = (const Address*)(const void*)at->ifa_addr;
		if (own && (own->any.sa_family == address->any.sa_family) && addressesEqual(own, address))
			index = if_nametoindex(at->ifa_name);
	}
	freeifaddrs(list);
	return index;
}
