/** Where a datagram, or a piece of a byte stream, goes out. */
export interface Exit {
	/** Returns false where it should be offered again. */
	send(bytes: Uint8Array, length: number, address: number, port: number, ecn?: number): boolean;
}

/** One datagram on its way out. It is kept where the socket's queue is full, and offered again: what a core gave
 *  out is not lost for want of a moment. */
export class Outlet {
	/** What the core writes its datagram to. */
	readonly bytes: Uint8Array;
	/** Length of the datagram that waits, 0 = none. */
	length = 0;
	address = 0;
	port = 0;
	/** ECN field. */
	ecn = 0;
	/** The turn's bound was met with more to send. */
	hasMore = false;

	constructor(capacity: number) {
		this.bytes = new Uint8Array(capacity);
	}

	/** Returns whether the next datagram may come. */
	flush(slot: Exit): boolean {
		if (this.length === 0 || slot.send(this.bytes, this.length, this.address, this.port, this.ecn)) {
			this.length = 0;
			return true;
		}
		return false;
	}

	clear(): void {
		this.length = 0;
		this.hasMore = false;
	}
}
