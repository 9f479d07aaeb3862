/** Limits of every buffer and table, in one place. Each says what happens when it is full.
 *  Sizes in bytes, times in ms. Sections belong to the room they name. */

/** Largest UDP payload that a vehicle socket takes; longer datagrams are dropped and counted. */
export const VEHICLE_DATAGRAM_MAX = 1500;

// gateway

/** Routes in one configuration; the checker refuses more. */
export const ROUTES_MAX = 128;
/** Longest MQTT topic of a route with its placeholders filled in, bytes of UTF-8; the checker refuses longer ones. */
export const TOPIC_MAX = 128;
/** Multicast groups that events are received from at a time; a further group is logged and its events are not heard. */
export const EVENT_GROUPS_MAX = 4;
/** Datagrams that one socket may deliver before the others have their turn; the rest waits in the socket. */
export const DATAGRAMS_PER_TURN = 16;
/** How long a datagram waits before it is offered again to a socket whose send queue was full. */
export const SEND_RETRY_DELAY = 2;
/** Longest time between `quit` and the end of the program; what was not sent by then is lost. */
export const STOP_TIME_MAX = 2000;
/** Shortest time between two log lines about the same kind of loss; what happens between is added up. */
export const LOSS_REPORT_INTERVAL = 10_000;
