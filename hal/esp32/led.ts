import type { Led } from "../../firmware/ports/led.js";

/** The light of this board (led.c). */
class EspLed implements Led {
	/** False: it has none. */
	open(): boolean {
		return native("xs_led_open").call(this);
	}

	set(on: boolean): void {
		return native("xs_led_set").call(this, on);
	}
}

/** Undefined where the board has no light. */
export function openLed(): Led | undefined {
	const led = new EspLed();
	return led.open() ? led : undefined;
}
