/** Limits of every buffer and table, in one place. Each says what happens when it is full.
 *  Sizes in bytes, times in ms. Sections belong to the room they name. */

/** Largest UDP payload that a vehicle socket takes; longer datagrams are dropped and counted. The one buffer that
 *  datagrams are received in, of the vehicle and of the broker. */
export const VEHICLE_DATAGRAM_MAX = 1500;

/** IPv6 addresses that are known at a time, 32 bytes each; a further one takes the place of the one used longest ago. */
export const ADDRESSES_MAX = 64;

// gateway

/** Routes in one configuration; the checker refuses more. */
export const ROUTES_MAX = 128;
/** Methods in one configuration, each with a subscription of its own; the checker refuses more. */
export const METHODS_MAX = 16;
/** Longest correlation data of a request by MQTT, bytes; a request with longer ones is refused and counted. */
export const CORRELATION_MAX = 64;
/** Answers to requests of QoS 1 that are kept, for a request that comes twice, each 0.4 KiB as they come: the oldest gives way, and
 *  longer ones are not kept. How long one is known, ms: to a request that the broker sends again, and to one that is made anew. */
export const ANSWER_CACHE = 8;
export const ANSWER_CACHE_BYTES = 128;
export const ANSWER_CACHE_TIME = 60_000;
export const ANSWER_REPEAT_TIME = 2000;
/** Messages about the availability of one service instance in so many ms; of what changes more often the last state is told after them. */
export const AVAILABILITY_CHANGES = 4;
export const AVAILABILITY_INTERVAL = 1000;
/** Longest MQTT topic of a route with its placeholders filled in, bytes of UTF-8; the checker refuses longer ones. */
export const TOPIC_MAX = 128;
/** Datagrams that one socket may deliver before the others have their turn; the rest waits in the socket. */
export const DATAGRAMS_PER_TURN = 16;
/** How long a datagram waits before it is offered again to a socket whose send queue was full. */
export const SEND_RETRY_DELAY = 2;
/** Longest time between `quit` and the end of the program; what was not sent by then is lost. */
export const STOP_TIME_MAX = 2000;
/** Shortest time between two log lines about the same kind of loss; what happens between is added up. */
export const LOSS_REPORT_INTERVAL = 10_000;
/** Lines about service discovery that the log takes in that time, more than all services and subscriptions once; further
 *  ones are left out and counted. */
export const SD_LOG_LINES = 400;
/** After how long without any offer the log says what may be the reason. */
export const NO_OFFER_HINT_DELAY = 10_000;
/** How often, at most, counters of losses and message parts that wait in vain are looked at. */
export const WATCH_INTERVAL = 1000;
/** Longest files that are read at the start, bytes; a longer one is refused. Their text is let go of after the start. */
export const CONFIGURATION_FILE_MAX = 64 * 1024;
export const CA_FILE_MAX = 16 * 1024;
export const CERTIFICATE_FILE_MAX = 16 * 1024;
export const PASSWORD_FILE_MAX = 4096;
/** Longest MQTT password; a longer one is refused at the start. CONNECT with it must fit the stream's send ring. */
export const PASSWORD_MAX = 1024;

// provisioning (firmware/console)

/** Longest file that is taken over the console, bytes; a longer one is refused. It goes to the flash line by line. */
export const RECEIVED_FILE_MAX = CONFIGURATION_FILE_MAX;
/** Files that are taken over together: configuration, CA, certificate, key, password, and room. One more is refused. */
export const RECEIVED_FILES_MAX = 8;
/** ms after the last line until a board that was told to wait for files, and has a configuration, starts its gateway. */
export const PROVISIONING_TIME = 600_000;

// tls

/** Longest handshake message that is kept whole, bytes; a longer one ends the handshake (decode_error), but for
 *  session tickets and certificate requests, which are passed over. Allocated per message, in its true length. */
export const TLS_MESSAGE_MAX = 2048;
/** Bytes of all certificates of a server's chain together; more ends the handshake (bad_certificate).
 *  Allocated per certificate, in its true length, and released when the chain was judged. */
