/* What watches over the machine on ESP-IDF: the task watchdog, and why the chip started. */
#include "esp_system.h"
#include "esp_task_wdt.h"

#include "zonal-port.h"

static esp_task_wdt_user_handle_t gUser;

/* A user of its own: the SDK feeds the watchdog for its task on each turn of its loop, also when our turns have ended. */
void zonalFeedWatchdog(uint32_t milliseconds)
{
	if (!gUser) {
		const esp_task_wdt_config_t config = { .timeout_ms = milliseconds, .idle_core_mask = 0, .trigger_panic = true };
		esp_err_t error = esp_task_wdt_init(&config);
		if (error == ESP_ERR_INVALID_STATE)
			error = esp_task_wdt_reconfigure(&config);
		if ((error != ESP_OK) || (esp_task_wdt_add_user("zonal", &gUser) != ESP_OK))
			abort();
	}
	if (esp_task_wdt_reset_user(gUser) != ESP_OK)
		abort();
}

const char* zonalStartReason(void)
{
	switch (esp_reset_reason()) {
	case ESP_RST_POWERON:
		return "power on";
	case ESP_RST_EXT:
		return "reset pin";
	case ESP_RST_SW:
		return "restart by the firmware";
	case ESP_RST_PANIC:
		return "crash";
	case ESP_RST_INT_WDT:
		return "watchdog: interrupts were off too long";
	case ESP_RST_TASK_WDT:
		return "watchdog: the loop stood still";
	case ESP_RST_WDT:
		return "watchdog";
	case ESP_RST_DEEPSLEEP:
		return "end of deep sleep";
	case ESP_RST_BROWNOUT:
		return "supply voltage too low";
	case ESP_RST_USB:
		return "reset by USB";
	case ESP_RST_JTAG:
		return "reset by JTAG";
	case ESP_RST_EFUSE:
		return "fault in the eFuses";
	case ESP_RST_PWR_GLITCH:
		return "glitch of the supply";
	case ESP_RST_CPU_LOCKUP:
		return "crash within a crash";
	default:
		return "unknown";
	}
}
