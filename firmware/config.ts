/** Limits of every buffer and table, in one place. Each says what happens when it is full.
 *  Sizes in bytes, times in ms. Sections belong to the room they name. */

/** Largest UDP payload that a vehicle socket takes; longer datagrams are dropped and counted. */
export const VEHICLE_DATAGRAM_MAX = 1500;
