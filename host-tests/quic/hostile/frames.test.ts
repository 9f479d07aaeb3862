import { FINAL_SIZE_ERROR, FLOW_CONTROL_ERROR, FRAME_ENCODING_ERROR, PROTOCOL_VIOLATION, STREAM_LIMIT_ERROR, STREAM_STATE_ERROR } from "../../../firmware/quic/transport-error.js";
import { QUIC_RECEIVE_DATAGRAM, QUIC_CONNECTION_RECEIVE_WINDOW, QUIC_STREAM_RECEIVE_WINDOW } from "../../../firmware/config.js";
import { ack, bytesOf, crypto, datagram, maxData, maxStreamData, maxStreams, padding, pathResponse, ping, resetStream, stopSending, stream, text, varint8, varints } from "../support/frames.js";
import type { Pair, PairOptions } from "../support/pair.js";
import { APPLICATION } from "../support/test-peer.js";
import { type Attack, attacks, HELLO, IGNORED, OPEN } from "./attack.js";

/** 2^62 - 1. */
const MOST = varint8(0x3fffffff, 0xffffffff);

/** An attack of one packet of frames in the 1-RTT space. */
const frames = (fact: string, result: number, ...content: Uint8Array[]): Attack => ({ fact, stage: OPEN, attack: pair => void pair.frames(...content), result });
/** An attack of packets, one after the other. */
const packets = (fact: string, result: number, content: Uint8Array[], options?: PairOptions): Attack =>
	({ fact, stage: OPEN, ...options === undefined ? {} : { options }, attack: pair => content.forEach(each => pair.frames(each)), result });
const initial = (fact: string, result: number, content: Uint8Array): Attack =>
	({ fact, stage: HELLO, attack: pair => void pair.give(pair.peer.seal(0, bytesOf(padding(4), content))), result });

attacks("frames", [
	frames("a type that nobody knows", FRAME_ENCODING_ERROR, bytesOf(0x1f)),
	frames("a type of two bytes that nobody knows", FRAME_ENCODING_ERROR, varints(0x4321)),
	frames("the largest type", FRAME_ENCODING_ERROR, MOST),
	frames("a type cut off", FRAME_ENCODING_ERROR, bytesOf(ping(), 0x40)),
	frames("PING in two bytes", PROTOCOL_VIOLATION, bytesOf(0x40, 1)),
	frames("PADDING in four bytes", PROTOCOL_VIOLATION, bytesOf(0x80, 0, 0, 0)),
	frames("STREAM in eight bytes", PROTOCOL_VIOLATION, bytesOf(0xc0, 0, 0, 0, 0, 0, 0, 8)),
	initial("STREAM in an Initial packet", PROTOCOL_VIOLATION, stream(0, 0, text("a"))),
	initial("HANDSHAKE_DONE in an Initial packet", PROTOCOL_VIOLATION, bytesOf(0x1e)),
	initial("NEW_TOKEN in an Initial packet", PROTOCOL_VIOLATION, bytesOf(7, 1, 1)),
	initial("the application's close in an Initial packet", PROTOCOL_VIOLATION, bytesOf(0x1d, 0, 0)),
	initial("a type that nobody knows in an Initial packet", FRAME_ENCODING_ERROR, bytesOf(0x1f)),
	frames("NEW_TOKEN of no bytes", FRAME_ENCODING_ERROR, bytesOf(7, 0)),
	frames("NEW_TOKEN longer than the packet", FRAME_ENCODING_ERROR, bytesOf(7, MOST, 1)),
	frames("RETIRE_CONNECTION_ID, for we have none", PROTOCOL_VIOLATION, bytesOf(0x19, 0)),
	frames("PATH_RESPONSE to nothing", PROTOCOL_VIOLATION, pathResponse(padding(8))),
	frames("PATH_RESPONSE cut off", FRAME_ENCODING_ERROR, pathResponse(padding(7))),
	frames("DATAGRAM that nobody asked for", PROTOCOL_VIOLATION, datagram(text("x"))),
	frames("CRYPTO longer than the packet", FRAME_ENCODING_ERROR, bytesOf(6, 0, MOST, 1)),
	frames("a close with a reason cut off", FRAME_ENCODING_ERROR, bytesOf(0x1c, 0, 0, 9, 1)),
	frames("a close of the application with a reason longer than 2^53", FRAME_ENCODING_ERROR, bytesOf(0x1d, 0, MOST)),
	frames("HANDSHAKE_DONE many times", IGNORED, new Uint8Array(200).fill(0x1e)),
]);

