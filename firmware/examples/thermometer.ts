/** A service with one method, one field and one event. */
import { LEVEL_INFO } from "../ports/log.js";
import type { Application } from "../someip/api/application.js";
import { typed } from "../someip/api/method-request.js";
import { PayloadCodec } from "../someip/api/payload-codec.js";
import { E_NOT_OK, E_OK } from "../someip/return-code.js";
import type { Example, Tools } from "./example.js";
import {
	DEGREES, GET_LIMIT, INSTANCE, LIMIT_CHANGED, MAJOR_VERSION, MEASURED, MEASUREMENT, MEASUREMENTS, SERVICE, SET_LIMIT, TO_FAHRENHEIT,
} from "./thermometer-interface.js";

/** Of UDP, and of TCP where the platform has it. */
const PORT = 30520;
/** ms between measurements, below the limit and above. */
const SLOW = 1000, FAST = 250;
const LIMIT_AT_START = 30;

export const thermometer: Example = Object.freeze({
	name: "thermometer",
	address: "127.0.0.1",
	purpose: "offers service 4001.0001: method toFahrenheit, field limit, event measured",

	setUp(application: Application, { log, timer }: Tools): () => void {
		const degrees = new PayloadCodec(DEGREES);
		const service = application.offer({
			serviceId: SERVICE, instanceId: INSTANCE, majorVersion: MAJOR_VERSION, port: PORT,
			...application.ports.streamListener === undefined ? {} : { tcpPort: PORT },
		});
		service.method(TO_FAHRENHEIT, typed(degrees, new PayloadCodec(DEGREES), celsius => celsius as number * 1.8 + 32));

		const group = service.eventgroup(MEASUREMENTS);
		const limit = service.field({
			getter: GET_LIMIT, setter: SET_LIMIT, notifier: LIMIT_CHANGED, eventgroups: [group], codec: degrees,
			onSet(_field, bytes, offset, end) {
				const celsius = degrees.decode(bytes, offset, end) as number;
				log.write(LEVEL_INFO, "thermometer", `a client sets the limit to ${celsius.toFixed(1)} °C`);
				return celsius >= -40 && celsius <= 125 ? E_OK : E_NOT_OK;
			},
		});
		limit.assign(LIMIT_AT_START);

		const measured = service.event(MEASURED, [group], new PayloadCodec(MEASUREMENT));
		let number = 0;
		const clock = timer(() => {
			const celsius = 25 + 10 * Math.sin(++number / 10);
			measured.send({ number, celsius });
			log.write(LEVEL_INFO, "thermometer", `${celsius.toFixed(1)} °C to ${service.subscribersOf(group)} subscribers`);
			clock.schedule(celsius > (limit.value as number) ? FAST : SLOW);
		});
		clock.schedule(SLOW);
		return () => clock.close();
	},
});
