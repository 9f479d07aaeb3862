/* The Storage port on NVS. With CONFIG_NVS_ENCRYPTION nvs_flash_init finds the keys by itself, or makes them at first. */
#include "nvs.h"
#include "nvs_flash.h"

#include "arguments.h"

#define NAMESPACE "zonal"
/* Keys have up to 15 characters (limits.ts). */
#define KEY_BYTES 16

static nvs_handle_t gStore;
static int gIsOpen;

static void check(xsMachine* the, esp_err_t error, const char* what)
{
	if (error != ESP_OK)
		xsUnknownError("storage: %s: %s", what, esp_err_to_name(error));
}

/* True: the partition was of no use (another version's, or full of nothing) and is empty now. */
void xs_nvs_open(xsMachine* the)
{
	esp_err_t error = nvs_flash_init();
	xsmcSetFalse(xsResult);
	if ((error == ESP_ERR_NVS_NO_FREE_PAGES) || (error == ESP_ERR_NVS_NEW_VERSION_FOUND)) {
		check(the, nvs_flash_erase(), "erase");
		error = nvs_flash_init();
		xsmcSetTrue(xsResult);
	}
	check(the, error, "nvs");
	check(the, nvs_open(NAMESPACE, NVS_READWRITE, &gStore), "open");
	gIsOpen = 1;
}

static void readKey(xsMachine* the, char* key)
{
	xsmcToStringBuffer(xsArg(0), key, KEY_BYTES);
	if (!gIsOpen)
		xsUnknownError("storage: not open");
}

/* (key, most): the value as an ArrayBuffer, or undefined. */
void xs_nvs_read(xsMachine* the)
{
	char key[KEY_BYTES];
	uint32_t most = xsUnsignedArgument(1, "storage");
	size_t size = 0;
	esp_err_t error;
	readKey(the, key);
	error = nvs_get_blob(gStore, key, NULL, &size);
	if (error == ESP_ERR_NVS_NOT_FOUND)
		return;
	check(the, error, key);
	if (size > most)
		xsUnknownError("storage: %s is no value of ours", key);
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	check(the, nvs_get_blob(gStore, key, xsmcToArrayBuffer(xsResult), &size), key);
}

/* (key, value): false where it does not fit. */
void xs_nvs_write(xsMachine* the)
{
	char key[KEY_BYTES];
	xsUnsignedValue size;
	void* value;
	esp_err_t error;
	readKey(the, key);
	xsmcGetBufferReadable(xsArg(1), &value, &size);
	error = nvs_set_blob(gStore, key, value, size);
	if (error == ESP_OK)
		error = nvs_commit(gStore);
	if ((error == ESP_ERR_NVS_NOT_ENOUGH_SPACE) || (error == ESP_ERR_NVS_VALUE_TOO_LONG)) {
		xsmcSetFalse(xsResult);
		return;
	}
	check(the, error, key);
	xsmcSetTrue(xsResult);
}

/* (key) */
void xs_nvs_delete(xsMachine* the)
{
	char key[KEY_BYTES];
	esp_err_t error;
	readKey(the, key);
	error = nvs_erase_key(gStore, key);
	if (error == ESP_OK)
		error = nvs_commit(gStore);
	if (error != ESP_ERR_NVS_NOT_FOUND)
		check(the, error, key);
}
