import { deepEqual, describe, equal, it, ok, throws } from "#test";
import { METHODS_MAX, MQTT_TOPICS_MAX, ROUTES_MAX, SD_SERVICES_MAX, SD_SUBSCRIPTIONS_MAX } from "../../../firmware/config.js";
import { ConfigurationError, readConfiguration } from "../../../firmware/gateway/configuration/configuration.js";
import { responseTopic } from "../../../firmware/gateway/configuration/rules.js";
import { encodeUtf8 } from "../../../firmware/wire/utf8.js";
import { configured, sample, type Sample } from "../support/sample.js";

const route = (changes: object) => ({ service: "0x1234", instance: "0x0001", eventgroup: "0x0001", event: "0x8009", ...changes });
const method = (changes: object = {}) => ({ service: "0x1234", instance: "0x0001", method: "0x0001", ...changes });

const HOST = "the host is a name or an IPv4 address, for example \"mqtt-quic://broker.example:14567\"";

/** One change to a good configuration, and the one line that it must give. */
const WRONG: readonly (readonly [change: (c: Sample) => void, message: string])[] = [
	[c => { c.color = "red"; }, "color: unknown key; known here: $schema, name, vin, network, broker, routes, methods"],
	[c => { c.network.adress = 1; }, "network.adress: unknown key; did you mean \"address\"?"],
	[c => { c.network.sd = { Group: "224.0.0.1" }; }, "network.sd.Group: unknown key; did you mean \"group\"?"],
	[c => { c.routes[1].evnet = 1; }, "routes[1].evnet: unknown key; did you mean \"event\"?"],
	[c => { delete c.name; }, "name: is missing; add \"name\": \"zonal-1\""],
	[c => { c.name = ""; }, "name: \"\" is not a name; use 1 to 32 bytes"],
	[c => { c.name = 7; }, "name: 7 is not a name; write text, for example \"zonal-1\""],
	[c => { c.name = "a\u0000b"; }, "name: \"a\\u0000b\" is not a name; remove the control characters"],
	[c => { c.vin = "ZNLDEM0000000001"; }, "vin: \"ZNLDEM0000000001\" is not a VIN; a VIN has 17 characters, this has 16"],
	[c => { c.vin = "ZNLDEM0000000000O"; }, "vin: \"ZNLDEM0000000000O\" is not a VIN; the letters I, O and Q do not occur in a VIN"],
	[c => { c.vin = "znldem00000000001"; }, "vin: \"znldem00000000001\" is not a VIN; write capital letters"],
	[c => { c.vin = "ZNLDEM00000/00001"; }, "vin: \"ZNLDEM00000/00001\" is not a VIN; only letters and digits"],
	[c => { delete c.network; }, "network: is missing; add \"network\": { \"address\": \"192.168.10.2\" }"],
	[c => { c.network = []; }, "network: a list is not an object; write { … }"],
	[c => { delete c.network.address; }, "network.address: is missing; add \"address\": \"192.168.10.2\""],
	[c => { c.network.address = "10.0.0"; }, "network.address: \"10.0.0\" is not an IP address; write four numbers of 0 to 255, for example \"192.168.10.2\""],
	[c => { c.network.address = "10.0.0.256"; }, "network.address: \"10.0.0.256\" is not an IP address; write four numbers of 0 to 255, for example \"192.168.10.2\""],
	[c => { c.network.address = "010.0.0.1"; }, "network.address: \"010.0.0.1\" is not an IP address; write four numbers of 0 to 255, for example \"192.168.10.2\""],
	[c => { c.network.address = "fd00::1"; }, "network.sd.group: is not of the family of network.address; use an IPv6 group, for example ff14::4:c0de"],
	[c => { c.network.sd = { group: "ff14::4:c0de" }; }, "network.sd.group: is not of the family of network.address; use an IPv4 one"],
	[c => { c.network.address = "ff14::1"; }, "network.address: \"ff14::1\" is not an IP address; write four numbers of 0 to 255, for example \"192.168.10.2\""],
	[c => { c.network.address = "::"; }, "network.address: \"::\" is not an IP address; write four numbers of 0 to 255, for example \"192.168.10.2\""],
	[c => { c.routes[0].e2e = { profile: "P03", dataId: 1 }; }, "routes[0].e2e.profile: \"P03\" is not an E2E profile; use \"P04\" or \"P05\" or \"P06\" or \"P07\""],
	[c => { c.routes[0].e2e = { profile: "P05", dataId: "0x12345" }; }, "routes[0].e2e: E2E P05: dataId must have at most 16 bits"],
	[c => { c.routes[0].e2e = { profile: "P04" }; }, "routes[0].e2e.dataId: is missing; add \"dataId\": \"0x0a0b0c0d\""],
	[c => { c.routes[0].e2e = { profile: "P05", dataId: 1, maxDeltaCounter: 256 }; }, "routes[0].e2e: E2E P05: maxDeltaCounter must be from 1 to 255"],
	[c => { c.routes[0].instance = "any"; c.routes[0].e2e = { profile: "P05", dataId: 1 }; }, "routes[0].e2e: is of one instance; name it"],
	[c => { c.network.address = "224.0.0.1"; }, "network.address: \"224.0.0.1\" is not an IP address; that is no address of an interface"],
	[c => { c.network.address = "10.0.0.255"; }, "network.address: 10.0.0.255 is the broadcast address of netmask 255.255.255.0; use one between"],
	[c => { c.network.address = "DHCP"; }, "network.address: \"DHCP\" is not an IP address; write four numbers of 0 to 255, for example \"192.168.10.2\""],
	[c => { c.network.router = "10.0.1.1"; }, "network.router: 10.0.1.1 is not another host in the network of 10.0.0.2, netmask 255.255.255.0"],
	[c => { c.network.router = "10.0.0.2"; }, "network.router: 10.0.0.2 is not another host in the network of 10.0.0.2, netmask 255.255.255.0"],
	[c => { c.network = { address: "dhcp", router: "10.0.0.1" }; }, "network.router: DHCP names it; remove the key, or give the board a fixed address"],
	[c => { c.network = { address: "dhcp", nameServer: "10.0.0.1" }; }, "network.nameServer: DHCP names it; remove the key, or give the board a fixed address"],
	[c => { c.network.netmask = "255.0.255.0"; }, "network.netmask: \"255.0.255.0\" is not a netmask; write ones followed by zeros, for example 255.255.255.0"],
	[c => { c.network.eventPort = 70000; }, "network.eventPort: 70000 is not a UDP port; use 0 to 65535"],
	[c => { c.network.eventPort = 30490; }, "network.eventPort: 30490 is the port of service discovery; use another, or 0"],
	[c => { c.network.sd = null; }, "network.sd: null is not an object; write { … }"],
	[c => { c.network.sd = { group: "10.0.0.1" }; }, "network.sd.group: \"10.0.0.1\" is not a multicast address; use 224.0.0.0 to 239.255.255.255, or an IPv6 group"],
	[c => { c.network.sd = { port: 0 }; }, "network.sd.port: 0 is not a UDP port; use 1 to 65535"],
	[c => { c.network.sd = { port: 1.5 }; }, "network.sd.port: 1.5 is not a UDP port; write a whole number, for example 30490"],
	[c => { c.network.sd = { topologyCheck: "no" }; }, "network.sd.topologyCheck: \"no\" is not a switch; use true or false"],
	[c => { c.network.sd = { ttl: 0 }; }, "network.sd.ttl: 0 is not a time to live; use 1 to 16777215 s"],
	[c => { c.broker = "mqtt://x"; }, "broker: \"mqtt://x\" is not an object; write { … }"],
	[c => { delete c.broker.url; }, "broker.url: is missing; add \"url\": \"mqtt-quic://broker.example:14567\""],
	[c => { c.broker.url = "mqtt://x"; }, "broker.url: \"mqtt://x\" is not a broker's URL; begin with mqtt-quic:// or mqtts://"],
	[c => { c.broker.fallback = "mqtt-quic://x"; }, "broker.fallback: \"mqtt-quic://x\" is not a broker's URL; begin with mqtts://"],
	[c => { c.broker.quicVersion = 3; }, "broker.quicVersion: 3 is not a version of QUIC; use 1 or 2"],
	[c => { c.broker.ocsp = "always"; }, "broker.ocsp: \"always\" is not a policy; use \"off\" or \"if-stapled\" or \"required\""],
	[c => { c.broker.url = "mqtt-quic://x:0"; }, "broker.url: \"mqtt-quic://x:0\" is not a broker's URL; the port is a number of 1 to 65535"],
	[c => { c.broker.url = "mqtt-quic://x:"; }, "broker.url: \"mqtt-quic://x:\" is not a broker's URL; the port is a number of 1 to 65535"],
	[c => { c.broker.url = "mqtt-quic://u:p@x"; }, "broker.url: has credentials in it; write them as username and passwordFile"],
	[c => { c.broker.url = "mqtt-quic://[::1]:14567"; }, "broker.url: has an IPv6 address, which is not supported; use a name or an IPv4 address"],
	[c => { c.broker.url = "mqtt-quic://a!b"; }, "broker.url: \"mqtt-quic://a!b\" is not a broker's URL; the host is a name or an IPv4 address, for example \"mqtt-quic://broker.example:14567\""],
	[c => { c.broker.url = "mqtt-quic://1.2.3"; }, "broker.url: \"mqtt-quic://1.2.3\" is not a broker's URL; the host is a name or an IPv4 address, for example \"mqtt-quic://broker.example:14567\""],
	[c => { delete c.broker.ca; }, "broker.ca: is missing; add \"ca\": \"ca.pem\""],
	[c => { c.broker.ca = ""; }, "broker.ca: \"\" is not a file's path; for example \"ca.pem\""],
	[c => { c.broker.ca = true; }, "broker.ca: true is not a file's path; write text, for example \"ca.pem\""],
	[c => { c.broker.certificate = "board.pem"; }, "broker.key: is missing; a certificate needs its private key"],
	[c => { c.broker.key = "board.key"; }, "broker.certificate: is missing; a private key needs its certificate"],
	[c => { c.broker.serverName = "-"; }, "broker.serverName: \"-\" is not a host name or IPv4 address; for example \"broker.example\""],
	[c => { c.broker.password = "secret"; }, "broker.password: unknown key; known here: url, fallback, ca, certificate, key, ocsp, serverName, clientId, username, passwordFile, keepAlive, earlyData, quicVersion"],
	[c => { c.broker.keepAlive = 1; }, "broker.keepAlive: 1 is not a keep-alive time; use 5 to 3600 s"],
	[c => { c.broker.keepAlive = "30"; }, "broker.keepAlive: \"30\" is not a keep-alive time; write a whole number, for example 30"],
	[c => { delete c.routes; }, "routes: is missing; add \"routes\": [{ \"service\": \"0x1234\", \"instance\": \"0x0001\", \"eventgroup\": \"0x0001\", \"event\": \"0x8001\" }]"],
	[c => { c.routes = {}; }, "routes: an object is not a list; write [ … ]"],
	[c => { c.routes = []; }, `routes: has 0 items; use 1 to ${ROUTES_MAX}`],
	[c => { c.routes[0] = 1; }, "routes[0]: 1 is not an object; write { … }"],
	[c => { c.routes[0].service = "1234"; }, "routes[0].service: \"1234\" is not a service id; use \"0x0001\" to \"0xfffd\""],
	[c => { c.routes[0].service = 0xffff; }, "routes[0].service: 65535 is not a service id; use \"0x0001\" to \"0xfffd\""],
	[c => { c.routes[0].instance = "all"; }, "routes[0].instance: \"all\" is not an instance id; use \"0x0001\" to \"0xfffe\" or \"any\""],
	[c => { c.routes[0].event = "0x0001"; }, "routes[0].event: \"0x0001\" is not an event id; use \"0x8001\" to \"0xfffe\""],
	[c => { c.routes[0].event = "any"; }, "routes[0].event: \"any\" is not an event id; use \"0x8001\" to \"0xfffe\""],
	[c => { c.routes[0].eventgroup = -1; }, "routes[0].eventgroup: -1 is not an eventgroup id; use \"0x0001\" to \"0xfffe\""],
	[c => { c.routes[0].qos = 3; }, "routes[0].qos: 3 is not a QoS; use 0 or 1"],
	[c => { c.routes[0].qos = "1"; }, "routes[0].qos: \"1\" is not a QoS; use 0 or 1"],
	[c => { c.routes[0].retain = 1; }, "routes[0].retain: 1 is not a switch; use true or false"],
	[c => { c.routes[0].policy = "latest"; }, "routes[0].policy: \"latest\" is not a policy; use \"all\""],
	[c => { c.routes[0].payload = "json"; }, "routes[0].payload: \"json\" is not a payload mode; use \"raw\""],
	[c => { c.routes[0].topic = "a/+/b"; }, "routes[0].topic: \"a/+/b\" is not a topic; + and # are for subscribers only"],
	[c => { c.routes[0].topic = "a/#"; }, "routes[0].topic: \"a/#\" is not a topic; + and # are for subscribers only"],
	[c => { c.routes[0].topic = "$SYS/x"; }, "routes[0].topic: \"$SYS/x\" is not a topic; topics that begin with $ belong to the broker"],
	[c => { c.routes[0].topic = "a/{service}"; }, "routes[0].topic: \"a/{service}\" is not a topic; use {vin}, {svc}, {inst}, {event}"],
	[c => { c.routes[0].topic = "a\u0000"; }, "routes[0].topic: \"a\\u0000\" is not a topic; remove the control characters"],
	[c => { c.routes[0].topic = "x".repeat(129); }, `routes[0].topic: "${"x".repeat(56)}… is not a topic; use 1 to 128 bytes`],
	[c => { c.routes[0].topic = "x".repeat(120) + "{vin}"; }, "routes[0].topic: is longer than 128 bytes when it is filled in; shorten it"],
	[c => { c.routes[0].topic = "vehicle/{vin}/status"; }, "routes[0].topic: vehicle/ZNLDEM00000000001/status is one of the board's own topics; use another"],
	[c => { c.routes[0].topic = "vehicle/{vin}/someip/{svc}/{inst}/sd"; }, "routes[0].topic: vehicle/ZNLDEM00000000001/someip/1234/0001/sd is one of the board's own topics; use another"],
	[c => { c.network.address = "127.0.0.2"; }, "network.address: 127.0.0.2 is loopback, from which no offer is accepted; set network.sd.topologyCheck to false"],
	[c => { c.network.netmask = "255.255.255.255"; }, "network.netmask: 255.255.255.255 leaves no address for the vehicle; use the network's, or set network.sd.topologyCheck to false"],
	[c => { c.broker.url = "mqtt-quic://224.0.0.1"; }, `broker.url: "mqtt-quic://224.0.0.1" is not a broker's URL; ${HOST}`],
	[c => { c.broker.url = "mqtt-quic://0.0.0.0"; }, `broker.url: "mqtt-quic://0.0.0.0" is not a broker's URL; ${HOST}`],
	[c => { c.broker.url = "mqtt-quic://broker.10"; }, `broker.url: "mqtt-quic://broker.10" is not a broker's URL; ${HOST}`],
	[c => { c.routes.push(route({ event: "0x8001", eventgroup: "0x0003" })); }, "routes[2]: event 1234.8001 of this instance is routed by routes[0] already; remove one"],
	[c => { c.routes.push(route({ event: 0x8002, instance: "any" })); }, "routes[2]: event 1234.8002 overlaps with routes[1], one of them takes any instance; name the instances or remove one"],
	[c => { c.methods = [method({ instance: "all" })]; }, "methods[0].instance: \"all\" is not an instance id; use \"0x0001\" to \"0xfffe\" or \"any\""],
	[c => { c.methods = [method({ method: "0x8001" })]; }, "methods[0].method: \"0x8001\" is not a method id; use \"0x0001\" to \"0x7ffe\""],
	[c => { c.methods = [method({ timeout: 5 })]; }, "methods[0].timeout: 5 is not a time; use 10 to 60000 ms"],
	[c => { c.methods = [method({ topic: "{event}" })]; }, "methods[0].topic: \"{event}\" is not a topic; use {vin}, {svc}, {inst}, {method}"],
	[c => { c.methods = [method({ topic: "x".repeat(121) })]; }, "methods[0].topic: is longer than 128 bytes when it is filled in, or with /response; shorten it"],
	[c => { c.methods = [method({ topic: "vehicle/{vin}/status" })]; }, "methods[0].topic: vehicle/ZNLDEM00000000001/status is one that the board publishes to; use another"],
	[c => { c.methods = [method({ topic: c.routes[1].topic })]; }, "methods[0].topic: car/ZNLDEM00000000001/speed is one that the board publishes to; use another"],
	[c => { c.methods = [method(), method()]; }, "methods[1]: method 1234.0001 of this instance is in methods[0] already; remove one"],
	[c => { c.methods = [method({ topic: "a" }), method({ method: 2, topic: "a/response" })]; }, "methods[1].topic: a/response is a topic of methods[0] already; use another"],
	[c => { c.methods = Array.from({ length: METHODS_MAX + 1 }, (_, i) => method({ method: i + 1 })); }, `methods: has ${METHODS_MAX + 1} items; use 0 to ${METHODS_MAX}`],
];

