/** Counters of one connection; read at any time, also after its end. */
export class ConnectionStatistics {
	/** The handshake is complete and the connection not closed. */
	established = false;
	/** "1" or "2". */
	version = "1";
	/** TLS name of the cipher suite, "" before it is known. */
	cipher = "";
	/** Datagrams and UDP payload bytes that were sent until the handshake was confirmed. */
	handshakeDatagrams = 0;
	handshakeBytes = 0;
	/** Smoothed round-trip time in whole ms, 0 before the first sample. */
	rttMs = 0;
	datagramsSent = 0;
	bytesSent = 0;
	packetsSent = 0;
	packetsLost = 0;
	packetsReceived = 0;
	/** Probe timeouts in all. */
	probes = 0;
	/** Packets dropped: header not understood; no keys (any more); not authentic; received before. */
	droppedHeader = 0;
	droppedKeys = 0;
	droppedForged = 0;
	droppedDuplicate = 0;
	/** Packets not acknowledged because a table was full. */
	droppedFull = 0;
	/** A Retry was followed; a session was resumed; the server took early data. */
	retried = false;
	resumed = false;
	earlyAccepted = false;
	/** The server's counts show that our ECN marks arrive. */
	ecn = false;
	/** Unreliable datagrams that gave way in a full queue. */
	droppedDatagrams = 0;
}
