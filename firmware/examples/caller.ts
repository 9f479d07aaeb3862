/** A client of the thermometer: subscribes, calls, sets the field. */
import { LEVEL_INFO, LEVEL_WARN } from "../ports/log.js";
import type { Application } from "../someip/api/application.js";
import { PayloadCodec } from "../someip/api/payload-codec.js";
import { SUBSCRIBED } from "../someip/consumer-event.js";
import { E_OK } from "../someip/return-code.js";
import type { Example, Tools } from "./example.js";
import {
	DEGREES, INSTANCE, LIMIT_CHANGED, MAJOR_VERSION, MEASURED, MEASUREMENT, MEASUREMENTS, SERVICE, SET_LIMIT, TO_FAHRENHEIT,
} from "./thermometer-interface.js";

/** ms that an answer may take. */
const DEADLINE = 500;
const NEW_LIMIT = 28;

export const caller: Example = Object.freeze({
	name: "caller",
	address: "127.0.0.2",
	purpose: "looks for service 4001.0001, sets its limit, calls toFahrenheit with each measurement",

	setUp(application: Application, { log }: Tools): () => void {
		const say = (text: string): void => log.write(LEVEL_INFO, "caller", text), degrees = new PayloadCodec(DEGREES);
		const service = application.request({
			serviceId: SERVICE, instanceId: INSTANCE, majorVersion: MAJOR_VERSION,
			onAvailability(_proxy, isAvailable) {
				say(isAvailable ? "the thermometer is there" : "the thermometer is gone");
				if (isAvailable)
					setLimit.call(NEW_LIMIT, DEADLINE, (code, value) => code === E_OK
						? say(`the limit is ${(value as number).toFixed(1)} °C now`) : log.write(LEVEL_WARN, "caller", `the limit was refused: ${code}`));
			},
		});
		const setLimit = service.method(SET_LIMIT, degrees, degrees), toFahrenheit = service.method(TO_FAHRENHEIT, degrees, degrees);

		service.subscribe(MEASUREMENTS, code => say(code === SUBSCRIBED ? "subscribed" : "not subscribed"));
		service.onValue(LIMIT_CHANGED, degrees, value => say(`limit: ${(value as number).toFixed(1)} °C`));
		service.onValue(MEASURED, new PayloadCodec(MEASUREMENT), value => {
			const { number, celsius } = value as { number: number, celsius: number };
			toFahrenheit.call(celsius, DEADLINE, (code, fahrenheit) => say(code === E_OK
				? `measurement ${number}: ${celsius.toFixed(1)} °C are ${(fahrenheit as number).toFixed(1)} °F` : `no answer: ${code}`));
		});
		return () => {};
	},
});
