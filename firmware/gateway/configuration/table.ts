import { METHODS_MAX, ROUTES_MAX, TOPIC_MAX } from "../../config.js";

/** What a value may be. `check` says what each accepts; scripts/generate/configuration-schema.ts what editors are told. */
export type Kind = "object" | "list" | "text" | "integer" | "boolean" | "choice" | "id" | "idOrAny"
	| "address" | "addressOrDhcp" | "netmask" | "group" | "url" | "host" | "vin" | "topic" | "file";

/** One key of the configuration: the checker on the board, the JSON schema and the reference come from here. */
export interface Key {
	readonly key: string;
	readonly kind: Kind;
	/** With its article, for messages: "a QoS". */
	readonly noun: string;
	readonly description: string;
	/** As JSON text: what to write; shown where the key is missing. */
	readonly example: string;
	readonly unit?: string;
	/** Neither: the key is optional and has no value of its own. */
	readonly required?: boolean;
	readonly default?: string | number | boolean;
	/** Of an object: where it is absent its keys have no values. */
	readonly optional?: boolean;
	/** Range of an integer or id; number of characters of a text; number of items of a list. */
	readonly min?: number;
	readonly max?: number;
	readonly choices?: readonly (string | number)[];
	/** Of a topic. */
	readonly placeholders?: readonly string[];
	/** Of a URL: how it may begin. */
	readonly schemes?: readonly string[];
	/** The keys of an object, or of each item of a list. */
	readonly keys?: readonly Key[];
}

/** The topic of a route that names none. */
export const DEFAULT_TOPIC = "vehicle/{vin}/someip/{svc}/{inst}/event/{event}";
/** The topic that a method's requests come by, where none is named. */
export const DEFAULT_REQUEST_TOPIC = "vehicle/{vin}/someip/{svc}/{inst}/method/{method}/request";
/** What a topic template may contain. */
export const ROUTE_PLACEHOLDERS: readonly string[] = Object.freeze(["vin", "svc", "inst", "event"]);
export const METHOD_PLACEHOLDERS: readonly string[] = Object.freeze(["vin", "svc", "inst", "method"]);
/** Stands for "any" where an instance id is a number, as on the wire. */
export const ANY_INSTANCE = 0xffff;
/** Stands for "dhcp" where an address is a number: "this host" of RFC 1122 §3.2.1.3. */
export const DHCP = 0;
/** The port that EMQX and others listen on for MQTT over QUIC. */
export const DEFAULT_BROKER_PORT = 14567;
/** IANA's port for MQTT over TLS. */
export const DEFAULT_MQTTS_PORT = 8883;
export const MQTT_QUIC = "mqtt-quic://";
export const MQTTS = "mqtts://";

const SD: readonly Key[] = [
	{ key: "group", kind: "group", noun: "a multicast address", default: "224.244.224.245", example: "\"224.244.224.245\"",
		description: "Multicast group of the vehicle's service discovery; an IPv6 one where `network.address` is IPv6." },
	{ key: "port", kind: "integer", noun: "a UDP port", min: 1, max: 65535, default: 30490, example: "30490",
		description: "UDP port of service discovery, ours and the others'." },
	{ key: "topologyCheck", kind: "boolean", noun: "a switch", default: true, example: "true",
		description: "Accept only offers whose endpoint lies in this subnet and is neither our own nor 127.0.0.1. Off for tests on loopback." },
	{ key: "explicitInitialData", kind: "boolean", noun: "a switch", default: false, example: "false",
		description: "Ask for the values of fields by the flag of feat_req_someipsd_1191, which AUTOSAR removed in R21-11; most servers send them anyway." },
	{ key: "endpointOption", kind: "boolean", noun: "a switch", default: false, example: "false",
		description: "Say in every message, by an SD endpoint option, where answers are to go; servers take the sender's address otherwise." },
	{ key: "ttl", kind: "integer", noun: "a time to live", min: 1, max: 0xffffff, default: 3, unit: "s", example: "3",
		description: "How long a subscription lasts unless it is renewed; 16777215 is until the next reboot." },
];

