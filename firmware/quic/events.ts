/** What `Connection.pollEvent` tells. */

export const EVENT_NONE = 0;
/** The handshake is complete: data can be sent, and goes out with the last flight of the handshake. */
export const EVENT_CONNECTED = 1;
/** The server has confirmed the handshake. */
export const EVENT_CONFIRMED = 2;
/** `eventStream` has bytes to read, or has ended. */
export const EVENT_STREAM_READABLE = 3;
/** A stream can be opened that could not be opened before; before EVENT_CONNECTED: as early data. */
export const EVENT_STREAM_CREDIT = 4;
/** `eventStream` is over: both halves have ended, or the peer broke it off (`streamError`). */
export const EVENT_STREAM_CLOSED = 5;
/** The connection is over; `closeReason` says why. CONNECTION_CLOSE may still wait in `pollTransmit`. */
export const EVENT_CLOSED = 6;
/** The peer has opened `eventStream`; comes before its other events. */
export const EVENT_STREAM_OPENED = 7;
/** `readDatagram` has something. */
export const EVENT_DATAGRAM = 8;
/** `takeToken` has something. */
export const EVENT_TOKEN = 9;
/** `takeSession` has something. */
export const EVENT_SESSION = 10;
/** After `migrate`: the new path carries both ways. After `probePreferredAddress`: from here on everything goes there. */
export const EVENT_PATH_VALIDATED = 11;
/** Nobody answers there: go back to where it was before, with `migrate` where that was a migration. */
export const EVENT_PATH_FAILED = 12;
