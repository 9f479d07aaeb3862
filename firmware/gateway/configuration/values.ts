import { parseDecimal } from "../../wire/decimal.js";
import { isHostAddress, isMulticast, isNetmask, parseAddress } from "../../wire/ipv4-address.js";
import { parseIpv6 } from "../../wire/ipv6-address.js";
import { encodeUtf8 } from "../../wire/utf8.js";
import type { JsonValue } from "./json.js";
import { ANY_INSTANCE, DEFAULT_BROKER_PORT, DEFAULT_MQTTS_PORT, DHCP, type Key, MQTTS } from "./table.js";
import { hex4 } from "../text.js";

export interface BrokerUrl {
	/** mqtts: TLS over TCP instead of QUIC. */
	readonly isStream: boolean;
	readonly host: string;
	readonly port: number;
}

/** Says what is wrong with one value, and what to write instead. */
export class Refusal extends Error {}

/** Turns one JSON value into what the board works with (ids and addresses are Numbers); throws Refusal. */
export function readValue(key: Key, value: JsonValue): string | number | boolean | BrokerUrl {
	switch (key.kind) {
		case "boolean":
			return typeof value === "boolean" ? value : refuse(key, value, "use true or false");
		case "integer":
			return integer(key, value);
		case "choice":
			for (const choice of key.choices!)
				if (choice === value)
					return choice;
			return refuse(key, value, `use ${key.choices!.map(choice => JSON.stringify(choice)).join(" or ")}`);
		case "id":
		case "idOrAny":
			return id(key, value);
	}
	if (typeof value !== "string")
		return refuse(key, value, `write text, for example ${key.example}`);
	switch (key.kind) {
		case "address":
			return address(key, value);
		case "addressOrDhcp":
			return value === "dhcp" ? DHCP : isIpv6(value, false) ? value : address(key, value);
		case "netmask": {
			const mask = parseAddress(value);
			return mask >= 0 && isNetmask(mask) ? mask : refuse(key, value, "write ones followed by zeros, for example 255.255.255.0");
		}
		case "group": {
			if (isIpv6(value, true))
				return value;
			const group = parseAddress(value);
			return group >= 0 && isMulticast(group) ? group : refuse(key, value, "use 224.0.0.0 to 239.255.255.255, or an IPv6 group");
		}
		case "url":
			return url(key, value);
		case "host":
			return isHost(value) ? value : refuse(key, value, `for example ${key.example}`);
		case "vin":
			return vin(key, value);
		case "topic":
			return topic(key, value);
		case "file":
			return value.length > 0 && !value.includes("\0") ? value : refuse(key, value, `for example ${key.example}`);
		default:
			return text(key, value);
	}
}

/** One line for a value in a message. */
export function show(value: JsonValue): string {
	if (Array.isArray(value))
		return "a list";
	if (typeof value === "object" && value !== null)
		return "an object";
	const shown = JSON.stringify(value);
	return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}

/** The topic with its placeholders filled in. */
export function expandTopic(template: string, vin: string, service: number, instance: number, event: number): string {
	return template
		.split("{vin}").join(vin)
		.split("{svc}").join(hex4(service))
		.split("{inst}").join(instance === ANY_INSTANCE ? "any" : hex4(instance))
		.split("{event}").join(hex4(event));
}

/** The same for a method's requests. */
export function expandRequestTopic(template: string, vin: string, service: number, instance: number, method: number): string {
	return expandTopic(template, vin, service, instance, 0).split("{method}").join(hex4(method));
}

function refuse(key: Key, value: JsonValue, fix: string): never {
	throw new Refusal(`${show(value)} is not ${key.noun}; ${fix}`);
}

function integer(key: Key, value: JsonValue): number {
	const unit = key.unit === undefined ? "" : ` ${key.unit}`;
	if (typeof value !== "number" || !Number.isInteger(value))
		refuse(key, value, `write a whole number, for example ${key.example}`);
	if (value < key.min! || value > key.max!)
		refuse(key, value, `use ${key.min} to ${key.max}${unit}`);
	return value;
}

