/* The random generator of the chip has no source of its own while the radio is off. The SAR ADC is one, once it is switched on;
 * it stays on, as everything that asks the generator (getrandom, PSA's seed) must find it there. Nothing else here uses the ADC. */
#include "bootloader_random.h"

#include "zonal-port.h"

void xs_entropy_enable(xsMachine* the)
{
	(void)the;
	bootloader_random_enable();
}
