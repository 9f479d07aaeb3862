/* The partition `data`, with the files that are provisioned, mounted at /data. SPIFFS: part of ESP-IDF, levels wear, and works
 * in 192 KiB, of which FAT under its wear levelling would leave too few sectors for a volume. */
#include "esp_spiffs.h"

#include "zonal-port.h"

#define LABEL "data"
#define FILES_OPEN_MAX 3

static esp_err_t mountData(void)
{
	const esp_vfs_spiffs_conf_t config = { .base_path = "/data", .partition_label = LABEL, .max_files = FILES_OPEN_MAX, .format_if_mount_failed = false };
	return esp_vfs_spiffs_register(&config);
}

/* True: there was no file system (a new board, or a broken one), and now there is an empty one. */
void xs_data_mount(xsMachine* the)
{
	esp_err_t error = mountData();
	xsmcSetFalse(xsResult);
	if (error == ESP_FAIL) {
		error = esp_spiffs_format(LABEL);
		if (error == ESP_OK)
			error = mountData();
		xsmcSetTrue(xsResult);
	}
	if (error != ESP_OK)
		xsUnknownError("data: cannot mount the partition: %s", esp_err_to_name(error));
}