const NETWORK: readonly Key[] = [
	{ key: "address", kind: "addressOrDhcp", noun: "an IP address", required: true, example: "\"192.168.10.2\"",
		description: "The board's own address on the vehicle's network, IPv4 or IPv6, or \"dhcp\", where the network gives it one (not on a PC). Service discovery and services are of the same family." },
	{ key: "netmask", kind: "netmask", noun: "a netmask", default: "255.255.255.0", example: "\"255.255.255.0\"",
		description: "Netmask of that network; that of DHCP goes before it." },
	{ key: "prefixLength", kind: "integer", noun: "a prefix length", min: 1, max: 128, default: 64, unit: "bits", example: "64",
		description: "Length of that network's prefix, where `address` is an IPv6 address." },
	{ key: "router", kind: "address", noun: "an IPv4 address", example: "\"192.168.10.1\"",
		description: "The router to the broker, where it is not in this network. Boards only: a PC has its own, and DHCP names one." },
	{ key: "nameServer", kind: "address", noun: "an IPv4 address", example: "\"192.168.10.1\"",
		description: "The DNS server, where names are used. Boards only: a PC has its own, and DHCP names one." },
	{ key: "timeServer", kind: "host", noun: "a host name or IPv4 address", example: "\"pool.ntp.org\"",
		description: "NTP server that the clock is set by: a board has no other, and without the time no certificate can be judged." },
	{ key: "eventPort", kind: "integer", noun: "a UDP port", min: 0, max: 65535, default: 0, example: "0",
		description: "UDP port that events are sent to; 0 takes a free one at each start." },
	{ key: "clientId", kind: "id", noun: "a client id", min: 1, max: 0xfffe, default: "0x5a01", example: "\"0x5a01\"",
		description: "SOME/IP client id of the board's method calls; unique in the vehicle." },
	{ key: "magicCookies", kind: "boolean", noun: "a switch", default: false, example: "false",
		description: "Send magic cookies by TCP, at the beginning and every 10 seconds; those of others are always accepted." },
	{ key: "sd", kind: "object", noun: "an object", keys: SD, example: "{ }", description: "SOME/IP service discovery." },
];

const BROKER: readonly Key[] = [
	{ key: "url", kind: "url", noun: "a broker's URL", schemes: [MQTT_QUIC, MQTTS], required: true, example: "\"mqtt-quic://broker.example:14567\"",
		description: "mqtt-quic://host or mqtt-quic://host:port for MQTT over QUIC, whose port is 14567 where none is given; mqtts:// for TLS 1.3 over TCP, whose port is 8883." },
	{ key: "fallback", kind: "url", noun: "a broker's URL", schemes: [MQTTS], example: "\"mqtts://broker.example:8883\"",
		description: "mqtts://host or mqtts://host:port, the same broker by TCP: tried in turn with `url` where that did not answer twice, for networks that let no UDP pass. The same certificate rules hold. QUIC is tried again after 15 minutes, then ever less often, beside the connection by TCP, which goes on until QUIC leads to the broker." },
	{ key: "ca", kind: "file", noun: "a file's path", required: true, example: "\"ca.pem\"",
		description: "PEM file of at most 16 KiB with the certificates that the broker's chain may end in; the path is relative to this file." },
	{ key: "certificate", kind: "file", noun: "a file's path", example: "\"board.pem\"",
		description: "PEM file of at most 16 KiB with the board's own certificate, and its intermediate CAs after it, for a broker that asks for one; goes with `key`." },
	{ key: "key", kind: "file", noun: "a file's path", example: "\"board.key\"",
		description: "File with the private key of `certificate`: PEM or DER, not encrypted; ECDSA P-256, or RSA of 2048 to 4096 bits." },
	{ key: "ocsp", kind: "choice", noun: "a policy", choices: ["off", "if-stapled", "required"], default: "if-stapled", example: "\"if-stapled\"",
		description: "Whether the broker must show by a stapled OCSP response that its certificate was not revoked. \"if-stapled\" refuses a response that is bad, and none where the certificate demands one; \"required\" refuses none too; \"off\" does not ask." },
	{ key: "serverName", kind: "host", noun: "a host name or IPv4 address", example: "\"broker.example\"",
		description: "The name that the broker's certificate must carry, where it is not the host of the URL." },
	{ key: "clientId", kind: "text", noun: "a client id", min: 1, max: 64, example: "\"zonal-1\"",
		description: "MQTT client id; unique at the broker. Default: `name`." },
	{ key: "username", kind: "text", noun: "a user name", min: 1, max: 128, example: "\"board\"",
		description: "MQTT user name." },
	{ key: "passwordFile", kind: "file", noun: "a file's path", example: "\"password.txt\"",
		description: "File whose first line is the MQTT password, at most 1024 bytes; the path is relative to this file." },
	{ key: "keepAlive", kind: "integer", noun: "a keep-alive time", min: 5, max: 3600, default: 30, unit: "s", example: "30",
		description: "Longest silence towards the broker before a PINGREQ is sent." },
	{ key: "earlyData", kind: "boolean", noun: "a switch", default: false, example: "false",
		description: "Send CONNECT, and messages of QoS 1 that wait, with the first datagram of a resumed QUIC connection (0-RTT): an answer comes one round trip sooner. Off, because who records that datagram can send it again: the broker may then see a second CONNECT, which ends the board's connection, and old messages once more." },
	{ key: "quicVersion", kind: "choice", noun: "a version of QUIC", choices: [1, 2], default: 1, example: "1",
		description: "2: QUIC version 2 (RFC 9369), which networks cannot take for what they know of version 1; a broker that has only version 1 is asked again in that, one round trip later." },
];

