/* Ethernet on ESP-IDF: esp_eth with the board's MAC, esp_netif with a fixed address or DHCP, and the registers of the
 * PHY for the drivers in hal/ethernet. There is one interface. All but onAddress runs in the machine's task. */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "driver/gpio.h"
#include "esp_eth.h"
#include "esp_event.h"
#include "esp_mac.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "ethernet-settings.h"
#include "arguments.h"

#define MAC_BYTES 6

typedef struct {
	xsMachine* machine; /* NULL: nobody listens */
	xsSlot onChanged;
	ZonalWatch watch;
	esp_eth_handle_t driver; /* NULL until xs_ethernet_open */
	esp_netif_t* interface; /* NULL until xs_ethernet_begin */
	int events; /* descriptor that onAddress writes to */
	atomic_int hasAddress;
} Ethernet;

static Ethernet gEthernet;

static void check(xsMachine* the, esp_err_t error, const char* what)
{
	if (error != ESP_OK)
		xsUnknownError("ethernet: %s: %s", what, esp_err_to_name(error));
}

static void checkOpen(xsMachine* the)
{
	if (!gEthernet.driver)
		xsUnknownError("ethernet: not open");
}

/* In the task of the event loop. What it says is coalesced: the machine asks for the address when it gets to it. */
static void onAddress(void* ignored, esp_event_base_t base, int32_t event, void* data)
{
	const uint64_t one = 1;
	(void)ignored;
	(void)base;
	(void)data;
	atomic_store(&gEthernet.hasAddress, event == IP_EVENT_ETH_GOT_IP);
	if (write(gEthernet.events, &one, sizeof(one)) != sizeof(one))
		abort();
}

static void addressChanged(void* data)
{
	uint64_t ignored;
	(void)data;
	if (read(gEthernet.events, &ignored, sizeof(ignored)) != sizeof(ignored))
		return;
	if (gEthernet.machine)
		zonalCall(gEthernet.machine, &gEthernet.onChanged);
}

static esp_err_t switchOn(void)
{
	const gpio_num_t pin = (gpio_num_t)MODDEF_ETHERNET_POWER_PIN;
	esp_err_t error;
	if (pin < 0)
		return ESP_OK;
	error = gpio_reset_pin(pin);
	if (error == ESP_OK)
		error = gpio_set_level(pin, MODDEF_ETHERNET_POWER_LEVEL);
	if (error == ESP_OK)
		error = gpio_set_direction(pin, GPIO_MODE_OUTPUT);
	vTaskDelay(pdMS_TO_TICKS(MODDEF_ETHERNET_POWER_DELAY) + 1);
	return error;
}

/* (macAddress: Uint8Array, of no bytes for the chip's own) */
void xs_ethernet_open(xsMachine* the)
{
	uint8_t address[MAC_BYTES];
	esp_eth_config_t config;
	esp_eth_mac_t* mac;
	void* bytes;
	xsUnsignedValue size;
	if (gEthernet.driver)
		xsUnknownError("ethernet: already open");
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	if (size == MAC_BYTES)
		memcpy(address, bytes, MAC_BYTES);
	else
		check(the, esp_read_mac(address, ESP_MAC_ETH), "no MAC address");
	/* A PHY that the chip clocks is to find the clock when its supply comes; where it gives the clock, the MAC wants it first. */
#if MODDEF_ETHERNET_EMAC_CLOCK_OUT
	mac = newMac();
	check(the, switchOn(), "power pin");
#else
	check(the, switchOn(), "power pin");
	mac = newMac();
#endif
	if (!mac)
		xsUnknownError("ethernet: there is no MAC");
	config = (esp_eth_config_t)ETH_DEFAULT_CONFIG(mac, passivePhy());
	check(the, esp_eth_driver_install(&config, &gEthernet.driver), "driver");
	check(the, esp_eth_ioctl(gEthernet.driver, ETH_CMD_S_MAC_ADDR, address), "MAC address");
}