export const TLS_CHAIN_BYTES_MAX = 8192;
/** Certificates in a server's chain, the CA's not counted where it is not sent; more ends the handshake (bad_certificate). */
export const TLS_CHAIN_LENGTH_MAX = 6;
/** Longest session ticket that is kept, bytes: with a longer one the ClientHello would take several datagrams. */
export const TLS_TICKET_MAX = 1024;
/** Longest remembered transport parameters of a session, bytes; a session with longer ones is not kept. */
export const TLS_SESSION_TRANSPORT_MAX = 128;
/** Bytes of all certificates of the client's own chain together; more is refused at the start. Kept from the start on. */
export const TLS_CLIENT_CHAIN_BYTES_MAX = 4096;
/** Signatures that one chain may cost while a path is searched; then the search ends with what was found so far. */
export const X509_SIGNATURES_MAX = 12;
/** Longest OCSP response that is kept, bytes; a longer one counts as none. Allocated in its true length, with the chain. */
export const OCSP_RESPONSE_MAX = 3072;
/** Certificates in an OCSP response that are looked at; further ones are passed over. */
export const OCSP_RESPONDERS_MAX = 3;
/** How far a response may be from the future, and how old one may be that does not say when the next comes, s. */
export const OCSP_SKEW_MAX = 300;
export const OCSP_AGE_MAX = 7 * 86_400;
/** Names of one certificate, times the name constraints of one CA above it; more, and the chain is refused. */
export const X509_NAME_COMPARISONS_MAX = 4096;

// QUIC (firmware/quic). A connection with one stream takes 36 KiB on a 32-bit engine (host-tests/quic/xs/cost.ts).

/** Largest UDP payload that is sent; every path carries it (RFC 9000 §14.1). Fuller packets are not tried. */
export const QUIC_SEND_DATAGRAM = 1200;
/** Largest UDP payload that is received (max_udp_payload_size); a longer one is lost. */
export const QUIC_RECEIVE_DATAGRAM = 1472;
/** Streams open at once; `openStream` answers -1 when all are taken. Their buffers are made at first use and kept. */
export const QUIC_STREAMS = 4;
/** Bytes of a stream that the peer may send before the application reads; a power of two. It waits when full. */
export const QUIC_STREAM_RECEIVE_WINDOW = 2048;
/** Bytes of a stream kept until they are acknowledged; a power of two. The writer asks for room and waits when full. */
export const QUIC_STREAM_SEND_RING = 8192;
/** The same for a unidirectional stream of the peer. */
export const QUIC_UNI_RECEIVE_WINDOW = 1024;
/** Bytes that windows may double to, together, while the application keeps up with a peer that waits for them. */
export const QUIC_RECEIVE_MEMORY = 8192;
/** Bytes over all streams that the peer may send before the application reads. It waits when full. Doubles likewise. */
export const QUIC_CONNECTION_RECEIVE_WINDOW = 4096;
/** Bytes of handshake that may come out of order (RFC 9000 §7.5: at least 4096); a power of two. Made where something is missing; more
 *  closes the connection. */
export const QUIC_CRYPTO_RECEIVE_BUFFER = 4096;
/** The same after the handshake, and where session tickets are wanted; powers of two. Made when such data comes, and let go when it was
 *  read. What does not fit is passed over. */
export const QUIC_CRYPTO_LATE_BUFFER = 1024;
export const QUIC_CRYPTO_TICKET_BUFFER = 2048;
/** Bytes of handshake that are sent per level; a power of two; doubled where the ClientHello has a long ticket. The rest of a longer
 *  flight waits for acknowledgments. */
export const QUIC_CRYPTO_SEND_RING = 1024;
/** Longest token, which stands in every Initial packet, bytes. A Retry with a longer one ends the attempt, a longer one for a
 *  later connection is passed over. */
export const QUIC_TOKEN_MAX = 512;
/** Packets kept, as long as they came, until their keys are there; a further one is dropped. */
export const QUIC_EARLY_PACKETS = 2;
/** Packets remembered until they are acknowledged or lost; a power of two. When full only acknowledgments go out. */
export const QUIC_SENT_PACKETS = 64;
/** Frames remembered in them; a power of two. When full the packet ends. */
export const QUIC_SENT_FRAMES = 128;
/** Ranges of received packet numbers that are told apart (a quarter of them in the handshake's two spaces); below the lowest
 *  of them everything counts as a duplicate. */
