import { SD_SERVICES_MAX, TOPIC_MAX } from "../../config.js";
import { IPV6_FIRST } from "../../ports/addresses.js";
import { Checker } from "../../someip/e2e/protection.js";
import { addressText } from "../../wire/ipv4-address.js";
import { encodeUtf8 } from "../../wire/utf8.js";
import type { Problems } from "./check.js";
import type { Configuration, MethodConfiguration, NetworkConfiguration, RouteConfiguration } from "./configuration.js";
import { ANY_INSTANCE, DHCP } from "./table.js";
import { expandRequestTopic, expandTopic } from "./values.js";
import { idPair } from "../text.js";

/** What the keys must be to each other. Returns the configuration with topics and the client id filled in. */
export function checkRules(checked: Configuration, problems: Problems): Configuration {
	const { network, broker, vin } = checked;
	const host = ~network.netmask >>> 0;
	// A network of one or two addresses (RFC 3021) has neither a network nor a broadcast address.
	const isIpv6 = network.address >= IPV6_FIRST;
	if (isIpv6 !== network.sd.group >= IPV6_FIRST)
		problems.add("network.sd.group", `is not of the family of network.address; use ${isIpv6 ? "an IPv6 group, for example ff14::4:c0de" : "an IPv4 one"}`);
	if (!isIpv6 && network.address !== DHCP && host > 1 && ((network.address & host) === 0 || (network.address & host) >>> 0 === host))
		problems.add("network.address", `${addressText(network.address)} is the ${(network.address & host) === 0 ? "network" : "broadcast"} address of netmask ${addressText(network.netmask)}; use one between`);
	if (!isIpv6)
		checkRouter(network, problems);
	if (network.sd.topologyCheck && !isIpv6 && network.address !== DHCP)
		checkTopology(network, host, problems);
	if (network.eventPort === network.sd.port)
		problems.add("network.eventPort", `${network.eventPort} is the port of service discovery; use another, or 0`);
	if (broker.certificate !== undefined && broker.key === undefined)
		problems.add("broker.key", "is missing; a certificate needs its private key");
	if (broker.key !== undefined && broker.certificate === undefined)
		problems.add("broker.certificate", "is missing; a private key needs its certificate");
	// Their topics are filled in where they are: for a second list of routes a board's arena has no room.
	const routes: readonly (Omit<RouteConfiguration, "topic"> & { topic: string })[] = checked.routes;
	for (let i = 0; i < routes.length; i++) {
		const route = routes[i]!;
		const topic = expandTopic(route.topic, vin, route.service, route.instance, route.event);
		if (encodeUtf8(topic).length > TOPIC_MAX)
			problems.add(`routes[${i}].topic`, `is longer than ${TOPIC_MAX} bytes when it is filled in; shorten it`);
		checkOverlap(routes, i, problems);
		checkE2e(route, `routes[${i}]`, problems);
		route.topic = topic;
	}
	// The board's status and the availability of each instance.
	const own = new Set<string>([statusTopic(vin)]);
	for (const { service, instance } of routes)
		if (instance !== ANY_INSTANCE)
			own.add(availabilityTopic(vin, service, instance));
	const methods = checked.methods ?? [];
	for (const { service, instance } of methods)
		if (instance !== ANY_INSTANCE)
			own.add(availabilityTopic(vin, service, instance));
	checkMethods(methods, vin, own, routes, problems);
	for (let i = 0; i < routes.length; i++)
		if (own.has(routes[i]!.topic))
			problems.add(`routes[${i}].topic`, `${routes[i]!.topic} is one of the board's own topics; use another`);
	if (own.size - 1 > SD_SERVICES_MAX)
		problems.add("routes", `name ${own.size - 1} service instances, and there is room for ${SD_SERVICES_MAX}; take fewer`);
	return { name: checked.name, vin, network, broker: { ...broker, clientId: broker.clientId ?? checked.name }, routes, methods };
}

/** Retained "online"; the will says "offline". */
export function statusTopic(vin: string): string {
	return `vehicle/${vin}/status`;
}

/** Retained availability of one service instance. */
export function availabilityTopic(vin: string, service: number, instance: number): string {
	return expandTopic("vehicle/{vin}/someip/{svc}/{inst}/sd", vin, service, instance, 0);
}