/* Address of the PHY on the MDIO bus, -1: look for it; -2: there is none but that of a W5500. */
void xs_ethernet_phy_address(xsMachine* the)
{
#ifdef MODDEF_ETHERNET_W5500_USE
	xsmcSetInteger(xsResult, -2);
#else
	xsmcSetInteger(xsResult, MODDEF_ETHERNET_PHY_ADDRESS);
#endif
}

/* Name of the driver that the board wants, as selectPhy in hal/ethernet/known-phys.ts has it. */
void xs_ethernet_phy_driver(xsMachine* the)
{
	xsmcSetString(xsResult, PHY_DRIVER);
}

/* (into: Uint8Array of six bytes): the MAC address in use. */
void xs_ethernet_mac_address(xsMachine* the)
{
	uint8_t address[MAC_BYTES];
	void* bytes;
	xsUnsignedValue size;
	checkOpen(the);
	check(the, esp_eth_ioctl(gEthernet.driver, ETH_CMD_G_MAC_ADDR, address), "MAC address");
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	checkRange(the, 0, MAC_BYTES, size, "ethernet: MAC address");
	memcpy(bytes, address, MAC_BYTES);
}

static esp_netif_t* newInterface(void)
{
	const esp_netif_config_t config = ESP_NETIF_DEFAULT_ETH();
	return esp_netif_new(&config);
}

static void useFixedAddress(xsMachine* the, uint32_t address, uint32_t netmask, uint32_t gateway, uint32_t nameServer)
{
	const esp_netif_ip_info_t info = {
		.ip = { .addr = esp_netif_htonl(address) },
		.netmask = { .addr = esp_netif_htonl(netmask) },
		.gw = { .addr = esp_netif_htonl(gateway) },
	};
	esp_netif_dns_info_t dns = { .ip = { .u_addr = { .ip4 = { .addr = esp_netif_htonl(nameServer) } }, .type = ESP_IPADDR_TYPE_V4 } };
	check(the, esp_netif_dhcpc_stop(gEthernet.interface), "DHCP");
	check(the, esp_netif_set_ip_info(gEthernet.interface, &info), "address");
	if (nameServer)
		check(the, esp_netif_set_dns_info(gEthernet.interface, ESP_NETIF_DNS_MAIN, &dns), "name server");
}

/* (address, netmask, gateway, nameServer): uint32 in host order; address 0: DHCP. */
void xs_ethernet_begin(xsMachine* the)
{
	uint32_t address = xsUnsignedArgument(0, "ethernet: address");
	uint32_t netmask = xsUnsignedArgument(1, "ethernet: netmask");
	uint32_t gateway = xsUnsignedArgument(2, "ethernet: gateway");
	uint32_t nameServer = xsUnsignedArgument(3, "ethernet: name server");
	esp_eth_netif_glue_handle_t glue;
	esp_err_t error;
	checkOpen(the);
	if (gEthernet.interface)
		xsUnknownError("ethernet: already begun");
	check(the, esp_netif_init(), "IP stack");
	error = esp_event_loop_create_default();
	if (error != ESP_ERR_INVALID_STATE)
		check(the, error, "event loop");
	gEthernet.events = zonalEvents();
	gEthernet.interface = newInterface();
	glue = esp_eth_new_netif_glue(gEthernet.driver);
	if (!gEthernet.interface || !glue || (gEthernet.events < 0))
		xsUnknownError("ethernet: out of memory");
	if (address)
		useFixedAddress(the, address, netmask, gateway, nameServer);
	check(the, esp_netif_attach(gEthernet.interface, glue), "interface");
	check(the, esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_GOT_IP, onAddress, NULL), "events");
	check(the, esp_event_handler_register(IP_EVENT, IP_EVENT_ETH_LOST_IP, onAddress, NULL), "events");
	zonalWatch(&gEthernet.watch, gEthernet.events, addressChanged, NULL);
	check(the, esp_eth_start(gEthernet.driver), "start");
}

