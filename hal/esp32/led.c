/* The board's light: defines.led.pin and .level of its manifest, the level that lights it. */
#include "driver/gpio.h"
#include "mc.defines.h"

#include "zonal-port.h"

#ifndef MODDEF_LED_LEVEL
#define MODDEF_LED_LEVEL 1
#endif

/* False: the board has none. */
void xs_led_open(xsMachine* the)
{
#ifdef MODDEF_LED_PIN
	if ((gpio_reset_pin(MODDEF_LED_PIN) != ESP_OK) || (gpio_set_level(MODDEF_LED_PIN, !MODDEF_LED_LEVEL) != ESP_OK)
		|| (gpio_set_direction(MODDEF_LED_PIN, GPIO_MODE_OUTPUT) != ESP_OK))
		xsUnknownError("led: GPIO%d is no output", MODDEF_LED_PIN);
	xsmcSetTrue(xsResult);
#else
	xsmcSetFalse(xsResult);
#endif
}

/* (on) */
void xs_led_set(xsMachine* the)
{
#ifdef MODDEF_LED_PIN
	if (gpio_set_level(MODDEF_LED_PIN, xsmcToBoolean(xsArg(0)) ? MODDEF_LED_LEVEL : !MODDEF_LED_LEVEL) != ESP_OK)
		xsUnknownError("led: GPIO%d is no output", MODDEF_LED_PIN);
#else
	xsUnknownError("led: none");
#endif
}
