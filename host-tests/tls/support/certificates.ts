import type { Calendar } from "../../../firmware/ports/calendar.js";
import { CERTIFICATES } from "../fixtures/certificates.js";
import { bytesOfHex } from "./der-writer.js";

/** The fixtures of those names, in DER. */
export function certificates(names: string): Uint8Array[] {
	return names.split(" ").filter(name => name !== "").map(name => {
		const hex = CERTIFICATES[name];
		if (hex === undefined)
			throw new Error(`there is no certificate "${name}"`);
		return bytesOfHex(hex);
	});
}

/** A calendar that stands still at 2026-06-01. */
export const CALENDAR: Calendar = Object.freeze({ isSet: true, seconds: () => Date.UTC(2026, 5, 1) / 1000 });
