/** The other hosts' service discovery, as far as something of theirs is kept here. */
import { SD_PEERS_MAX } from "../../config.js";
import { CHANNEL_MULTICAST } from "./entry.js";
import { ReceiveSession } from "./session.js";

export class Peer {
	/** Where its SD answers: source address and port, or what its SD endpoint option says (feat_req_someipsd_1084). */
	address = 0;
	port = 0;
	/** Offers or subscriptions that are kept of it. 0: its place can be given away. */
	users = 0;
	/** It heeds the initial-data flag of Subscribes, as its last message said. */
	isExplicit = false;
	/** Rebooted, and nobody was told yet. */
	rebooted = false;
	#unicast = new ReceiveSession();
	#multicast = new ReceiveSession();

	/** Notes a message's session id; returns true where the peer has rebooted. */
	update(channel: number, sessionId: number, reboot: boolean): boolean {
		const session = channel === CHANNEL_MULTICAST ? this.#multicast : this.#unicast;
		if (!session.update(sessionId, reboot))
			return false;
		// One reboot is seen on both channels: what the other one knows is of the time before.
		(channel === CHANNEL_MULTICAST ? this.#unicast : this.#multicast).reset();
		return true;
	}

	reset(address: number): void {
		this.address = address;
		this.users = 0;
		this.rebooted = this.isExplicit = false;
		this.#unicast.reset();
		this.#multicast.reset();
	}
}

export class PeerTable {
	#peers: Peer[] = [];

	get length(): number {
		return this.#peers.length;
	}

	at(index: number): Peer {
		return this.#peers[index]!;
	}

	find(address: number): Peer | undefined {
		const peers = this.#peers;
		for (let i = 0; i < peers.length; i++)
			if (peers[i]!.address === address)
				return peers[i];
		return undefined;
	}

	/** A place for a peer that is not in the table; undefined where all are in use. */
	add(address: number): Peer | undefined {
		const peers = this.#peers;
		let peer: Peer | undefined;
		for (let i = 0; i < peers.length && peer === undefined; i++)
			if (peers[i]!.users === 0 && !peers[i]!.rebooted)
				peer = peers[i];
		if (peer === undefined) {
			if (peers.length === SD_PEERS_MAX)
				return undefined;
			peer = new Peer();
			peers.push(peer);
		}
		peer.reset(address);
		return peer;
	}

	/** Forgets what every peer's sessions were. */
	reset(): void {
		for (let i = 0; i < this.#peers.length; i++)
			this.#peers[i]!.reset(0);
	}
}