export const QUIC_ACK_RANGES = 16;
/** Ranges of a stream told apart beyond a gap, each direction. A packet that needs one more is not acknowledged. */
export const QUIC_STREAM_RANGES = 16;
/** Connection ids of the peer that are kept (active_connection_id_limit). More closes the connection. */
export const QUIC_PEER_CONNECTION_IDS = 2;
/** RTT in ms that is assumed before the first sample (RFC 9002 §6.2.2). */
export const QUIC_INITIAL_RTT = 333;
/** Shortest probe timeout in ms: on a fast wire the peer's own work takes longer than the way, and would be probed for nothing. */
export const QUIC_PTO_MIN = 30;
/** ms without any answer, probes included, after which the connection is given up: a new one is quicker than the idle
 *  timeout where the path died or the server forgot us. */
export const QUIC_SILENCE_MAX = 10_000;
/** Longest probe timeout in ms: the doubling stops here, so that a link that comes back is noticed. */
export const QUIC_PTO_MAX = 3000;
/** ms that a handshake may take; then the connection is closed. */
export const QUIC_HANDSHAKE_TIMEOUT = 10_000;

// http3

/** Bytes of a response's fields, encoded and as RFC 9114 §4.2.2 counts them (announced to the server), and of a request's. A
 *  response with more is broken off (H3_EXCESSIVE_LOAD), a request with more refused with a code. */
export const HTTP3_FIELD_SECTION_MAX = 4096;
/** Requests at a time; a further one is refused with a code. */
export const HTTP3_REQUESTS = 2;
/** Unidirectional streams that the server may have open: three that it needs, and one more that is broken off at once. */
export const HTTP3_SERVER_STREAMS = 4;
/** Longest frame of the server's control stream that has a meaning; a longer one ends the connection (H3_EXCESSIVE_LOAD). */
export const HTTP3_SETTINGS_BYTES_MAX = 256;
/** Silence after which a request is given up, ms. */
export const HTTPS_IDLE_TIMEOUT = 30_000;
/** Longest file that --post sends, bytes; a longer one is refused. */
export const HTTPS_BODY_FILE_MAX = 32 * 1024;

// mqtt

/** Longest packet from the broker, bytes; announced in CONNECT. A longer one ends the connection with DISCONNECT 0x95. */
export const MQTT_PACKET_MAX = 2048;
/** QoS 1 PUBLISH packets that may wait for their PUBACK (the broker's Receive Maximum may lower it); further ones wait in the outbox. */
export const MQTT_INFLIGHT_MAX = 64;
/** Receive Maximum that is announced: QoS 1 packets of the broker are acknowledged as they are taken, so a few do. */
export const MQTT_RECEIVE_MAXIMUM = 8;
/** Topics to publish to; one more throws at set-up. */
export const MQTT_TOPICS_MAX = 256;
/** Bytes of a topic with its properties, and of a SUBSCRIBE; more throws at set-up. Well below the stream's send ring:
 *  only payloads go out in pieces. */
export const MQTT_TOPIC_BYTES_MAX = 1024;
/** Topic filters; one more throws at set-up. */
export const MQTT_SUBSCRIPTIONS_MAX = 16;
/** Silence after which PINGREQ goes out while a PUBACK is outstanding. */
export const MQTT_ANSWER_WAIT = 2_000;
/** How long PINGRESP may take; then the connection is given up. */
export const MQTT_PING_TIMEOUT = 10_000;
/** Bytes of RAM for messages: QoS 1 until their PUBACK, and all that wait for the broker; five events of 5 000 bytes
 *  find room at once. Full: dropped by the topic's rule and counted. Taken in blocks; a message of 48 bytes takes one,
 *  each further 62 bytes take another. */
export const OUTBOX_BYTES = 27 * 1024;
export const OUTBOX_BLOCK = 64;
/** Bytes of the arena that the outbox, services, routes and methods of a configuration share: what these leave is the outbox's, up to
 *  OUTBOX_BYTES; a configuration that leaves less than OUTBOX_BYTES_MIN is refused. Measured on the 32-bit engine
 *  (npm run footprint), with what a handshake needs for a moment left free. */
export const SHARED_BYTES = 56 * 1024;
export const OUTBOX_BYTES_MIN = 4096;
export const SERVICE_BYTES = 1280;
export const ROUTE_BYTES = 64;
/** Of the first method, and of each. */
export const METHODS_BYTES = 15_872;
export const METHOD_BYTES = 864;

// uplink

/** How long the broker's name, the QUIC handshake, and the answer to CONNECT (with the wait for a stream) may take;
 *  then the attempt is given up and the next one is waited for. */
