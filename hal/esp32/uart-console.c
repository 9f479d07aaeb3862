/* The console's UART: its driver, so that select works on standard input and a line of output does not wait for the wire. */
#include <fcntl.h>
#include <unistd.h>

#include "driver/uart.h"
#include "sdkconfig.h"
#if __has_include("driver/uart_vfs.h")
#include "driver/uart_vfs.h"
#else
#include "esp_vfs_dev.h"
#define uart_vfs_dev_use_driver esp_vfs_dev_uart_use_driver
#define uart_vfs_dev_port_set_rx_line_endings esp_vfs_dev_uart_port_set_rx_line_endings
#endif

#include "zonal-port.h"

/* Bytes. What comes while the machine is busy with a handshake, and a burst of log lines; what is more waits for the wire. */
#define RECEIVE_BYTES 2048
#define SEND_BYTES 2048

int zonalConsoleOpen(void)
{
	const uart_port_t port = (uart_port_t)CONFIG_ESP_CONSOLE_UART_NUM;
	int flags;
	if (!uart_is_driver_installed(port)) {
		if (uart_driver_install(port, RECEIVE_BYTES, SEND_BYTES, 0, NULL, 0) != ESP_OK)
			abort();
		/* Bytes as they come: the editor knows each end of a line. */
		(void)uart_vfs_dev_port_set_rx_line_endings(port, ESP_LINE_ENDINGS_LF);
		uart_vfs_dev_use_driver(port);
	}
	flags = fcntl(STDIN_FILENO, F_GETFL, 0);
	if ((flags < 0) || fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK))
		abort();
	return 1;
}
