export const UPLINK_DOWN = 0;
export const UPLINK_RESOLVING = 1;
export const UPLINK_CONNECTING = 2;
export const UPLINK_HANDSHAKE_DONE = 3;
/** CONNACK has come. */
export const UPLINK_UP = 4;
