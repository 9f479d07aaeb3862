import { LEVEL_INFO, LEVEL_WARN, type Log } from "../ports/log.js";
import type { Uplink } from "../uplink/uplink.js";
import { UPLINK_CONNECTING, UPLINK_DOWN, UPLINK_HANDSHAKE_DONE, UPLINK_RESOLVING, UPLINK_UP } from "../uplink/uplink-state.js";
import { endpointText } from "../wire/ipv4-address.js";

/** The uplink's state in one word, for `status`. */
export function uplinkStateText(state: number): string {
	switch (state) {
		case UPLINK_RESOLVING:
			return "resolving";
		case UPLINK_CONNECTING:
			return "connecting";
		case UPLINK_HANDSHAKE_DONE:
			return "handshake done";
		case UPLINK_UP:
			return "up";
		default:
			return "down";
	}
}

/** One line for a state that the uplink has reached. `isStopping`: it will not try again. */
export function logUplinkState(log: Log, uplink: Uplink, isStopping: boolean, now: number): void {
	const { host, port, isStream } = uplink.way, broker = `${host}:${port}`;
	switch (uplink.state) {
		case UPLINK_RESOLVING:
			log.write(LEVEL_INFO, "uplink", `looking up ${host}`);
			break;
		case UPLINK_CONNECTING: {
			const endpoint = endpointText(uplink.peer.address, port);
			log.write(LEVEL_INFO, "uplink", `connecting to ${broker}${endpoint === broker ? "" : ` (${endpoint})`} over ${isStream ? "TLS, by TCP" : "QUIC"}`);
			break;
		}
		case UPLINK_HANDSHAKE_DONE:
			log.write(LEVEL_INFO, "uplink", `TLS 1.3 done, ${uplink.quic?.resumed ? "a session goes on" : `the certificate of ${host} is good`}; CONNECT`);
			break;
		case UPLINK_UP: {
			const quic = uplink.quic;
			log.write(LEVEL_INFO, "uplink", quic === undefined || isStream ? `up: CONNACK from ${broker}${quic === undefined ? "" : ` over TLS 1.3, ${quic.cipher}`}` : `up: CONNACK from ${broker} over QUIC v${quic.version}, ${quic.cipher}, handshake ${quic.handshakeDatagrams} datagrams ${quic.handshakeBytes} bytes, rtt ${quic.rttMs} ms`);
			break;
		}
		case UPLINK_DOWN:
			if (isStopping || uplink.lastError === "")
				log.write(LEVEL_INFO, "uplink", "down");
			else
				log.write(LEVEL_WARN, "uplink", `${uplink.lastError}; next try in ${Math.ceil(uplink.retryDelay(now) / 1000)} s`);
			break;
	}
}