describe("configuration", () => {
	it("fills in every default", () => {
		deepEqual(configured(), {
			name: "zonal-1",
			vin: "ZNLDEM00000000001",
			network: { address: 0x0a000002, netmask: 0xffffff00, prefixLength: 64, eventPort: 0, clientId: 0x5a01, magicCookies: false, sd: { group: 0xe0f4e0f5, port: 30490, topologyCheck: true, explicitInitialData: false, endpointOption: false, ttl: 3 } },
			broker: { url: { host: "broker.example", port: 14567, isStream: false }, ca: "ca.pem", clientId: "zonal-1", keepAlive: 30, earlyData: false, ocsp: "if-stapled", quicVersion: 1 },
			routes: [
				{ service: 0x1234, instance: 1, eventgroup: 1, transport: "auto", event: 0x8001, topic: "vehicle/ZNLDEM00000000001/someip/1234/0001/event/8001", qos: 0, retain: false, policy: "all", payload: "raw" },
				{ service: 0x1234, instance: 1, eventgroup: 2, transport: "auto", event: 0x8002, topic: "car/ZNLDEM00000000001/speed", qos: 1, retain: false, policy: "all", payload: "raw" },
			],
			methods: [],
		});
	});

	it("fills in the defaults of methods", () => {
		deepEqual(configured(c => { c.methods = [method()]; }).methods, [
			{ service: 0x1234, instance: 1, method: 1, transport: "auto", topic: "vehicle/ZNLDEM00000000001/someip/1234/0001/method/0001/request", timeout: 1000, qos: 1 },
		]);
		equal(responseTopic("a/request"), "a/response");
		equal(responseTopic("a/b"), "a/b/response");
	});

	it("takes every key", () => {
		const c = configured(c => {
			c.$schema = "docs/gateway.schema.json";
			c.network = { address: "127.0.0.2", netmask: "255.0.0.0", router: "127.0.0.1", nameServer: "9.9.9.9", eventPort: 40000, clientId: "0x0102", magicCookies: true, prefixLength: 48, sd: { group: "239.1.2.3", port: 40490, topologyCheck: false, explicitInitialData: true, endpointOption: true, ttl: 0xffffff } };
			c.broker = { url: "mqtt-quic://10.0.0.9:1/", fallback: "mqtts://10.0.0.9", ocsp: "required", earlyData: true, quicVersion: 2, ca: "a/b.pem", serverName: "x.example", clientId: "é", username: "u", passwordFile: "p", keepAlive: 5 };
			c.routes = [route({ service: 4660, instance: "any", event: "0xFFFE", transport: "tcp", topic: "{svc}/{inst}/{event}", qos: 1, retain: true, policy: "all", payload: "raw" })];
		});
		deepEqual(c.network, { address: 0x7f000002, netmask: 0xff000000, router: 0x7f000001, nameServer: 0x09090909, prefixLength: 48, eventPort: 40000, clientId: 0x0102, magicCookies: true, sd: { group: 0xef010203, port: 40490, topologyCheck: false, explicitInitialData: true, endpointOption: true, ttl: 0xffffff } });
		deepEqual(c.broker, { url: { host: "10.0.0.9", port: 1, isStream: false }, fallback: { host: "10.0.0.9", port: 8883, isStream: true }, ca: "a/b.pem", ocsp: "required",
				serverName: "x.example", clientId: "é", username: "u", passwordFile: "p", keepAlive: 5, earlyData: true, quicVersion: 2 });
		deepEqual(c.routes, [{ service: 0x1234, instance: 0xffff, eventgroup: 1, transport: "tcp", event: 0xfffe, topic: "1234/any/fffe", qos: 1, retain: true, policy: "all", payload: "raw" }]);
	});

	it("takes IPv6 addresses, and end-to-end protection", () => {
		const c = configured(c => {
			c.network = { address: "fd00::2", sd: { group: "ff14::4:c0de" } };
			c.routes = [route({ e2e: { profile: "P04", dataId: "0x0A0b0c0d", maxDeltaCounter: 3 } })];
		});
		ok(c.network.address >= 0x100000000 && c.network.sd.group > c.network.address, "Numbers");
		equal(c.network.netmask, 64);
		deepEqual(c.routes[0]!.e2e, { profile: "P04", dataId: 0x0a0b0c0d, offset: 8, maxDeltaCounter: 3, bigEndianCrc: false });
	});

	for (const [change, message] of WRONG)
		it(message.length > 100 ? `${message.slice(0, 99)}…` : message, () => {
			const error = throws(() => configured(change)) as ConfigurationError;
			ok(error instanceof ConfigurationError, String(error));
			deepEqual(error.problems, [message]);
		});

	it("collects what is wrong, in the order of the file", () => {
		const error = throws(() => configured(c => {
			c.vin = "1";
			c.broker.url = "x";
			c.routes[0].qos = 2;
			c.routes[1].event = 1;
		})) as ConfigurationError;
		deepEqual(error.problems.map(line => line.slice(0, line.indexOf(":"))), ["vin", "broker.url", "routes[0].qos", "routes[1].event"]);
	});

	it("ends the list after 20 problems", () => {
		const error = throws(() => configured(c => {
			c.routes = [];
			for (let i = 0; i < 30; i++)
				c.routes.push(route({ event: 0x8001 + i, qos: 9 }));
		})) as ConfigurationError;
		equal(error.problems.length, 21);
		equal(error.problems[20], "there are more problems; mend these first");
	});

	it("refuses one route too many", () => {
		throws(() => configured(c => {
			c.routes = [];
			for (let i = 0; i <= ROUTES_MAX; i++)
				c.routes.push(route({ event: 0x8001 + i }));
		}), `routes: has ${ROUTES_MAX + 1} items; use 1 to ${ROUTES_MAX}`);
	});

	it("counts the service instances, which service discovery has a table for", () => {
		const routes = (count: number) => (c: Sample): void => {
			c.routes = [];
			for (let i = 0; i < count; i++)
				c.routes.push(route({ instance: 1 + i }), route({ instance: 1 + i, event: "0x8002" }));
		};
		equal(configured(routes(SD_SERVICES_MAX)).routes.length, 2 * SD_SERVICES_MAX);
		throws(() => configured(routes(SD_SERVICES_MAX + 1)), `routes: name ${SD_SERVICES_MAX + 1} service instances, and there is room for ${SD_SERVICES_MAX}; take fewer`);
		ok(ROUTES_MAX + SD_SERVICES_MAX + 1 <= MQTT_TOPICS_MAX, "all their topics and the board's status find room");
		ok(ROUTES_MAX <= SD_SUBSCRIPTIONS_MAX, "and every route's eventgroup");
	});

	it("says line and column where the file is no JSON", () => {
		const error = throws(() => readConfiguration(encodeUtf8("{\n\t\"name\": zonal\n}"))) as ConfigurationError;
		deepEqual(error.problems, ["line 2, column 10: z where a value should be"]);
	});

	it("refuses a file that is no object", () => {
		for (const text of ["null", "[]", "1", "\"a\""])
			throws(() => readConfiguration(encodeUtf8(text)), "is not an object; write { … }");
	});

	it("does not change what it was given", () => {
		const before = JSON.stringify(sample());
		const value = sample();
		readConfiguration(encodeUtf8(JSON.stringify(value)));
		equal(JSON.stringify(value), before);
	});
});