attacks("acknowledgments", [
	frames("of what was not sent", PROTOCOL_VIOLATION, ack([[0, 1000]])),
	frames("of 2^62-1", PROTOCOL_VIOLATION, bytesOf(2, MOST, 0, 0, 0)),
	frames("of the next number", PROTOCOL_VIOLATION, ack([[0, 3]])),
	frames("below 0", FRAME_ENCODING_ERROR, bytesOf(2, 0, 0, 0, 1)),
	frames("below 0 by 2^62", FRAME_ENCODING_ERROR, bytesOf(2, 1, 0, 0, MOST)),
	frames("below 0 in a later range", FRAME_ENCODING_ERROR, bytesOf(2, 1, 0, 1, 0, 0, 0)),
	frames("with 10 000 ranges announced", FRAME_ENCODING_ERROR, bytesOf(2, varints(1, 0, 10000, 0), padding(1000))),
	frames("with 2^62-1 ranges announced", FRAME_ENCODING_ERROR, bytesOf(2, 1, 0, MOST, 0, padding(20))),
	frames("with a delay of 2^62-1", IGNORED, bytesOf(2, 0, MOST, 0, 0)),
	frames("with ECN counts cut off", FRAME_ENCODING_ERROR, bytesOf(3, 0, 0, 0, 0, 1, 1)),
	frames("with ECN counts of packets that had no mark", IGNORED, bytesOf(3, 0, 0, 0, 0, 5, 5, 5)),
	initial("of an Initial packet not sent", PROTOCOL_VIOLATION, ack([[0, 7]])),
	{ fact: "of a number that was left out", stage: OPEN, result: PROTOCOL_VIOLATION, attack: pair => {
		// The client leaves a number out between 65 and 320 packets apart.
		for (let i = 0; i < 330; i++) {
			pair.write(0, text("x")).pump();
			if (i % 8 === 0)
				pair.frames(pair.peer.acknowledge());
		}
		pair.frames(ack([[0, pair.peer.largest[APPLICATION]!]]));
	} },
]);

attacks("streams", [
	frames("data on the server's own bidirectional stream", STREAM_LIMIT_ERROR, stream(1, 0, text("a"))),
	frames("data on the server's own unidirectional stream", STREAM_LIMIT_ERROR, stream(3, 0, text("a"))),
	packets("a stream beyond those that we allowed", STREAM_LIMIT_ERROR, [stream(9, 0, text("a"))], { client: { peerBidiStreams: 2 } }),
	packets("a unidirectional stream beyond those that we allowed", STREAM_LIMIT_ERROR, [bytesOf(0x15, 11, 0)], { client: { peerUniStreams: 2 } }),
	frames("data on a stream that we have not opened", STREAM_STATE_ERROR, stream(4, 0, text("a"))),
	frames("data on a stream that only we send on", STREAM_STATE_ERROR, stream(2, 0, text("a"))),
	frames("data on the stream of the largest id", STREAM_LIMIT_ERROR, bytesOf(0x0a, MOST, 0)),
	frames("RESET_STREAM of a stream that we have not opened", STREAM_STATE_ERROR, resetStream(400, 0, 0)),
	frames("RESET_STREAM of the server's own", STREAM_LIMIT_ERROR, resetStream(1, 0, 0)),
	frames("RESET_STREAM of a stream that only we send on", STREAM_STATE_ERROR, resetStream(2, 0, 0)),
	frames("STOP_SENDING of a stream that we have not opened", STREAM_STATE_ERROR, stopSending(4, 0)),
	frames("STOP_SENDING of a stream that only the server sends on", STREAM_STATE_ERROR, stopSending(3, 0)),
	frames("STOP_SENDING of the server's own", STREAM_LIMIT_ERROR, stopSending(1, 0)),
	frames("MAX_STREAM_DATA of a stream that we have not opened", STREAM_STATE_ERROR, maxStreamData(4, 9)),
	frames("MAX_STREAM_DATA of a stream that only the server sends on", STREAM_STATE_ERROR, maxStreamData(7, 9)),
	frames("STREAM_DATA_BLOCKED of a stream that only we send on", STREAM_STATE_ERROR, bytesOf(0x15, 2, 0)),
	frames("MAX_STREAMS above 2^60", FRAME_ENCODING_ERROR, bytesOf(0x12, varint8(0x10000000, 1))),
	frames("MAX_STREAMS above 2^60, unidirectional", FRAME_ENCODING_ERROR, bytesOf(0x13, MOST)),
	frames("MAX_STREAMS of 2^60", IGNORED, bytesOf(0x12, varint8(0x10000000, 0))),
	frames("STREAMS_BLOCKED above 2^60", FRAME_ENCODING_ERROR, bytesOf(0x16, varint8(0x20000000, 0))),
	frames("STREAMS_BLOCKED above 2^60, unidirectional", FRAME_ENCODING_ERROR, bytesOf(0x17, MOST)),
	packets("an end before what came", FINAL_SIZE_ERROR, [stream(0, 0, text("abc")), stream(0, 0, text("ab"), true)]),
	packets("two ends", FINAL_SIZE_ERROR, [stream(0, 3, bytesOf(), true), stream(0, 4, bytesOf(), true)]),
	packets("data behind the end", FINAL_SIZE_ERROR, [stream(0, 3, bytesOf(), true), stream(0, 3, text("a"))]),
	packets("a reset of another size than the end", FINAL_SIZE_ERROR, [stream(0, 3, bytesOf(), true), resetStream(0, 0, 4)]),
	packets("a reset before what came", FINAL_SIZE_ERROR, [stream(0, 0, text("abc")), resetStream(0, 0, 2)]),
	packets("two resets of different sizes", FINAL_SIZE_ERROR, [resetStream(0, 0, 2), resetStream(0, 0, 3)]),
	packets("data behind a reset's size", FINAL_SIZE_ERROR, [resetStream(0, 0, 2), stream(0, 2, text("a"))]),
	packets("a reset after the end", IGNORED, [stream(0, 0, text("abc"), true), resetStream(0, 0, 3)]),
	packets("an overlap with other bytes", IGNORED, [stream(0, 0, text("abc")), stream(0, 1, text("xyz"))]),
	packets("two bytes of one stream at its ends of 2^62", FLOW_CONTROL_ERROR, [bytesOf(0x0e, 0, MOST, 1, 1)]),
]);

