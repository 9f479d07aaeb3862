/** UDP and TCP segments out of captured frames: Ethernet (with VLAN tags), raw IP and Linux "cooked" captures, IPv4. */

export interface Segment {
	protocol: "udp" | "tcp";
	/** Dotted IPv4. */
	source: string;
	sourcePort: number;
	destination: string;
	destinationPort: number;
	payload: Buffer;
}

const LINK_ETHERNET = 1;
const LINK_RAW = 101;
const LINK_COOKED = 113;
const LINK_COOKED_2 = 276;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_VLAN = [0x8100, 0x88a8];

/** The link types (of a pcap header) that `segmentOf` reads. */
export const LINK_TYPES = [LINK_ETHERNET, LINK_RAW, LINK_COOKED, LINK_COOKED_2];

/** The segment in the frame; "fragment" where it is one of several IP fragments or was cut by the recorder;
 *  undefined for anything but UDP and TCP over IPv4. */
export function segmentOf(frame: Buffer, linkType: number): Segment | "fragment" | undefined {
	const at = startOfIpv4(frame, linkType);
	if (at < 0 || frame.length < at + 20 || frame[at]! >> 4 !== 4)
		return undefined;
	const header = (frame[at]! & 15) * 4, total = frame.readUInt16BE(at + 2), protocol = frame[at + 9];
	if (header < 20 || total < header || (protocol !== 17 && protocol !== 6))
		return undefined;
	// More-fragments flag, or an offset.
	if ((frame.readUInt16BE(at + 6) & 0x3fff) !== 0 || frame.length < at + total)
		return "fragment";
	const body = frame.subarray(at + header, at + total);
	const payloadAt = protocol === 17 ? 8 : body.length < 20 ? Infinity : (body[12]! >> 4) * 4;
	if (body.length < payloadAt)
		return undefined;
	return {
		protocol: protocol === 17 ? "udp" : "tcp",
		source: dottedAt(frame, at + 12), sourcePort: body.readUInt16BE(0),
		destination: dottedAt(frame, at + 16), destinationPort: body.readUInt16BE(2),
		payload: body.subarray(payloadAt, protocol === 17 ? Math.max(8, body.readUInt16BE(4)) : undefined),
	};
}

/** "10.77.0.1" of the four bytes at `at`. */
export function dottedAt(bytes: Buffer, at: number): string {
	return bytes.subarray(at, at + 4).join(".");
}

function startOfIpv4(frame: Buffer, linkType: number): number {
	if (linkType === LINK_RAW)
		return 0;
	let typeAt = linkType === LINK_COOKED ? 14 : linkType === LINK_COOKED_2 ? 0 : 12;
	let at = linkType === LINK_COOKED ? 16 : linkType === LINK_COOKED_2 ? 20 : 14;
	while (frame.length >= at + 2 && ETHERTYPE_VLAN.includes(frame.readUInt16BE(typeAt))) {
		typeAt = at + 2;
		at += 4;
	}
	return frame.length > at && frame.readUInt16BE(typeAt) === ETHERTYPE_IPV4 ? at : -1;
}