const E2E: readonly Key[] = [
	{ key: "profile", kind: "choice", noun: "an E2E profile", choices: ["P04", "P05", "P06", "P07"], required: true, example: "\"P04\"",
		description: "Profile of AUTOSAR." },
	{ key: "dataId", kind: "id", noun: "a data id", min: 0, max: 0xffffffff, required: true, example: "\"0x0a0b0c0d\"",
		description: "Data id: 32 bits in P04 and P07, 16 bits in P05 and P06." },
	{ key: "offset", kind: "integer", noun: "an offset", min: 8, max: 4096, default: 8, unit: "bytes", example: "8",
		description: "From the Request ID to the E2E header; 8 is right behind the Return Code." },
	{ key: "minLength", kind: "integer", noun: "a length", min: 8, max: 0xffffffff, unit: "bytes", example: "20",
		description: "Shortest message that is right, from the Request ID on; any that holds the header where it is absent." },
	{ key: "maxLength", kind: "integer", noun: "a length", min: 8, max: 0xffffffff, unit: "bytes", example: "4096",
		description: "Longest message that is right, from the Request ID on; any where it is absent." },
	{ key: "maxDeltaCounter", kind: "integer", noun: "a number", min: 1, max: 0xffff, default: 1, example: "1",
		description: "How far the counter may go from one message to the next: 1 = none may be lost. The first one after a wider gap is dropped." },
	{ key: "bigEndianCrc", kind: "boolean", noun: "a switch", default: false, example: "false",
		description: "P05: the CRC's high byte comes first, as vsomeip has it; AUTOSAR's is little-endian." },
];

const ROUTE: readonly Key[] = [
	{ key: "service", kind: "id", noun: "a service id", min: 1, max: 0xfffd, required: true, example: "\"0x1234\"",
		description: "SOME/IP service id." },
	{ key: "instance", kind: "idOrAny", noun: "an instance id", min: 1, max: 0xfffe, required: true, example: "\"0x0001\"",
		description: "Instance id, or \"any\" for whichever instance is offered; {inst} is then written as `any`." },
	{ key: "majorVersion", kind: "integer", noun: "a major version", min: 0, max: 254, example: "1",
		description: "Major version of the service's interface; any where it is absent." },
	{ key: "eventgroup", kind: "id", noun: "an eventgroup id", min: 1, max: 0xfffe, required: true, example: "\"0x0001\"",
		description: "The eventgroup to subscribe to for this event." },
	{ key: "transport", kind: "choice", noun: "a transport", choices: ["auto", "udp", "tcp"], default: "auto", example: "\"auto\"",
		description: "How the eventgroup is subscribed to: by UDP where the service is offered by UDP and the eventgroup is not refused, else by TCP (auto); or by one alone. Of routes with the same eventgroup the first one counts." },
	{ key: "silence", kind: "integer", noun: "a time", min: 100, max: 86_400_000, unit: "ms", example: "5000",
		description: "After how long without an event of its routes the eventgroup is subscribed to anew (feat_req_someipsd_439); absent: events may be rare. Of routes with the same eventgroup the first one counts." },
	{ key: "event", kind: "id", noun: "an event id", min: 0x8001, max: 0xfffe, required: true, example: "\"0x8001\"",
		description: "Event or notifier id." },
	{ key: "e2e", kind: "object", noun: "an object", keys: E2E, optional: true, example: "{ \"profile\": \"P04\", \"dataId\": \"0x0a0b0c0d\" }",
		description: "End-to-end protection of the event: it is checked, what is wrong or repeated is dropped and counted, and the E2E header is taken out of the payload. Not protected where it is absent." },
	{ key: "topic", kind: "topic", noun: "a topic", min: 1, max: TOPIC_MAX, placeholders: ROUTE_PLACEHOLDERS, default: DEFAULT_TOPIC, example: `"${DEFAULT_TOPIC}"`,
		description: "MQTT topic; {vin}, {svc}, {inst} and {event} are filled in, ids as four lower-case hex digits." },
	{ key: "qos", kind: "choice", noun: "a QoS", choices: [0, 1], default: 0, example: "0",
		description: "MQTT quality of service: 0 at most once, 1 at least once." },
	{ key: "retain", kind: "boolean", noun: "a switch", default: false, example: "false",
		description: "Whether the broker keeps the last message for later subscribers." },
	{ key: "policy", kind: "choice", noun: "a policy", choices: ["all"], default: "all", example: "\"all\"",
		description: "Which events are published: all of them." },
	{ key: "payload", kind: "choice", noun: "a payload mode", choices: ["raw"], default: "raw", example: "\"raw\"",
		description: "What the message carries: the event's payload as it came, without the SOME/IP header." },
];