export const UPLINK_RESOLVE_TIMEOUT = 10_000;
export const UPLINK_HANDSHAKE_TIMEOUT = 10_000;
export const UPLINK_CONNACK_TIMEOUT = 10_000;
/** Wait before the next attempt: at random between the minimum and a bound that doubles up to the maximum. */
export const UPLINK_BACKOFF_MIN = 500;
export const UPLINK_BACKOFF_MAX = 60_000;
/** A connection that lasted this long starts the backoff anew. */
export const UPLINK_STABLE_TIME = 30_000;
/** QUIC's idle timeout, and after which silence it sends a PING (below the time that NATs keep a UDP mapping). */
export const UPLINK_IDLE_TIMEOUT = 30_000;
export const UPLINK_QUIC_KEEP_ALIVE = 12_000;
/** What that silence is halved down to, connection after connection, where one ended in it. */
export const UPLINK_QUIC_KEEP_ALIVE_MIN = 3_000;
/** Attempts over QUIC in turn that do not reach the broker; then, where there is a fallback, every other one goes over TLS. */
export const UPLINK_FALLBACK_ATTEMPTS = 2;
/** How long a connection over TLS lasts until QUIC is tried again; doubles up to the maximum while that fails. */
export const UPLINK_PROBE_INTERVAL = 15 * 60_000;
export const UPLINK_PROBE_INTERVAL_MAX = 8 * 3_600_000;
/** Bytes kept until the socket takes them, over TLS; a power of two. The writer asks for room and waits when full. */
export const UPLINK_TLS_SEND_RING = 8192;
/** `stop`: how long the outbox may take to empty, and then DISCONNECT to be acknowledged and CONNECTION_CLOSE to be sent. */
export const UPLINK_FLUSH_TIMEOUT = 1000;
export const UPLINK_LEAVE_TIMEOUT = 500;

// someip

/** Bytes in which messages are put together that come in pieces: SOME/IP-TP's segments and what TCP cuts. Only what has
 *  come takes room. Full: the message that has waited longest for its next piece gives way, counted. */
export const TP_STORE_BYTES = 16_896;
/** Longest message in segments, bytes; a longer one is dropped and counted. Alone, one of this length fits. */
export const TP_MESSAGE_MAX = 16_384;
/** Messages in segments at a time; when a further one begins, the one that waited longest is given up and counted. */
export const TP_MESSAGES = 5;
/** Pieces of one message, with gaps between them, that are told apart; one more, and the message is given up and counted. */
export const TP_RANGES = 16;
/** Connections by TCP to services, and from clients, each 1.5 KiB and its send queue as it is opened. Services of a further
 *  endpoint cannot be reached by TCP; a further client's connection is closed, but for the one that was silent longest and
 *  has no subscription, where it was silent for so many ms: it gives way. */
export const TCP_CONNECTIONS_MAX = 8;
export const TCP_CLIENTS_MAX = 16;
export const TCP_IDLE_TIME = 60_000;
/** Slots of the engine that each of these clients' sockets may want; claimed when a service is first offered by TCP. */
export const TCP_CLIENT_SLOTS = 40;
/** Bytes that wait to be sent by one connection; its memory grows up to this as it is needed. Full: a request is refused with a
 *  code, an event is dropped and counted; the connection of a client that takes nothing for so many ms is reset. */
export const TCP_SEND_MAX = 16_896;
export const TCP_STALL_TIME = 10_000;
/** Bytes that wait to be sent by all connections of clients together, and of all to services: readers that are too slow do not take the arena.
 *  Each has 512 bytes besides. Full: as above. */
export const TCP_SEND_TOTAL = 16_896;
/** Bytes of the arena, the stack's among them, that stay free when such a queue to a client grows; with less it does not grow, as where it is full. */
export const TCP_SEND_MARGIN = 12 * 1024;
/** Wait before a connection that was lost or refused is opened again, ms; doubles up to the maximum until something is received. */
export const TCP_BACKOFF_MIN = 100;
export const TCP_BACKOFF_MAX = 5000;
/** How long a connection may take to be opened, ms; then the next attempt is waited for. */
export const TCP_CONNECT_TIMEOUT = 5000;
/** Between two magic cookies where they are sent, ms (feat_req_someip_594). */
export const TCP_COOKIE_INTERVAL = 10_000;
/** Bytes that are read at once into a message that TCP has cut; messages of one connection before the others have their turn. */
export const STREAM_READ_MAX = 2048;
export const STREAM_MESSAGES_PER_TURN = 64;
/** Bytes in which a magic cookie is looked for after a message whose length cannot be; then the connection is reset. */
export const STREAM_RESYNC_MAX = 65_536;
/** How long an event waits for its next segment until it is given up and counted, ms. */
export const TP_TIMEOUT = 1000;
/** Options that an SD message received may carry; entries that reference later ones are dropped and counted. */
export const SD_OPTIONS_MAX = 128;
/** Different IPv6 addresses that one SD message may name; entries behind them are dropped and counted. */
export const SD_ADDRESSES_MAX = 8;
/** Bytes of the configuration strings of one service that are kept; of a service with more none are. */
export const SD_CONFIGURATION_MAX = 256;
/** Different options in one SD message sent; what needs more goes into the next message. */
export const SD_WRITTEN_OPTIONS_MAX = 32;
/** Hosts whose offers or subscriptions are kept. Offers of a further host are dropped and counted, its subscriptions
 *  refused; what is sent to further hosts shares one session counter. */
