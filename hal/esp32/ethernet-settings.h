/* How the Ethernet of this board is wired: the definitions of its manifest (hal/boards/README.md), with a value for those
 * that are left out. */
#ifndef ZONAL_ETHERNET_SETTINGS_H
#define ZONAL_ETHERNET_SETTINGS_H

#include "esp_eth.h"
#include "mc.defines.h"

#if defined(MODDEF_ETHERNET_OPENETH_USE) + defined(MODDEF_ETHERNET_EMAC_USE) + defined(MODDEF_ETHERNET_W5500_USE) != 1
#error "the board's manifest defines one of ethernet.emac, ethernet.w5500, ethernet.openeth"
#endif

#ifndef MODDEF_ETHERNET_EMAC_CLOCK_OUT
#define MODDEF_ETHERNET_EMAC_CLOCK_OUT 0
#endif
#ifndef MODDEF_ETHERNET_W5500_INTERRUPT
#define MODDEF_ETHERNET_W5500_INTERRUPT -1
#endif
#ifndef MODDEF_ETHERNET_PHY_ADDRESS
#define MODDEF_ETHERNET_PHY_ADDRESS -1
#endif
/* A word of the manifest comes without quotes. */
#ifndef MODDEF_ETHERNET_PHY_DRIVER
#define MODDEF_ETHERNET_PHY_DRIVER auto
#endif
#define TEXT_OF(WORD) #WORD
#define EXPANDED_TEXT_OF(WORD) TEXT_OF(WORD)
#define PHY_DRIVER EXPANDED_TEXT_OF(MODDEF_ETHERNET_PHY_DRIVER)
#ifndef MODDEF_ETHERNET_PHY_RESET
#define MODDEF_ETHERNET_PHY_RESET -1
#endif
/* ms that the reset is low, and until the PHY answers and gives its clock: more than each of the data sheets asks for. */
#define RESET_TIME 10
#define RESET_DELAY 50
#ifndef MODDEF_ETHERNET_POWER_PIN
#define MODDEF_ETHERNET_POWER_PIN -1
#endif
#ifndef MODDEF_ETHERNET_POWER_LEVEL
#define MODDEF_ETHERNET_POWER_LEVEL 1
#endif
#ifndef MODDEF_ETHERNET_POWER_DELAY
#define MODDEF_ETHERNET_POWER_DELAY 50
#endif

/* The MAC that the board has, or NULL where it cannot be made. Called once. */
esp_eth_mac_t* newMac(void);

/* Byte registers of a MAC on SPI. Not ESP_OK where there is none, or where it does not answer. */
esp_err_t readMacByte(uint32_t reg, uint8_t* value);
esp_err_t writeMacByte(uint32_t reg, uint8_t value);

/* A PHY for esp_eth that leaves its registers alone: the drivers in hal/ethernet have them, over MDIO. */
esp_eth_phy_t* passivePhy(void);
/* The PHY whose registers esp_eth reads and writes next. */
void selectPhyAddress(uint32_t address);
/* Tells the MAC what the PHY has; posts ETH_EVENT where the carrier came or went. */
esp_err_t changeLink(eth_link_t link, eth_speed_t speed, eth_duplex_t duplex);

#endif
