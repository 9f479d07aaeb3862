import { deepEqual, describe, equal, it } from "#test";
import { Peer } from "../../firmware/uplink/peer.js";
import { parseAddress } from "../../firmware/wire/ipv4-address.js";

const SERVER = "198.51.100.1", PORT = 14567;

/** A preferred_address parameter; of IPv6 it has something as well. */
function parameter(address: string, port: number): Uint8Array {
	const bytes = new Uint8Array(24).fill(0x20, 6);
	new DataView(bytes.buffer).setUint32(0, parseAddress(address));
	new DataView(bytes.buffer).setUint16(4, port);
	return bytes;
}

const prefers = (from: string, address: string, port = 443): boolean => new Peer(parseAddress(from), PORT).prefer(parameter(address, port));

describe("uplink/peer", () => {
	it("takes datagrams from the server's address and port alone", () => {
		const peer = new Peer(parseAddress(SERVER), PORT);
		deepEqual([[SERVER, PORT], [SERVER, PORT + 1], ["198.51.100.2", PORT], ["0.0.0.0", 0]].map(([address, port]) => peer.takes(parseAddress(address as string), port as number)), [true, false, false, false]);
		equal(peer.path, 0);
	});

	it("tells what comes from the preferred address apart, changes over, and still takes what comes from the first", () => {
		const peer = new Peer(parseAddress(SERVER), PORT), other = parseAddress("203.0.113.9");
		equal(peer.prefer(parameter("203.0.113.9", 4433)), true);
		deepEqual([peer.takes(other, 4433), peer.path, peer.takes(other, 4434)], [true, 1, false]);
		peer.isForOther = true;
		deepEqual([peer.toAddress, peer.toPort, peer.address, peer.port], [other, 4433, parseAddress(SERVER), PORT]);
		peer.swap();
		deepEqual([peer.toAddress, peer.toPort, peer.address, peer.port], [other, 4433, other, 4433]);
		deepEqual([peer.takes(other, 4433), peer.path, peer.takes(parseAddress(SERVER), PORT), peer.path], [true, 0, true, 1]);
	});

	it("takes nothing from there once it is given up", () => {
		const peer = new Peer(parseAddress(SERVER), PORT);
		peer.prefer(parameter("203.0.113.9", 4433));
		peer.forget();
		deepEqual([peer.takes(parseAddress("203.0.113.9"), 4433), peer.takes(parseAddress(SERVER), PORT), peer.path], [false, true, 0]);
	});

	for (const [from, address, port, may] of [
		[SERVER, "203.0.113.9", 443, true], [SERVER, SERVER, 443, true], ["10.0.0.1", "10.9.9.9", 443, true], ["10.0.0.1", "192.168.1.1", 443, true],
		["10.0.0.1", SERVER, 443, true], ["169.254.1.1", "10.0.0.1", 443, true], ["127.0.0.1", "127.0.0.1", 443, true], ["172.15.0.1", "172.32.0.1", 443, true],
		[SERVER, SERVER, PORT, false], [SERVER, "203.0.113.9", 0, false], [SERVER, "0.0.0.0", 443, false], [SERVER, "255.255.255.255", 443, false],
		[SERVER, "224.0.0.1", 443, false], [SERVER, "127.0.0.1", 443, false], [SERVER, "169.254.1.1", 443, false], [SERVER, "10.0.0.1", 443, false],
		[SERVER, "172.16.0.1", 443, false], [SERVER, "172.31.255.255", 443, false], [SERVER, "192.168.0.1", 443, false], ["10.0.0.1", "127.0.0.1", 443, false],
		["10.0.0.1", "169.254.1.1", 443, false],
	] as const)
		it(`${may ? "may go" : "does not go"} from ${from} to ${address}:${port}`, () => {
			equal(prefers(from, address, port), may);
		});
});
