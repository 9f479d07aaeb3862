import { LOSS_REPORT_INTERVAL, SD_LOG_LINES } from "../config.js";
import type { Addresses } from "../ports/addresses.js";
import { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, type Log } from "../ports/log.js";
import {
	MULTICAST_JOIN, MULTICAST_LEAVE, PEER_REBOOTED, SERVICE_AVAILABLE, SERVICE_LOST, SERVICE_UNSUPPORTED,
	SUBSCRIBED, SUBSCRIPTION_LOST, SUBSCRIPTION_REFUSED, type ConsumerEvent,
} from "../someip/consumer-event.js";
import { configurationValue } from "../someip/sd/configuration-strings.js";
import { textOfAddress, textOfEndpoint } from "../wire/ipv6-address.js";
import { hex4, idPair } from "./text.js";

/** Writes what the consumer tells, at most SD_LOG_LINES lines in each LOSS_REPORT_INTERVAL: an ECU that comes and goes
 *  without end, or who pretends to be one, must not keep the log busy. What is left out is counted. */
export class SdLog {
	#log: Log;
	#addresses: Addresses;
	#since = 0;
	#lines = 0;
	#omitted = 0;

	/** `addresses`: of IPv6. */
	constructor(log: Log, addresses: Addresses) {
		this.#log = log;
		this.#addresses = addresses;
	}

	tell(code: number, event: ConsumerEvent, now: number): void {
		this.update(now);
		if (this.#lines === SD_LOG_LINES) {
			this.#omitted++;
			return;
		}
		if (this.#lines++ === 0)
			this.#since = now;
		logConsumerEvent(this.#log, this.#addresses, code, event);
	}

	/** To be called now and then, for what was left out last. */
	update(now: number): void {
		if (((now - this.#since) | 0) < LOSS_REPORT_INTERVAL)
			return;
		this.#since = now;
		this.#lines = 0;
		if (this.#omitted > 0)
			this.#log.write(LEVEL_WARN, "sd", `${this.#omitted} more line${this.#omitted === 1 ? "" : "s"} left out: do ECUs come and go without end?`);
		this.#omitted = 0;
	}
}

function logConsumerEvent(log: Log, addresses: Addresses, code: number, event: ConsumerEvent): void {
	const service = `service ${idPair(event.serviceId, event.instanceId)}`;
	const eventgroup = `eventgroup ${hex4(event.eventgroupId)} of ${service}`;
	const endpoint = textOfEndpoint(event.address, event.port, addresses);
	switch (code) {
		case SERVICE_AVAILABLE:
			log.write(LEVEL_INFO, "sd", `${service} offered by ${endpoint}${event.isStream ? " (TCP)" : ""}${hostText(event.configuration)}`);
			break;
		case SERVICE_LOST:
			log.write(LEVEL_WARN, "sd", `${service} is gone`);
			break;
		case SERVICE_UNSUPPORTED:
			log.write(LEVEL_WARN, "sd", `${service} is offered by a transport that is not there or not wanted: it cannot be reached`);
			break;
		case SUBSCRIBED:
			log.write(LEVEL_INFO, "sd", `subscribed to ${eventgroup}`);
			break;
		case SUBSCRIPTION_REFUSED:
			log.write(LEVEL_WARN, "sd", `subscription to ${eventgroup} refused: does it have this eventgroup?`);
			break;
		case SUBSCRIPTION_LOST:
			log.write(LEVEL_WARN, "sd", `subscription to ${eventgroup} ran out without an answer; asking again`);
			break;
		case PEER_REBOOTED:
			log.write(LEVEL_WARN, "sd", `${textOfAddress(event.address, addresses)} has restarted; subscribing again`);
			break;
		case MULTICAST_JOIN:
			log.write(LEVEL_INFO, "sd", `events come by multicast ${endpoint} as well`);
			break;
		case MULTICAST_LEAVE:
			log.write(LEVEL_DEBUG, "sd", `no more events by multicast ${endpoint}`);
			break;
	}
}

// feat_req_someipsd_218: "The configuration option shall be also used to encode hostname, servicename, and instancename".
function hostText(configuration: Uint8Array | undefined): string {
	if (configuration === undefined)
		return "";
	const host = configurationValue(configuration, 0, configuration.length, "hostname"), protocol = configurationValue(configuration, 0, configuration.length, "protocol");
	return `${host === undefined ? "" : `, host ${host}`}${protocol === undefined ? "" : `, protocol ${protocol}`}`;
}
