import { QUIC_STREAM_RANGES, QUIC_STREAM_RECEIVE_WINDOW, QUIC_STREAM_SEND_RING } from "../config.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { SendQueue } from "./send-queue.js";

/** What became of our half of a stream (RFC 9000 §3.1). */
export const SEND_OPEN = 0;
/** RESET_STREAM is to be sent; was sent; was acknowledged. */
export const SEND_RESET = 1;
export const SEND_RESET_SENT = 2;
export const SEND_RESET_ACKED = 3;

/** One bidirectional stream that we opened. The object and its buffers serve one stream after another. */
export class Stream {
	/** -1: the slot is free. */
	id = -1;
	readonly send = new SendQueue(QUIC_STREAM_SEND_RING, QUIC_STREAM_RANGES);
	readonly receive = new ReceiveBuffer(QUIC_STREAM_RECEIVE_WINDOW, QUIC_STREAM_RANGES);
	/** Offset that the peer lets us send up to. */
	sendLimit = 0;
	/** Offset that we let the peer send up to (the last MAX_STREAM_DATA). */
	receiveLimit = 0;
	/** SEND_*. */
	sendState = SEND_OPEN;
	/** The application has no more to send; FIN stands in a packet in flight; FIN was acknowledged. */
	isFinishing = false;
	finSent = false;
	finAcked = false;
	/** Length of the peer's half, -1: not known yet. */
	finalSize = -1;
	/** Application error code of the peer's RESET_STREAM or STOP_SENDING, -1: none. */
	peerError = -1;
	/** Code for our RESET_STREAM and STOP_SENDING. */
	ownError = 0;
	/** The peer reset its half. */
	isReceiveReset = false;
	/** The application wants no more: what comes is thrown away. */
	isDiscarding = false;
	wantsStopSending = false;
	wantsMaxData = false;
	/** Events that were not polled yet. */
	isReadable = false;
	isClosedPending = false;
	isClosedPolled = false;
	/** Limit at which STREAM_DATA_BLOCKED was sent last. */
	blockedAt = -1;

	/** Takes the slot for stream `id`. */
	open(id: number, sendLimit: number): void {
		this.id = id;
		this.send.reset();
		this.receive.reset();
		this.sendLimit = sendLimit;
		this.receiveLimit = QUIC_STREAM_RECEIVE_WINDOW;
		this.sendState = SEND_OPEN;
		this.isFinishing = this.finSent = this.finAcked = false;
		this.finalSize = this.peerError = this.blockedAt = -1;
		this.ownError = 0;
		this.isReceiveReset = this.isDiscarding = this.wantsStopSending = this.wantsMaxData = false;
		this.isReadable = this.isClosedPending = this.isClosedPolled = false;
	}

	/** Our half is over: everything and FIN were acknowledged, or the reset was. */
	get isSendDone(): boolean {
		return this.sendState === SEND_RESET_ACKED || (this.finAcked && this.send.isDrained);
	}

	/** The peer's half is over: everything was read, or it was reset. */
	get isReceiveDone(): boolean {
		return this.isReceiveReset || (this.finalSize >= 0 && this.receive.base === this.finalSize);
	}

	/** Ends our half with RESET_STREAM, unless everything was sent and acknowledged. */
	resetSending(code: number): void {
		if (this.sendState !== SEND_OPEN || this.isSendDone)
			return;
		this.sendState = SEND_RESET;
		this.ownError = code;
	}
}
