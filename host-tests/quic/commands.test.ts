import { describe, it, equal, ok } from "#test";
import { ping, stream, text } from "./support/frames.js";
import { Pair } from "./support/pair.js";
import { APPLICATION } from "./support/test-peer.js";

describe("key update by command", () => {
	/** The peer follows with both its keys. */
	function follow({ peer }: Pair): void {
		peer.send[APPLICATION] = peer.send[APPLICATION]!.next();
		peer.receive[APPLICATION] = peer.receive[APPLICATION]!.next();
		peer.phase ^= 1;
	}

	it("goes through as often as each was acknowledged", () => {
		const pair = new Pair().establish();
		equal(pair.client.openStream(), 0);
		pair.write(0, text("before")).pump();
		pair.frames(pair.peer.acknowledge());
		for (let i = 0; i < 5; i++) {
			equal(pair.client.updateKeys(), true, `round ${i}`);
			equal(pair.client.updateKeys(), false);
			follow(pair);
			pair.write(0, text("after")).pump();
			equal(pair.peer.unreadable, 0);
			equal(pair.peer.packets.at(-1)!.phase, i + 1 & 1);
			pair.frames(pair.peer.acknowledge(), ping());
			equal(pair.client.closed, false, pair.client.closeReason);
		}
	});

	it("waits for the handshake's confirmation, and is over with the connection", () => {
		const pair = new Pair();
		equal(pair.client.updateKeys(), false);
		pair.shake();
		equal(pair.client.updateKeys(), false);
		const closed = new Pair().establish();
		closed.client.close(0, "", 0);
		equal(closed.client.updateKeys(), false);
	});
});

describe("the end after silence", () => {
	it("is told where a keep-alive's PING was the first thing that nobody answered", () => {
		const pair = new Pair({ client: { keepAlive: 5000 } }).establish();
		pair.advance(4000);
		pair.losing = true;
		pair.advance(40000);
		equal(pair.client.closed && pair.client.closeAfterSilence, true);
	});

	it("is not told where it died under data, or answered a PING before", () => {
		const busy = new Pair({ client: { keepAlive: 5000 } }).establish();
		equal(busy.client.openStream(), 0);
		busy.losing = true;
		busy.write(0, text("x")).pump();
		busy.advance(40000);
		equal(busy.client.closed && !busy.client.closeAfterSilence, true);
		// It asked at last, but not first.
		const pings = new Pair({ client: { keepAlive: 5000 } }).establish();
		pings.advance(5100);
		ok(pings.peer.frames(APPLICATION).some(frame => frame.type === 1));
		pings.frames(pings.peer.acknowledge(), stream(pings.client.openStream(), 0, text("there")));
		pings.client.close(0, "", pings.now);
		pings.pump().advance(5000);
		equal(pings.client.closeAfterSilence, false);
	});
});
