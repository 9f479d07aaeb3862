import { describe, equal, it, ok, throws } from "#test";
import { METHODS_MAX, OUTBOX_BYTES, OUTBOX_BYTES_MIN, ROUTES_MAX, SD_SERVICES_MAX } from "../../firmware/config.js";
import type { Configuration } from "../../firmware/gateway/configuration/configuration.js";
import { outboxBytes } from "../../firmware/gateway/outbox-bytes.js";

function configuration(services: number, routes: number, methods: number): Pick<Configuration, "routes" | "methods"> {
	return {
		routes: Array.from({ length: routes }, (_, i) => ({ service: 0x1101 + i % services, instance: 1 })) as unknown as Configuration["routes"],
		methods: Array.from({ length: methods }, () => ({})) as unknown as Configuration["methods"],
	};
}

describe("gateway: the outbox's share", () => {
	it("is whole where there are few services", () => {
		equal(outboxBytes(configuration(4, 16, 0)), OUTBOX_BYTES);
		equal(outboxBytes(configuration(4, 4, 2)), OUTBOX_BYTES);
	});

	it("shrinks with services and methods", () => {
		const full = outboxBytes(configuration(SD_SERVICES_MAX, ROUTES_MAX, 0)), calling = outboxBytes(configuration(4, 16, METHODS_MAX));
		ok(full >= OUTBOX_BYTES_MIN && full < OUTBOX_BYTES / 2, `${full}`);
		ok(calling > full && calling < OUTBOX_BYTES, `${calling}`);
		ok(outboxBytes(configuration(12, 48, METHODS_MAX)) >= OUTBOX_BYTES_MIN, "twelve services with sixteen methods");
	});

	it("refuses what leaves too little", () => {
		throws(() => outboxBytes(configuration(SD_SERVICES_MAX, ROUTES_MAX, METHODS_MAX)), "32 services with 128 routes and 16 methods need");
	});
});
