/** Session ids and reboot flags of service discovery, both directions. */
import { SD_PEERS_MAX } from "../../config.js";
import { nextSession } from "../header.js";

/** Counters for sending: one for multicast, one per unicast peer. All roles of a host that share its SD port share one.
 *  feat_req_someipsd_26, _41, _765. */
export class SendSessions {
	/** What `next` prepared: to be written into the message. */
	sessionId = 0;
	reboot = true;
	// Index 0 is multicast; the last one is shared by the peers that found the table full: a counter that skips values
	// is never taken for a reboot, one that begins anew would be.
	#addresses = new Float64Array(SD_PEERS_MAX + 2);
	#last = new Uint16Array(SD_PEERS_MAX + 2);
	#wrapped = new Uint8Array(SD_PEERS_MAX + 2);
	#count = 1;

	nextMulticast(): void {
		this.#advance(0);
	}

	nextUnicast(address: number): void {
		const addresses = this.#addresses;
		let index = 1;
		while (index < this.#count && addresses[index] !== address)
			index++;
		if (index === this.#count && index <= SD_PEERS_MAX) {
			addresses[index] = address;
			this.#count++;
		}
		this.#advance(index);
	}

	// feat_req_someipsd_41: the reboot flag is set "until the Session ID in the SOME/IP-Header wraps around".
	#advance(index: number): void {
		const session = nextSession(this.#last[index]!);
		if (session === 1 && this.#last[index] === 0xffff)
			this.#wrapped[index] = 1;
		this.#last[index] = session;
		this.sessionId = session;
		this.reboot = this.#wrapped[index] === 0;
	}
}

/** What a peer's messages of one channel said last; and whether it has rebooted since. */
export class ReceiveSession {
	/** -1: nothing received yet. */
	#last = -1;
	#reboot = false;

	/** Takes the values of a message; returns true where they tell of a reboot. feat_req_someipsd_764: "if old.reboot==0
	 *  and new.reboot==1", or "if old.reboot==1 and new.reboot==1 and old.session_id>=new.session_id". */
	update(sessionId: number, reboot: boolean): boolean {
		// A sender that counts no sessions would seem to reboot with every message.
		if (sessionId === 0)
			return false;
		const rebooted = this.#last >= 0 && reboot && (!this.#reboot || this.#last >= sessionId);
		this.#last = sessionId;
		this.#reboot = reboot;
		return rebooted;
	}

	/** Forgets: the next message is the first one. */
	reset(): void {
		this.#last = -1;
	}
}