/* (onChanged): called after the interface got or lost its address. */
void xs_ethernet_listen(xsMachine* the)
{
	if (!xsmcIsCallable(xsArg(0)))
		xsTypeError("ethernet: onChanged is no function");
	if (gEthernet.machine)
		xsForget(gEthernet.onChanged);
	gEthernet.machine = the;
	gEthernet.onChanged = xsArg(0);
	xsRemember(gEthernet.onChanged);
}

/* (isUp, speed: 10 or 100, isFullDuplex) */
void xs_ethernet_set_link(xsMachine* the)
{
	int isUp = xsmcToBoolean(xsArg(0));
	eth_speed_t speed = integerArgument(the, &xsArg(1), 100, "ethernet: speed") == 100 ? ETH_SPEED_100M : ETH_SPEED_10M;
	eth_duplex_t duplex = xsmcToBoolean(xsArg(2)) ? ETH_DUPLEX_FULL : ETH_DUPLEX_HALF;
	checkOpen(the);
	if (!isUp)
		atomic_store(&gEthernet.hasAddress, 0);
	check(the, changeLink(isUp ? ETH_LINK_UP : ETH_LINK_DOWN, speed, duplex), "link");
}

static void readAddress(esp_netif_ip_info_t* info)
{
	if (!gEthernet.interface || !atomic_load(&gEthernet.hasAddress) || esp_netif_get_ip_info(gEthernet.interface, info))
		memset(info, 0, sizeof(*info));
}

/* IPv4 address, uint32 in host order; 0: none. */
void xs_ethernet_address(xsMachine* the)
{
	esp_netif_ip_info_t info;
	readAddress(&info);
	xsmcSetNumber(xsResult, esp_netif_htonl(info.ip.addr));
}

void xs_ethernet_netmask(xsMachine* the)
{
	esp_netif_ip_info_t info;
	readAddress(&info);
	xsmcSetNumber(xsResult, esp_netif_htonl(info.netmask.addr));
}

/* (address, register): 16 bits; 0xffff where the bus is silent. */
void xs_ethernet_read_phy(xsMachine* the)
{
	uint32_t value = 0xffff;
	esp_eth_phy_reg_rw_data_t access = { .reg_value_p = &value };
	selectPhyAddress((uint32_t)integerArgument(the, &xsArg(0), 31, "mdio: address"));
	access.reg_addr = (uint32_t)integerArgument(the, &xsArg(1), 31, "mdio: register");
	checkOpen(the);
	if (esp_eth_ioctl(gEthernet.driver, ETH_CMD_READ_PHY_REG, &access) != ESP_OK)
		value = 0xffff;
	xsmcSetInteger(xsResult, (xsIntegerValue)(value & 0xffff));
}

/* (address, register, value). A bus that fails is found by the next reading. */
void xs_ethernet_write_phy(xsMachine* the)
{
	uint32_t value = (uint32_t)integerArgument(the, &xsArg(2), 0xffff, "mdio: value");
	esp_eth_phy_reg_rw_data_t access = { .reg_value_p = &value };
	selectPhyAddress((uint32_t)integerArgument(the, &xsArg(0), 31, "mdio: address"));
	access.reg_addr = (uint32_t)integerArgument(the, &xsArg(1), 31, "mdio: register");
	checkOpen(the);
	(void)esp_eth_ioctl(gEthernet.driver, ETH_CMD_WRITE_PHY_REG, &access);
}

/* (register): a byte register of a controller on SPI; 0xff where it does not answer. */
void xs_ethernet_read_byte(xsMachine* the)
{
	uint8_t value = 0xff;
	if (readMacByte((uint32_t)integerArgument(the, &xsArg(0), 0xffff, "ethernet: register"), &value) != ESP_OK)
		value = 0xff;
	xsmcSetInteger(xsResult, value);
}

/* (register, value). A bus that fails is found by the next reading. */
void xs_ethernet_write_byte(xsMachine* the)
{
	uint32_t reg = (uint32_t)integerArgument(the, &xsArg(0), 0xffff, "ethernet: register");
	(void)writeMacByte(reg, (uint8_t)integerArgument(the, &xsArg(1), 0xff, "ethernet: value"));
}
