/* The Random port: getrandom of Linux and of ESP-IDF (there the hardware generator). */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "zonal-port.h"

/* getrandom gives up to 256 bytes at once, whole. */
#define PIECE_BYTES 256

/* (bytes) */
void xs_random_fill(xsMachine* the)
{
	xsUnsignedValue left;
	void* bytes;
	uint8_t* at;
	xsmcGetBufferWritable(xsArg(0), &bytes, &left);
	at = bytes;
	while (left > 0) {
		ssize_t got = getrandom(at, left < PIECE_BYTES ? left : PIECE_BYTES, 0);
		if (got > 0) {
			at += got;
			left -= (xsUnsignedValue)got;
		}
		else if ((got == 0) || (errno != EINTR))
			xsUnknownError("random: the system gives none: %s", strerror(errno));
	}
}
