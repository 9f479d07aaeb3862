/** Return codes of a response (Open SOME/IP feat_req_someip_371, _816). 0x20…0x3f are the service's own. */
import { DROP_E2E_REPEATED, DROP_E2E_WRONG_SEQUENCE } from "./drop.js";

export { E_OK } from "./header.js";
export const E_NOT_OK = 0x01;
export const E_UNKNOWN_SERVICE = 0x02;
export const E_UNKNOWN_METHOD = 0x03;
export const E_NOT_READY = 0x04;
/** Made here, never sent: nobody offers the service, or no longer. */
export const E_NOT_REACHABLE = 0x05;
/** Made here, never sent: no response within the time given. */
export const E_TIMEOUT = 0x06;
export const E_WRONG_PROTOCOL_VERSION = 0x07;
export const E_WRONG_INTERFACE_VERSION = 0x08;
export const E_MALFORMED_MESSAGE = 0x09;
export const E_WRONG_MESSAGE_TYPE = 0x0a;
/** Of AUTOSAR: what the end-to-end protection of a request, or of its response, found. */
export const E_E2E_REPEATED = 0x0b;
export const E_E2E_WRONG_SEQUENCE = 0x0c;
export const E_E2E = 0x0d;

/** The return code for a DROP_E2E_*. */
export function e2eReturnCode(drop: number): number {
	return drop === DROP_E2E_REPEATED ? E_E2E_REPEATED : drop === DROP_E2E_WRONG_SEQUENCE ? E_E2E_WRONG_SEQUENCE : E_E2E;
}
