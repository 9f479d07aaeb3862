/** MQTT control packet types (MQTT 5.0 §2.1.2). */
export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBACK = 11;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;
export const AUTH = 15;

/** Flag bits in the first byte of PUBLISH (MQTT 5.0 §3.3.1). */
export const PUBLISH_RETAIN = 0x01;
export const PUBLISH_QOS1 = 0x02;
export const PUBLISH_DUP = 0x08;
