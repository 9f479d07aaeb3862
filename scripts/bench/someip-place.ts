/** Who is where in the measurement, and what is measured. */
export const SERVER = 0x7f4d0001, CLIENT = 0x7f4d0002;
export const NETWORK = { netmask: 0xff000000, sdGroup: 0xefc04d01, sdPort: 30491, topologyCheck: false } as const;
export const SERVICE = 0x1234, SERVICE_PORT = 30599, RAW_PORT = 30598, ECHO = 0x0001, EVENT = 0x8001, EVENTGROUP = 0x0010;
/** Bytes of each payload. */
export const PAYLOAD = 32;
/** Events under way: so many per credit, two credits. */
export const WINDOW = 32;
