/** Packets of a few bytes, put into the ring. Each returns whether there was room; what was put is committed. */
import type { SendRing } from "../wire/send-ring.js";
import { DISCONNECT, PINGREQ, PUBACK } from "./packet-type.js";
import { SUCCESS } from "./reason-code.js";

/** Bytes of a PUBACK. */
export const PUBACK_LENGTH = 4;

/** PUBACK with reason code success (MQTT 5.0 §3.4.2.1: the code can be omitted). */
export function putPuback(ring: SendRing, packetId: number): boolean {
	if (ring.room < PUBACK_LENGTH)
		return false;
	ring.putUint8(PUBACK << 4);
	ring.putUint8(2);
	ring.putUint16(packetId);
	ring.commit();
	return true;
}

export const PINGREQ_LENGTH = 2;

/** MQTT 5.0 §3.12. */
export function putPingreq(ring: SendRing): boolean {
	if (ring.room < PINGREQ_LENGTH)
		return false;
	ring.putUint8(PINGREQ << 4);
	ring.putUint8(0);
	ring.commit();
	return true;
}

/** MQTT 5.0 §3.14. */
export function putDisconnect(ring: SendRing, reasonCode: number): boolean {
	if (ring.room < 3)
		return false;
	ring.putUint8(DISCONNECT << 4);
	if (reasonCode === SUCCESS)
		ring.putUint8(0);
	else {
		ring.putUint8(1);
		ring.putUint8(reasonCode);
	}
	ring.commit();
	return true;
}
