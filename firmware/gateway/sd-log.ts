import { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, type Log } from "../ports/log.js";
import {
	MULTICAST_JOIN, MULTICAST_LEAVE, PEER_REBOOTED, SERVICE_AVAILABLE, SERVICE_LOST, SERVICE_UNSUPPORTED,
	SUBSCRIBED, SUBSCRIPTION_LOST, SUBSCRIPTION_REFUSED, type ConsumerEvent,
} from "../someip/consumer-event.js";
import { addressText, endpointText, hex4, idPair } from "./text.js";

/** One line for what the consumer tells. */
export function logConsumerEvent(log: Log, code: number, event: ConsumerEvent): void {
	const service = `service ${idPair(event.serviceId, event.instanceId)}`;
	const eventgroup = `eventgroup ${hex4(event.eventgroupId)} of ${service}`;
	const endpoint = endpointText(event.address, event.port);
	switch (code) {
		case SERVICE_AVAILABLE:
			log.write(LEVEL_INFO, "sd", `${service} offered by ${endpoint}`);
			break;
		case SERVICE_LOST:
			log.write(LEVEL_WARN, "sd", `${service} is gone`);
			break;
		case SERVICE_UNSUPPORTED:
			log.write(LEVEL_WARN, "sd", `${service} is not offered by UDP: its events cannot come here`);
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
			log.write(LEVEL_WARN, "sd", `${addressText(event.address)} has restarted; subscribing again`);
			break;
		case MULTICAST_JOIN:
			log.write(LEVEL_INFO, "sd", `events come by multicast ${endpoint} as well`);
			break;
		case MULTICAST_LEAVE:
			log.write(LEVEL_DEBUG, "sd", `no more events by multicast ${endpoint}`);
			break;
	}
}
