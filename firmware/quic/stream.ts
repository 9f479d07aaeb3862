import { QUIC_STREAM_RANGES, QUIC_STREAM_SEND_RING } from "../config.js";
import { ReceiveBuffer } from "./receive-buffer.js";
import { SendQueue } from "./send-queue.js";

/** What became of our half of a stream (RFC 9000 §3.1). */
export const SEND_OPEN = 0;
/** RESET_STREAM is to be sent; was sent; was acknowledged, or there is no such half. */
export const SEND_RESET = 1;
export const SEND_RESET_SENT = 2;
export const SEND_RESET_ACKED = 3;

/** Urgency of a stream that was not given one. */
export const URGENCY_DEFAULT = 3;

/** One stream. The object and its buffers serve one stream after another. */
export class Stream {
	/** -1: the slot is free. */
	id = -1;
	/** The halves; undefined where no stream of this slot had that one. A stream without our half is SEND_RESET_ACKED, one
	 *  without the peer's counts as reset. */
	send!: SendQueue;
	receive!: ReceiveBuffer;
	/** Offset that the peer lets us send up to; -1: the peer does not let us open the stream yet. */
	sendLimit = 0;
	/** Offset that we let the peer send up to (the last MAX_STREAM_DATA). */
	receiveLimit = 0;
	/** SEND_*. */
	sendState = SEND_OPEN;
	/** 0 … 7; what is lower goes first. */
	urgency = URGENCY_DEFAULT;
	/** The application has no more to send; FIN stands in a packet in flight; FIN was acknowledged. */
	isFinishing = false;
	finSent = false;
	finAcked = false;
	/** Length of the peer's half, -1: not known yet. */
	finalSize = -1;
	/** Application error code of the peer's RESET_STREAM or STOP_SENDING, -1: none. */
	peerError = -1;
	/** Codes for our RESET_STREAM and STOP_SENDING. */
	resetCode = 0;
	stopCode = 0;
	/** The peer reset its half. */
	isReceiveReset = false;
	/** The application wants no more: what comes is thrown away. */
	isDiscarding = false;
	wantsStopSending = false;
	wantsMaxData = false;
	/** When half of the receive window was used up last, ms; -1: never. */
	usedAt = -1;
	/** Events that were not polled yet. */
	isOpenedPending = false;
	isReadable = false;
	isClosedPending = false;
	isClosedPolled = false;
	/** Limit at which STREAM_DATA_BLOCKED was sent last. */
	blockedAt = -1;

	/** Takes the slot for stream `id`. `sendLimit` -1: no half of ours; `window`: bytes that the peer may send, -1: no half
	 *  of the peer's. */
	open(id: number, sendLimit: number, window: number): void {
		this.id = id;
		this.sendLimit = sendLimit;
		this.sendState = sendLimit < 0 ? SEND_RESET_ACKED : SEND_OPEN;
		this.receiveLimit = window;
		this.isReceiveReset = window < 0;
		if (sendLimit >= 0) {
			this.send ??= new SendQueue(QUIC_STREAM_SEND_RING, QUIC_STREAM_RANGES);
			this.send.reset();
		}
		if (window >= 0) {
			if (this.receive === undefined || this.receive.bytes.length < window)
				this.receive = new ReceiveBuffer(window, QUIC_STREAM_RANGES);
			this.receive.reset();
		}
		this.urgency = URGENCY_DEFAULT;
		this.isFinishing = this.finSent = this.finAcked = false;
		this.finalSize = this.peerError = this.blockedAt = this.usedAt = -1;
		this.isDiscarding = this.wantsStopSending = this.wantsMaxData = false;
		this.isOpenedPending = this.isReadable = this.isClosedPending = this.isClosedPolled = false;
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
		this.resetCode = code;
	}
}
