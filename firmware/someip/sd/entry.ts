/** Numbers of service discovery on the wire (Open SOME/IP, someip-sd). */

/** feat_req_someipsd_26: an SD message is a notification of this service and method, interface version 1, client 0. */
export const SD_SERVICE = 0xffff;
export const SD_METHOD = 0x8100;
export const SD_INTERFACE_VERSION = 1;
/** feat_req_someip_658: a very common port; configuration may name another one. */
export const SD_PORT = 30490;

export const FLAG_REBOOT = 0x80;
export const FLAG_UNICAST = 0x40;
/** feat_req_someipsd_1187: the sender sets, or heeds, the initial-data flag of Subscribes. */
export const FLAG_EXPLICIT_INITIAL_DATA = 0x20;
/** Of an eventgroup entry's reserved byte, flags and counter: the values of fields are asked for (feat_req_someipsd_109). */
export const INITIAL_DATA_REQUESTED = 0x0080;

/** Flags, 3 reserved bytes, and the length of the entries array. */
export const SD_HEADER_LENGTH = 8;
export const ENTRY_LENGTH = 16;

export const ENTRY_FIND = 0x00;
/** With TTL 0: StopOfferService. */
export const ENTRY_OFFER = 0x01;
/** With TTL 0: StopSubscribeEventgroup. */
export const ENTRY_SUBSCRIBE = 0x06;
/** With TTL 0: SubscribeEventgroupNack. */
export const ENTRY_SUBSCRIBE_ACK = 0x07;

export const ANY_INSTANCE = 0xffff;
export const ANY_MAJOR = 0xff;
export const ANY_MINOR = 0xffffffff;
/** feat_req_someipsd_500, feat_req_someip_624: of services that are not SOME/IP; the configuration string "otherserv" tells them apart. */
export const OTHER_SERVICES = 0xfffe;
export const OTHER_SERVICE_KEY = "otherserv";
/** Seconds: until the next reboot. */
export const TTL_FOREVER = 0xffffff;

export const OPTION_CONFIGURATION = 0x01;
export const OPTION_LOAD_BALANCING = 0x02;
export const OPTION_IPV4_ENDPOINT = 0x04;
export const OPTION_IPV6_ENDPOINT = 0x06;
export const OPTION_IPV4_MULTICAST = 0x14;
export const OPTION_IPV6_MULTICAST = 0x16;
export const OPTION_IPV4_SD_ENDPOINT = 0x24;
export const OPTION_IPV6_SD_ENDPOINT = 0x26;

/** feat_req_someipsd_133: "The length field shall cover all bytes of the option except the length field and type field." */
export const OPTION_HEADER_LENGTH = 3;
/** Bytes of a whole IPv4 endpoint, multicast or SD endpoint option. */
export const IPV4_OPTION_LENGTH = 12;
export const IPV6_OPTION_LENGTH = 24;

export const PROTOCOL_TCP = 0x06;
export const PROTOCOL_UDP = 0x11;

/** Received on the socket of the host's own address, or on that of the SD group. */
export const CHANNEL_UNICAST = 0;
export const CHANNEL_MULTICAST = 1;

/** Longest SD message that is written, bytes with the SOME/IP header: never fragmented by IP (feat_req_someiptp_760). */
export const SD_MESSAGE_MAX = 1400;