attacks("flow control", [
	frames("one byte beyond the stream's window", FLOW_CONTROL_ERROR, stream(0, QUIC_STREAM_RECEIVE_WINDOW, text("a"))),
	frames("an end beyond the stream's window", FLOW_CONTROL_ERROR, stream(0, QUIC_STREAM_RECEIVE_WINDOW + 1, bytesOf(), true)),
	frames("a reset beyond the stream's window", FLOW_CONTROL_ERROR, resetStream(0, 0, QUIC_STREAM_RECEIVE_WINDOW + 1)),
	frames("a reset of 2^62-1 bytes", FLOW_CONTROL_ERROR, bytesOf(4, 0, 0, MOST)),
	{ fact: "the streams' windows together beyond the connection's", stage: OPEN, options: { parameters: { 0x08: varints(64) }, client: { streams: 16 } }, result: FLOW_CONTROL_ERROR, attack: pair => {
		const count = QUIC_CONNECTION_RECEIVE_WINDOW / QUIC_STREAM_RECEIVE_WINDOW + 1;
		for (let i = 1; i < count; i++)
			pair.client.openStream();
		for (let i = 0; i < count; i++)
			pair.frames(stream(4 * i, QUIC_STREAM_RECEIVE_WINDOW - 1, text("a")));
	} },
	packets("credit that is taken back", IGNORED, [maxData(0), maxStreamData(0, 0), maxStreams(0), maxStreams(0, 1)]),
	packets("credit of 2^62-1", IGNORED, [bytesOf(0x10, MOST), bytesOf(0x11, 0, MOST)]),
]);

attacks("unreliable datagrams", [
	packets("longer than what was agreed", PROTOCOL_VIOLATION, [datagram(padding(QUIC_RECEIVE_DATAGRAM - 2))], queue()),
	packets("with a length beyond the packet", FRAME_ENCODING_ERROR, [bytesOf(0x31, MOST, 1)], queue()),
	packets("of no bytes", IGNORED, [datagram(bytesOf()), bytesOf(0x30)], queue()),
]);

function queue(): PairOptions {
	return { client: { datagrams: 2048 } };
}

attacks("CRYPTO data", [
	{ fact: "beyond the end of its level", stage: HELLO, result: PROTOCOL_VIOLATION, attack: pair => void pair.give(pair.peer.seal(0, crypto(500, padding(10))), pair.peer.initialPacket()) },
	{ fact: "at a level that has ended", stage: HELLO, result: PROTOCOL_VIOLATION, attack: (pair: Pair) => void pair.deliver(pair.peer.initialPacket()).give(pair.peer.seal(0, crypto(2000, padding(1)))) },
	{ fact: "of the wrong level: ServerHello in a Handshake packet", stage: HELLO, result: 0x10a, attack: pair => void pair.give(pair.peer.initialPacket(), pair.peer.seal(1, crypto(0, bytesOf(2, 0, 0, 1, 0)))) },
	{ fact: "beyond the buffer", stage: HELLO, result: 0x0d, attack: pair => void pair.give(pair.peer.seal(0, crypto(4096, padding(1)))) },
	{ fact: "at 2^62-1 after the handshake", stage: OPEN, result: 0x0d, attack: pair => void pair.frames(bytesOf(6, MOST, 1, 1)) },
	{ fact: "beyond the buffer after the handshake", stage: OPEN, result: IGNORED, attack: pair => void pair.frames(crypto(5000, padding(1))) },
	{ fact: "at 2^62-1", stage: HELLO, result: 0x0d, attack: pair => void pair.give(pair.peer.seal(0, bytesOf(6, MOST, 1, 1))) },
]);