function id(key: Key, value: JsonValue): number {
	const any = key.kind === "idOrAny";
	if (any && value === "any")
		return ANY_INSTANCE;
	const fix = `use "0x${hex4(key.min!)}" to "0x${hex4(key.max!)}"${any ? " or \"any\"" : ""}`;
	let number = -1;
	if (typeof value === "number" && Number.isInteger(value))
		number = value;
	else if (typeof value === "string" && /^0[xX][0-9a-fA-F]{1,8}$/.test(value))
		number = parseInt(value, 16);
	if (number < key.min! || number > key.max!)
		refuse(key, value, fix);
	return number;
}

function address(key: Key, value: string): number {
	const parsed = parseAddress(value);
	if (parsed < 0)
		refuse(key, value, `write four numbers of 0 to 255, for example ${key.example}`);
	if (!isHostAddress(parsed))
		refuse(key, value, "that is no address of an interface");
	return parsed;
}

/** An IPv6 address that one host can have, or a group's. It stays text here. */
function isIpv6(value: string, isGroup: boolean): boolean {
	const bytes = new Uint8Array(16);
	if (!value.includes(":") || !parseIpv6(value, bytes, 0))
		return false;
	return isGroup ? bytes[0] === 0xff : bytes[0] !== 0xff && value !== "::" && !value.includes(".");
}

function url(key: Key, value: string): BrokerUrl {
	const scheme = key.schemes!.find(each => value.startsWith(each));
	if (scheme === undefined)
		return refuse(key, value, `begin with ${key.schemes!.join(" or ")}`);
	const isStream = scheme === MQTTS;
	const rest = value.endsWith("/") ? value.slice(scheme.length, -1) : value.slice(scheme.length);
	if (rest.includes("@"))
		throw new Refusal("has credentials in it; write them as username and passwordFile");
	if (rest.startsWith("["))
		throw new Refusal("has an IPv6 address, which is not supported; use a name or an IPv4 address");
	const colon = rest.lastIndexOf(":");
	const host = colon < 0 ? rest : rest.slice(0, colon);
	const port = colon < 0 ? (isStream ? DEFAULT_MQTTS_PORT : DEFAULT_BROKER_PORT) : parseDecimal(rest.slice(colon + 1), 65535);
	if (port <= 0)
		refuse(key, value, "the port is a number of 1 to 65535");
	if (!isHost(host))
		refuse(key, value, `the host is a name or an IPv4 address, for example ${key.example}`);
	return { host, port, isStream };
}

/** RFC 1123 §2.1, underscores allowed, without a final dot; where it looks like an address it must be one, of one host. */
function isHost(host: string): boolean {
	if (host.length > 253)
		return false;
	if (/^[0-9.]+$/.test(host))
		return parseAddress(host) >= 0 && isHostAddress(parseAddress(host));
	return host.split(".").every(label => /^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$/.test(label)) && !/\.[0-9]+$/.test(host);
}

function vin(key: Key, value: string): string {
	if (value.length !== 17)
		refuse(key, value, `a VIN has 17 characters, this has ${value.length}`);
	if (/[a-z]/.test(value))
		refuse(key, value, "write capital letters");
	if (/[IOQ]/.test(value))
		refuse(key, value, "the letters I, O and Q do not occur in a VIN");
	if (!/^[A-Z0-9]+$/.test(value))
		refuse(key, value, "only letters and digits");
	return value;
}

/** MQTT 5.0 §4.7: what a topic name may contain, before and after it is filled in. */
function topic(key: Key, value: string): string {
	text(key, value);
	if (value.includes("+") || value.includes("#"))
		refuse(key, value, "+ and # are for subscribers only");
	if (value.startsWith("$"))
		refuse(key, value, "topics that begin with $ belong to the broker");
	const placeholders = key.placeholders!, rest = placeholders.reduce((left, name) => left.split(`{${name}}`).join(""), value);
	if (rest.includes("{") || rest.includes("}"))
		refuse(key, value, `use {${placeholders.join("}, {")}}`);
	return value;
}

function text(key: Key, value: string): string {
	for (let i = 0; i < value.length; i++)
		if (value.charCodeAt(i) < 0x20 || value.charCodeAt(i) === 0x7f)
			refuse(key, value, "remove the control characters");
	const length = encodeUtf8(value).length;
	if (length < key.min! || length > key.max!)
		refuse(key, value, `use ${key.min} to ${key.max} bytes`);
	return value;
}
