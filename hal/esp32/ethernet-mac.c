/* The MACs that a board may have: the chip's own on RMII, or OpenCores' of the emulator (w5500.c has the third). */
#include "ethernet-settings.h"

#include "sdkconfig.h"
#if __has_include("esp_eth_mac_esp.h")
#include "esp_eth_mac_esp.h"
#endif
#if __has_include("esp_eth_mac_openeth.h")
#include "esp_eth_mac_openeth.h"
#endif

#ifdef MODDEF_ETHERNET_OPENETH_USE
esp_eth_mac_t* newMac(void)
{
	const eth_mac_config_t common = ETH_MAC_DEFAULT_CONFIG();
	return esp_eth_mac_new_openeth(&common);
}
#endif

#ifdef MODDEF_ETHERNET_EMAC_USE
esp_eth_mac_t* newMac(void)
{
	const eth_mac_config_t common = ETH_MAC_DEFAULT_CONFIG();
	eth_esp32_emac_config_t config = ETH_ESP32_EMAC_DEFAULT_CONFIG();
	config.smi_gpio.mdc_num = MODDEF_ETHERNET_EMAC_MDC;
	config.smi_gpio.mdio_num = MODDEF_ETHERNET_EMAC_MDIO;
	config.interface = EMAC_DATA_INTERFACE_RMII;
	config.clock_config.rmii.clock_mode = MODDEF_ETHERNET_EMAC_CLOCK_OUT ? EMAC_CLK_OUT : EMAC_CLK_EXT_IN;
	config.clock_config.rmii.clock_gpio = MODDEF_ETHERNET_EMAC_CLOCK_PIN;
	return esp_eth_mac_new_esp32(&config, &common);
}
#endif

#ifndef MODDEF_ETHERNET_W5500_USE
esp_err_t readMacByte(uint32_t reg, uint8_t* value)
{
	(void)reg;
	(void)value;
	return ESP_ERR_NOT_SUPPORTED;
}

esp_err_t writeMacByte(uint32_t reg, uint8_t value)
{
	(void)reg;
	(void)value;
	return ESP_ERR_NOT_SUPPORTED;
}
#endif