const METHOD: readonly Key[] = [
	{ key: "service", kind: "id", noun: "a service id", min: 1, max: 0xfffd, required: true, example: "\"0x1234\"",
		description: "SOME/IP service id." },
	{ key: "instance", kind: "idOrAny", noun: "an instance id", min: 1, max: 0xfffe, required: true, example: "\"0x0001\"",
		description: "Instance id, or \"any\": of those that are offered, each call goes to one of the highest priority, by its weight (load balancing option)." },
	{ key: "majorVersion", kind: "integer", noun: "a major version", min: 0, max: 254, example: "1",
		description: "Major version of the service's interface; any where it is absent." },
	{ key: "method", kind: "id", noun: "a method id", min: 1, max: 0x7ffe, required: true, example: "\"0x0001\"",
		description: "The method that may be called: no other one can be." },
	{ key: "transport", kind: "choice", noun: "a transport", choices: ["auto", "udp", "tcp"], default: "auto", example: "\"auto\"",
		description: "How the service's methods are called: by UDP where it is offered by UDP, else by TCP (auto); or by one alone. Of methods of the same service the last one counts." },
	{ key: "e2e", kind: "object", noun: "an object", keys: E2E, optional: true, example: "{ \"profile\": \"P04\", \"dataId\": \"0x0a0b0c0d\" }",
		description: "End-to-end protection of requests and responses: a response that is wrong becomes E_E2E. Not protected where it is absent." },
	{ key: "topic", kind: "topic", noun: "a topic", min: 1, max: TOPIC_MAX, placeholders: METHOD_PLACEHOLDERS, default: DEFAULT_REQUEST_TOPIC, example: `"${DEFAULT_REQUEST_TOPIC}"`,
		description: "MQTT topic of the requests; {vin}, {svc}, {inst} and {method} are filled in, ids as four lower-case hex digits. A request without a response topic is answered to the same topic with `response` in place of its last level `request`, or after it." },
	{ key: "timeout", kind: "integer", noun: "a time", min: 10, max: 60000, default: 1000, unit: "ms", example: "1000",
		description: "How long the service's response may take; then the answer is E_TIMEOUT." },
	{ key: "qos", kind: "choice", noun: "a QoS", choices: [0, 1], default: 1, example: "1",
		description: "MQTT quality of service of requests and answers." },
];

/** The whole configuration, in the order of the reference. */
export const CONFIGURATION: readonly Key[] = [
	{ key: "$schema", kind: "text", noun: "a schema's address", min: 0, max: 256, example: "\"docs/gateway.schema.json\"",
		description: "For editors; the board passes it over." },
	{ key: "name", kind: "text", noun: "a name", min: 1, max: 32, required: true, example: "\"zonal-1\"",
		description: "The board's name." },
	{ key: "vin", kind: "vin", noun: "a VIN", required: true, example: "\"ZNLDEM00000000001\"",
		description: "Vehicle identification number (ISO 3779): 17 capital letters and digits without I, O and Q." },
	{ key: "network", kind: "object", noun: "an object", required: true, keys: NETWORK, example: "{ \"address\": \"192.168.10.2\" }",
		description: "The vehicle's Ethernet." },
	{ key: "broker", kind: "object", noun: "an object", required: true, keys: BROKER,
		example: "{ \"url\": \"mqtt-quic://broker.example:14567\", \"ca\": \"ca.pem\" }", description: "Where the events go." },
	{ key: "routes", kind: "list", noun: "a list", required: true, min: 1, max: ROUTES_MAX, keys: ROUTE,
		example: "[{ \"service\": \"0x1234\", \"instance\": \"0x0001\", \"eventgroup\": \"0x0001\", \"event\": \"0x8001\" }]",
		description: "Which events go to which topics." },
	{ key: "methods", kind: "list", noun: "a list", min: 0, max: METHODS_MAX, keys: METHOD,
		example: "[{ \"service\": \"0x1234\", \"instance\": \"0x0001\", \"method\": \"0x0001\" }]",
		description: "Which methods can be called by MQTT; none where it is absent." },
];
