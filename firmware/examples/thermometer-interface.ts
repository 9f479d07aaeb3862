/** The interface of the example service: ids, and the types of its payloads. */
import { KIND_FLOAT32, KIND_STRUCT, KIND_UINT32, type Type } from "../someip/payload/type.js";

export const SERVICE = 0x4001;
export const INSTANCE = 0x0001;
export const MAJOR_VERSION = 1;
/** Degrees Celsius in, degrees Fahrenheit out. */
export const TO_FAHRENHEIT = 0x0001;
/** The temperature above which measurements come more often: a field that is read, written and subscribed to. */
export const GET_LIMIT = 0x0002;
export const SET_LIMIT = 0x0003;
export const LIMIT_CHANGED = 0x8002;
/** The temperature, measured again. */
export const MEASURED = 0x8001;
/** Eventgroup of both. */
export const MEASUREMENTS = 0x0001;

/** Degrees, of the method and the field. */
export const DEGREES: Type = Object.freeze({ kind: KIND_FLOAT32 });
/** Of the event. */
export const MEASUREMENT: Type = Object.freeze({
	kind: KIND_STRUCT,
	members: Object.freeze([
		Object.freeze({ name: "number", type: Object.freeze({ kind: KIND_UINT32 }) }),
		Object.freeze({ name: "celsius", type: DEGREES }),
	]),
});
