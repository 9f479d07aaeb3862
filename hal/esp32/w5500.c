/* A W5500 on SPI. Its driver is a component of Espressif's registry (ESP-IDF 6) or part of esp_eth (5.3); it gets our way to
 * the bus, so that the PHY driver in hal/ethernet reaches the chip's registers as well. */
#include "ethernet-settings.h"

#ifdef MODDEF_ETHERNET_W5500_USE
#include <string.h>

#include "driver/gpio.h"
#include "driver/spi_master.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#if __has_include("esp_eth_mac_spi.h")
#include "esp_eth_mac_spi.h"
#endif
#if __has_include("esp_eth_mac_w5500.h")
#include "esp_eth_mac_w5500.h"
#endif
/* From its version 2 on the driver shares a part of its configuration with other chips. */
#if __has_include("wiznet_mac_common.h")
#define COMMON(CONFIG) (&(CONFIG).base)
#else
#define COMMON(CONFIG) (&(CONFIG))
#endif

/* W5500 data sheet §2.2: 16 bits of address, 8 of control: block (0: common registers), read or write, variable length. */
#define ADDRESS_BITS 16
#define CONTROL_BITS 8
#define COMMON_READ 0x00
#define COMMON_WRITE 0x04
/* ms; another task has the bus for a frame at most. */
#define BUS_TIME 50
/* ms between two looks where the interrupt is not wired. */
#define POLL_TIME 10
#define QUEUE 20
/* Bytes that come in the transaction itself. */
#define SHORT_BYTES 4

static spi_device_handle_t gDevice;
static SemaphoreHandle_t gLock;

static void* openBus(const void* ignored)
{
	const spi_bus_config_t bus = {
		.mosi_io_num = MODDEF_ETHERNET_W5500_MOSI, .miso_io_num = MODDEF_ETHERNET_W5500_MISO, .sclk_io_num = MODDEF_ETHERNET_W5500_SCK,
		.quadwp_io_num = -1, .quadhd_io_num = -1,
	};
	const spi_device_interface_config_t device = {
		.command_bits = ADDRESS_BITS, .address_bits = CONTROL_BITS, .mode = 0, .clock_speed_hz = MODDEF_ETHERNET_W5500_HZ,
		.spics_io_num = MODDEF_ETHERNET_W5500_SELECT, .queue_size = QUEUE,
	};
	(void)ignored;
	gLock = xSemaphoreCreateMutex();
	if (!gLock || (spi_bus_initialize(MODDEF_ETHERNET_W5500_HOST, &bus, SPI_DMA_CH_AUTO) != ESP_OK)
		|| (spi_bus_add_device(MODDEF_ETHERNET_W5500_HOST, &device, &gDevice) != ESP_OK))
		return NULL;
	return &gDevice;
}

static esp_err_t closeBus(void* ignored)
{
	(void)ignored;
	return ESP_OK;
}

static esp_err_t transmit(spi_transaction_t* transaction)
{
	esp_err_t error;
	if (xSemaphoreTake(gLock, pdMS_TO_TICKS(BUS_TIME)) != pdTRUE)
		return ESP_ERR_TIMEOUT;
	error = spi_device_polling_transmit(gDevice, transaction);
	(void)xSemaphoreGive(gLock);
	return error;
}

static esp_err_t readBus(void* ignored, uint32_t address, uint32_t control, void* bytes, uint32_t length)
{
	spi_transaction_t transaction = { .cmd = (uint16_t)address, .addr = control, .length = 8 * length };
	esp_err_t error;
	(void)ignored;
	/* A short answer into the caller's bytes would overwrite what follows them: DMA writes words. */
	if (length <= SHORT_BYTES)
		transaction.flags = SPI_TRANS_USE_RXDATA;
	else
		transaction.rx_buffer = bytes;
	error = transmit(&transaction);
	if ((error == ESP_OK) && (length <= SHORT_BYTES))
		memcpy(bytes, transaction.rx_data, length);
	return error;
}

static esp_err_t writeBus(void* ignored, uint32_t address, uint32_t control, const void* bytes, uint32_t length)
{
	spi_transaction_t transaction = { .cmd = (uint16_t)address, .addr = control, .length = 8 * length, .tx_buffer = bytes };
	(void)ignored;
	return transmit(&transaction);
}

esp_eth_mac_t* newMac(void)
{
	const eth_mac_config_t common = ETH_MAC_DEFAULT_CONFIG();
	eth_w5500_config_t config = ETH_W5500_DEFAULT_CONFIG(MODDEF_ETHERNET_W5500_HOST, NULL);
	esp_err_t error = gpio_install_isr_service(0);
	if ((error != ESP_OK) && (error != ESP_ERR_INVALID_STATE))
		return NULL;
	COMMON(config)->int_gpio_num = MODDEF_ETHERNET_W5500_INTERRUPT;
	COMMON(config)->poll_period_ms = MODDEF_ETHERNET_W5500_INTERRUPT < 0 ? POLL_TIME : 0;
	COMMON(config)->custom_spi_driver = (eth_spi_custom_driver_config_t){ .init = openBus, .deinit = closeBus, .read = readBus, .write = writeBus };
	return esp_eth_mac_new_w5500(&config, &common);
}

esp_err_t readMacByte(uint32_t reg, uint8_t* value)
{
	return gDevice ? readBus(NULL, reg, COMMON_READ, value, 1) : ESP_ERR_INVALID_STATE;
}

esp_err_t writeMacByte(uint32_t reg, uint8_t value)
{
	return gDevice ? writeBus(NULL, reg, COMMON_WRITE, &value, 1) : ESP_ERR_INVALID_STATE;
}
#endif
