/* The PHY that esp_eth is given. esp_eth's own drivers reset a PHY, negotiate and poll it; here the drivers of
 * hal/ethernet do that, and what they found is handed on to the MAC. */
#include "driver/gpio.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "ethernet-settings.h"

static esp_eth_mediator_t* gMediator;
static uint32_t gAddress;
static eth_link_t gLink = ETH_LINK_DOWN;

static esp_err_t setMediator(esp_eth_phy_t* phy, esp_eth_mediator_t* mediator)
{
	(void)phy;
	gMediator = mediator;
	return ESP_OK;
}

static esp_err_t nothing(esp_eth_phy_t* phy)
{
	(void)phy;
	return ESP_OK;
}

/* Before the MAC begins: a PHY that gives the RMII clock must be out of its reset by then. */
static esp_err_t resetByPin(esp_eth_phy_t* phy)
{
	gpio_num_t pin = (gpio_num_t)MODDEF_ETHERNET_PHY_RESET;
	esp_err_t error;
	(void)phy;
	if (pin < 0)
		return ESP_OK;
	error = gpio_reset_pin(pin);
	if (error == ESP_OK)
		error = gpio_set_level(pin, 0);
	if (error == ESP_OK)
		error = gpio_set_direction(pin, GPIO_MODE_OUTPUT);
	if (error != ESP_OK)
		return error;
	vTaskDelay(pdMS_TO_TICKS(RESET_TIME) + 1);
	error = gpio_set_level(pin, 1);
	vTaskDelay(pdMS_TO_TICKS(RESET_DELAY) + 1);
	return error;
}

static esp_err_t controlAutonegotiation(esp_eth_phy_t* phy, eth_phy_autoneg_cmd_t command, bool* isEnabled)
{
	(void)phy;
	(void)command;
	*isEnabled = false;
	return ESP_OK;
}

/* Only esp_eth_stop calls it. */
static esp_err_t setLink(esp_eth_phy_t* phy, eth_link_t link)
{
	(void)phy;
	gLink = link;
	return gMediator->on_state_changed(gMediator, ETH_STATE_LINK, (void*)link);
}

static esp_err_t setFlag(esp_eth_phy_t* phy, bool enable)
{
	(void)phy;
	(void)enable;
	return ESP_OK;
}

static esp_err_t setAddress(esp_eth_phy_t* phy, uint32_t address)
{
	(void)phy;
	gAddress = address;
	return ESP_OK;
}

static esp_err_t getAddress(esp_eth_phy_t* phy, uint32_t* address)
{
	(void)phy;
	*address = gAddress;
	return ESP_OK;
}

static esp_err_t advertisePause(esp_eth_phy_t* phy, uint32_t ability)
{
	(void)phy;
	(void)ability;
	return ESP_OK;
}

static esp_err_t setSpeed(esp_eth_phy_t* phy, eth_speed_t speed)
{
	(void)phy;
	(void)speed;
	return ESP_OK;
}

static esp_err_t setDuplex(esp_eth_phy_t* phy, eth_duplex_t duplex)
{
	(void)phy;
	(void)duplex;
	return ESP_OK;
}

static esp_eth_phy_t gPhy = {
	.set_mediator = setMediator, .reset = nothing, .reset_hw = resetByPin, .init = nothing, .deinit = nothing,
	.autonego_ctrl = controlAutonegotiation, .get_link = nothing, .set_link = setLink, .pwrctl = setFlag,
	.set_addr = setAddress, .get_addr = getAddress, .advertise_pause_ability = advertisePause, .loopback = setFlag,
	.set_speed = setSpeed, .set_duplex = setDuplex, .del = nothing,
};

esp_eth_phy_t* passivePhy(void)
{
	return &gPhy;
}

void selectPhyAddress(uint32_t address)
{
	gAddress = address;
}

esp_err_t changeLink(eth_link_t link, eth_speed_t speed, eth_duplex_t duplex)
{
	esp_err_t error;
	if (link == ETH_LINK_UP) {
		error = gMediator->on_state_changed(gMediator, ETH_STATE_SPEED, (void*)speed);
		if (error == ESP_OK)
			error = gMediator->on_state_changed(gMediator, ETH_STATE_DUPLEX, (void*)duplex);
		if (error != ESP_OK)
			return error;
	}
	if (link == gLink)
		return ESP_OK;
	error = gMediator->on_state_changed(gMediator, ETH_STATE_LINK, (void*)link);
	if (error == ESP_OK)
		gLink = link;
	return error;
}
