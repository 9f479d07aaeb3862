/** MQTT 5.0 §2.4: reason codes. Parsers return the negative of the code that ends the connection. */
export const SUCCESS = 0x00;
export const DISCONNECT_WITH_WILL = 0x04;
export const UNSPECIFIED_ERROR = 0x80;
export const MALFORMED_PACKET = 0x81;
export const PROTOCOL_ERROR = 0x82;
export const UNSUPPORTED_PROTOCOL_VERSION = 0x84;
export const SERVER_UNAVAILABLE = 0x88;
export const SERVER_BUSY = 0x89;
export const SERVER_SHUTTING_DOWN = 0x8b;
export const KEEP_ALIVE_TIMEOUT = 0x8d;
export const TOPIC_ALIAS_INVALID = 0x94;
export const PACKET_TOO_LARGE = 0x95;
export const QUOTA_EXCEEDED = 0x97;
export const CONNECTION_RATE_EXCEEDED = 0x9f;

/** From this value on a code says that something failed. */
export const FIRST_FAILURE = 0x80;

/** "not authorized (0x87)". */
export function reasonText(code: number): string {
	return name(code) + " (0x" + (code < 16 ? "0" : "") + code.toString(16) + ")";
}

/** Whether the same request is likely to be answered otherwise in a few seconds. */
export function isPassing(code: number): boolean {
	return code === SERVER_UNAVAILABLE || code === SERVER_BUSY || code === SERVER_SHUTTING_DOWN || code === UNSPECIFIED_ERROR ||
		code === CONNECTION_RATE_EXCEEDED || code === KEEP_ALIVE_TIMEOUT || code === QUOTA_EXCEEDED;
}

function name(code: number): string {
	switch (code) {
		case 0x00: return "success";
		case 0x01: return "granted QoS 1";
		case 0x02: return "granted QoS 2";
		case 0x04: return "disconnect with will message";
		case 0x10: return "no matching subscribers";
		case 0x11: return "no subscription existed";
		case 0x18: return "continue authentication";
		case 0x19: return "re-authenticate";
		case 0x80: return "unspecified error";
		case 0x81: return "malformed packet";
		case 0x82: return "protocol error";
		case 0x83: return "implementation specific error";
		case 0x84: return "unsupported protocol version";
		case 0x85: return "client identifier not valid";
		case 0x86: return "bad user name or password";
		case 0x87: return "not authorized";
		case 0x88: return "server unavailable";
		case 0x89: return "server busy";
		case 0x8a: return "banned";
		case 0x8b: return "server shutting down";
		case 0x8c: return "bad authentication method";
		case 0x8d: return "keep alive timeout";
		case 0x8e: return "session taken over";
		case 0x8f: return "topic filter invalid";
		case 0x90: return "topic name invalid";
		case 0x91: return "packet identifier in use";
		case 0x92: return "packet identifier not found";
		case 0x93: return "receive maximum exceeded";
		case 0x94: return "topic alias invalid";
		case 0x95: return "packet too large";
		case 0x96: return "message rate too high";
		case 0x97: return "quota exceeded";
		case 0x98: return "administrative action";
		case 0x99: return "payload format invalid";
		case 0x9a: return "retain not supported";
		case 0x9b: return "QoS not supported";
		case 0x9c: return "use another server";
		case 0x9d: return "server moved";
		case 0x9e: return "shared subscriptions not supported";
		case 0x9f: return "connection rate exceeded";
		case 0xa0: return "maximum connect time";
		case 0xa1: return "subscription identifiers not supported";
		case 0xa2: return "wildcard subscriptions not supported";
		default: return "reason code not in MQTT 5";
	}
}