function checkRouter({ address, netmask, router, nameServer }: NetworkConfiguration, problems: Problems): void {
	if (address === DHCP) {
		if (router !== undefined || nameServer !== undefined)
			problems.add(router === undefined ? "network.nameServer" : "network.router", "DHCP names it; remove the key, or give the board a fixed address");
	}
	else if (router !== undefined && (router === address || ((router ^ address) & netmask) !== 0))
		problems.add("network.router", `${addressText(router)} is not another host in the network of ${addressText(address)}, netmask ${addressText(netmask)}`);
}

/** What the topology check would refuse, whoever offers. */
function checkTopology({ address, netmask }: NetworkConfiguration, host: number, problems: Problems): void {
	if (address >>> 24 === 127)
		problems.add("network.address", `${addressText(address)} is loopback, from which no offer is accepted; set network.sd.topologyCheck to false`);
	else if (host === 0)
		problems.add("network.netmask", `${addressText(netmask)} leaves no address for the vehicle; use the network's, or set network.sd.topologyCheck to false`);
}

/** Fills in the topics. `own`: topics of the board's own messages. */
function checkMethods(methods: readonly (Omit<MethodConfiguration, "topic"> & { topic: string })[], vin: string, own: ReadonlySet<string>, routes: readonly RouteConfiguration[], problems: Problems): void {
	for (let i = 0; i < methods.length; i++) {
		const method = methods[i]!;
		method.topic = expandRequestTopic(method.topic, vin, method.service, method.instance, method.method);
		checkE2e(method, `methods[${i}]`, problems);
		// Its answers may have one level more.
		if (encodeUtf8(responseTopic(method.topic)).length > TOPIC_MAX)
			problems.add(`methods[${i}].topic`, `is longer than ${TOPIC_MAX} bytes when it is filled in, or with /response; shorten it`);
		if (own.has(method.topic) || routes.some(({ topic }) => topic === method.topic))
			problems.add(`methods[${i}].topic`, `${method.topic} is one that the board publishes to; use another`);
		for (let k = 0; k < i; k++) {
			const other = methods[k]!;
			if (other.service === method.service && other.instance === method.instance && other.method === method.method)
				problems.add(`methods[${i}]`, `method ${idPair(method.service, method.method)} of this instance is in methods[${k}] already; remove one`);
			else if (other.topic === method.topic || responseTopic(other.topic) === method.topic || responseTopic(method.topic) === other.topic)
				problems.add(`methods[${i}].topic`, `${method.topic} is a topic of methods[${k}] already; use another`);
		}
	}
}

/** The counter is one instance's. */
function checkE2e({ e2e, instance }: Pick<RouteConfiguration, "e2e" | "instance">, path: string, problems: Problems): void {
	if (e2e === undefined)
		return;
	if (instance === ANY_INSTANCE)
		problems.add(`${path}.e2e`, "is of one instance; name it");
	try {
		new Checker(e2e);
	}
	catch (error) {
		problems.add(`${path}.e2e`, (error as Error).message);
	}
}

/** Where a request without a response topic is answered. */
export function responseTopic(topic: string): string {
	const end = "/request";
	return `${topic.endsWith(end) ? topic.slice(0, -end.length) : topic}/response`;
}

/** What the response topics of requests must begin with. */
export function responsePrefix(vin: string): string {
	return `vehicle/${vin}/`;
}

function checkOverlap(routes: readonly RouteConfiguration[], index: number, problems: Problems): void {
	const route = routes[index]!;
	for (let i = 0; i < index; i++) {
		const other = routes[i]!;
		if (other.service !== route.service || other.event !== route.event)
			continue;
		const event = `event ${idPair(route.service, route.event)}`;
		if (other.instance === route.instance)
			problems.add(`routes[${index}]`, `${event} of this instance is routed by routes[${i}] already; remove one`);
		else if (other.instance === ANY_INSTANCE || route.instance === ANY_INSTANCE)
			problems.add(`routes[${index}]`, `${event} overlaps with routes[${i}], one of them takes any instance; name the instances or remove one`);
	}
}