export const SD_PEERS_MAX = 32;
/** Offered service instances that are kept at a time, 256 bytes each as they come; further ones are dropped and counted.
 *  Strangers can fill this table where a route takes any instance: it fits into what is kept free of the arena. */
export const SD_SERVICES_MAX = 32;
/** Subscriptions held at a time, 256 bytes each as they are made; further ones are not made and counted. */
export const SD_SUBSCRIPTIONS_MAX = 128;
/** Multicast addresses of eventgroups that are reported for joining; events of a further one are not heard, counted. */
export const SD_GROUPS_MAX = 8;
/** Answers (Ack, Nack, Offer) that wait to be sent; further ones are dropped and counted: clients ask again. */
export const SD_ANSWERS_MAX = 128;
/** Provider: subscribers of all eventgroups; a further one gets a Nack. */
export const PROVIDER_SUBSCRIBERS_MAX = 256;
/** Provider: events that wait to be sent, and the longest payload in bytes; further or longer ones are dropped and counted. */
export const PROVIDER_QUEUE = 8;
export const PROVIDER_PAYLOAD_MAX = 8192;
/** Method calls that wait for their response; a further one is refused with a code. And bytes of the requests that
 *  were not sent yet, which is also the longest request; what finds no room is refused with a code. */
export const CLIENT_CALLS = 8;
export const CLIENT_QUEUE_BYTES = 2048;
/** Requests that an application has not answered yet; a further one gets E_NOT_READY. And bytes of the answers that were
 *  not sent yet, which is also the longest answer; what finds no room is refused with a code. */
export const SERVER_REQUESTS = 8;
export const SERVER_QUEUE_BYTES = 8192;
/** Clients of a method with end-to-end protection whose counters are kept, each 0.6 KiB per method; those of the one that has not
 *  called for longest give way. */
export const E2E_CLIENTS_MAX = 4;
/** Payloads: how deep types may nest, levels, and how many values the table-driven decoder makes of one payload; more
 *  makes it malformed. On the board so many levels take 265 of 512 slots of stack, an array of so many numbers 16 KiB. */
export const PAYLOAD_DEPTH_MAX = 6;
export const PAYLOAD_VALUES_MAX = 1024;
/** Longest string in a payload, bytes with byte order mark and terminator; a longer one makes it malformed. */
export const PAYLOAD_STRING_MAX = 2048;

/** SNTP, ms: for an answer, or a name; between two requests after a failure, doubling (RFC 4330 §10 allows no less); between two
 *  while the time is known, in which a crystal drifts by less than 0.2 s; and after the server refused to serve us. */
export const SNTP_TIMEOUT = 5000;
export const SNTP_RETRY_MIN = 15_000;
export const SNTP_RETRY_MAX = 900_000;
export const SNTP_INTERVAL = 3_600_000;
export const SNTP_DENIED = 86_400_000;

/** After so many starts in a row that ended within so many ms, the next one is in safe mode: console and link alone. */
export const BOOTS_MAX = 5;
export const BOOT_TIME = 60_000;
/** ms: how long the loop may stand still before the watchdog restarts the board, or ends the program on a PC; and the longest
 *  between two turns, each of which feeds it. A handshake on a slow chip takes up to 3 s at a stretch. */
export const WATCHDOG_TIME = 10_000;
export const WATCHDOG_INTERVAL = 3000;

/** ms that a new image runs until it counts as good though no broker answered. */
export const UPDATE_CONFIRM_TIME = 600_000;
