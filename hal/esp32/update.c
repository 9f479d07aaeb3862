/* The Update port on ESP-IDF's two slots. The loader goes back to the image before, where a new one was not confirmed
 * (CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE). */
#include "esp_ota_ops.h"
#include "sdkconfig.h"

#include "arguments.h"

static const esp_partition_t* gSlot;
static esp_ota_handle_t gImage;
static int gIsOpen;

static void check(xsMachine* the, esp_err_t error, const char* what)
{
	if (error != ESP_OK)
		xsUnknownError("update: %s: %s", what, esp_err_to_name(error));
}

static void closeSlot(void)
{
	if (gIsOpen)
		(void)esp_ota_abort(gImage);
	gIsOpen = 0;
}

void xs_update_target(xsMachine* the)
{
	xsmcSetString(xsResult, CONFIG_IDF_TARGET);
}

void xs_update_capacity(xsMachine* the)
{
	const esp_partition_t* slot = esp_ota_get_next_update_partition(NULL);
	xsmcSetNumber(xsResult, slot ? slot->size : 0);
}

void xs_update_is_pending(xsMachine* the)
{
	esp_ota_img_states_t state;
	if ((esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK) && (state == ESP_OTA_IMG_PENDING_VERIFY))
		xsmcSetTrue(xsResult);
	else
		xsmcSetFalse(xsResult);
}

void xs_update_has_rolled_back(xsMachine* the)
{
	if (esp_ota_get_last_invalid_partition())
		xsmcSetTrue(xsResult);
	else
		xsmcSetFalse(xsResult);
}

/* Sectors are erased as they are written: all of them at once would take longer than the watchdog waits. */
void xs_update_begin(xsMachine* the)
{
	closeSlot();
	gSlot = esp_ota_get_next_update_partition(NULL);
	if (!gSlot)
		xsUnknownError("update: the flash has no second slot");
	check(the, esp_ota_begin(gSlot, OTA_WITH_SEQUENTIAL_WRITES, &gImage), "begin");
	gIsOpen = 1;
}

/* (bytes, offset, end) */
void xs_update_write(xsMachine* the)
{
	uint32_t offset = xsUnsignedArgument(1, "update: offset");
	uint32_t end = xsUnsignedArgument(2, "update: end");
	xsUnsignedValue size;
	void* bytes;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	checkRange(the, offset, end, size, "update");
	if (!gIsOpen)
		xsUnknownError("update: no slot is open");
	check(the, esp_ota_write(gImage, (const uint8_t*)bytes + offset, end - offset), "write");
}

/* esp_ota_end checks the image's own digest and chip, whatever it returns the handle is gone. */
void xs_update_activate(xsMachine* the)
{
	if (!gIsOpen)
		xsUnknownError("update: no slot is open");
	gIsOpen = 0;
	check(the, esp_ota_end(gImage), "image");
	check(the, esp_ota_set_boot_partition(gSlot), "activate");
}

void xs_update_abort(xsMachine* the)
{
	(void)the;
	closeSlot();
}

void xs_update_confirm(xsMachine* the)
{
	check(the, esp_ota_mark_app_valid_cancel_rollback(), "confirm");
}
