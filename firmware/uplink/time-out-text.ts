/** What the silence of a peer may mean, for the person who reads the log. */
import { UPLINK_CONNACK_TIMEOUT, UPLINK_HANDSHAKE_TIMEOUT, UPLINK_RESOLVE_TIMEOUT } from "../config.js";
import { addressText, endpointText } from "../wire/ipv4-address.js";
import type { Way } from "./ways.js";

/** "broker.example (192.0.2.7:14567)" */
export function peerText({ host, port }: Way, address: number): string {
	const endpoint = endpointText(address, port);
	return host === addressText(address) ? endpoint : host + " (" + endpoint + ")";
}

export function noNameText(host: string): string {
	return "no answer to the name lookup of " + host + within(UPLINK_RESOLVE_TIMEOUT) + "is the DNS server reachable?";
}

/** `heard`: datagrams, or pieces of a byte stream, that came. */
export function noHandshakeText(peer: string, heard: number, isStream: boolean): string {
	return heard === 0 ? (isStream ?
		"no answer by TCP from " + peer + within(UPLINK_HANDSHAKE_TIMEOUT) + "is the broker's TLS listener on, is the port open?" :
		"no UDP answer from " + peer + within(UPLINK_HANDSHAKE_TIMEOUT) + "is the broker's QUIC listener on, is UDP open?") :
		"no end of the handshake with " + peer + within(UPLINK_HANDSHAKE_TIMEOUT) + "much is lost on the way, or the server is overloaded";
}

export function noConnackText(peer: string, hasStream: boolean): string {
	return (hasStream ? "no answer to CONNECT from " : "no stream allowed by ") + peer + within(UPLINK_CONNACK_TIMEOUT) + "is it an MQTT broker?";
}

function within(timeout: number): string {
	return " within " + timeout / 1000 + " s: ";
}
