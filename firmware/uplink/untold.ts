export const UPLINK_EVENT_NONE = 0;
/** `state` has changed, or an attempt has failed: `lastError` says why. */
export const UPLINK_EVENT_STATE = 1;
/** A PUBLISH of the broker in `message`, whose ranges hold until the next call of `pollEvent`, `receive` or `onTimeout`. */
export const UPLINK_EVENT_MESSAGE = 2;
/** The broker refused a subscription or a message, `lastError` says which; the connection goes on. */
export const UPLINK_EVENT_REFUSED = 3;

/** The events that an uplink has still to tell, each once, in that order. */
export class Untold {
	state = false;
	message = false;
	refused = false;
	/** The message was told of and the caller may still read it. */
	isReading = false;

	/** The next UPLINK_EVENT_*. */
	poll(): number {
		if (this.state) {
			this.state = false;
			return UPLINK_EVENT_STATE;
		}
		if (this.message) {
			this.message = false;
			this.isReading = true;
			return UPLINK_EVENT_MESSAGE;
		}
		if (this.refused) {
			this.refused = false;
			return UPLINK_EVENT_REFUSED;
		}
		return UPLINK_EVENT_NONE;
	}
}
