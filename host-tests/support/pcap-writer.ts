/** Recordings made for tests: UDP and TCP in Ethernet frames in a pcap file (Node only). */

export interface Recorded {
	/** ms. */
	time: number;
	/** "10.0.0.1:30490". */
	from: string;
	to: string;
	payload: Uint8Array;
	tcp?: boolean;
	/** A VLAN tag before the type. */
	vlan?: boolean;
	/** The more-fragments flag is set. */
	fragment?: boolean;
}

/** The file's bytes; little endian, or big endian as a recorder on such a machine writes it. */
export function pcapOf(records: Recorded[], { bigEndian = false, linkType = 1 } = {}): Buffer {
	const header = Buffer.alloc(24);
	const put = (buffer: Buffer, at: number, value: number) => bigEndian ? buffer.writeUInt32BE(value, at) : buffer.writeUInt32LE(value, at);
	put(header, 0, 0xa1b2c3d4);
	if (bigEndian)
		header.writeUInt32BE(0x00020004, 4);
	else
		header.writeUInt32LE(0x00040002, 4);
	put(header, 16, 65535);
	put(header, 20, linkType);
	const packets = records.map(record => {
		const frame = frameOf(record), head = Buffer.alloc(16);
		put(head, 0, 1700000000 + Math.floor(record.time / 1000));
		put(head, 4, Math.round(record.time % 1000 * 1000));
		put(head, 8, frame.length);
		put(head, 12, frame.length);
		return Buffer.concat([head, frame]);
	});
	return Buffer.concat([header, ...packets]);
}

function frameOf({ from, to, payload, tcp = false, vlan = false, fragment = false }: Recorded): Buffer {
	const [source, sourcePort] = from.split(":") as [string, string], [destination, destinationPort] = to.split(":") as [string, string];
	const segment = Buffer.alloc(tcp ? 20 : 8);
	segment.writeUInt16BE(Number(sourcePort), 0);
	segment.writeUInt16BE(Number(destinationPort), 2);
	if (tcp)
		segment[12] = 0x50;
	else
		segment.writeUInt16BE(8 + payload.length, 4);
	const ip = Buffer.alloc(20);
	ip[0] = 0x45;
	ip.writeUInt16BE(20 + segment.length + payload.length, 2);
	ip.writeUInt16BE(fragment ? 0x2000 : 0, 6);
	ip[8] = 1;
	ip[9] = tcp ? 6 : 17;
	Buffer.from(source.split(".").map(Number)).copy(ip, 12);
	Buffer.from(destination.split(".").map(Number)).copy(ip, 16);
	// Short frames are padded to 60 bytes, as on a wire.
	const frame = Buffer.concat([Buffer.alloc(12), Buffer.from(vlan ? "810000050800" : "0800", "hex"), ip, segment, payload]);
	return frame.length < 60 ? Buffer.concat([frame, Buffer.alloc(60 - frame.length)]) : frame;
}

/** A SOME/IP message. `tp`: byte offset, with 1 added where more follows. */
export function messageOf(service: number, method: number, payload: Uint8Array, { type = 2, session = 1, client = 0, version = 1, tp = -1 } = {}): Buffer {
	const head = Buffer.alloc(tp < 0 ? 16 : 20);
	head.writeUInt16BE(service, 0);
	head.writeUInt16BE(method, 2);
	head.writeUInt32BE(head.length - 8 + payload.length, 4);
	head.writeUInt16BE(client, 8);
	head.writeUInt16BE(session, 10);
	head[12] = 1;
	head[13] = version;
	head[14] = tp < 0 ? type : type | 0x20;
	if (tp >= 0)
		head.writeUInt32BE(tp, 16);
	return Buffer.concat([head, payload]);
}

export interface EntryText {
	type: number;
	service: number;
	instance: number;
	major?: number;
	ttl?: number;
	/** Minor version, or the eventgroup. */
	tail?: number;
	/** Options: "udp 10.0.0.1:30509", "tcp …", "multicast 224.0.0.1:3000". */
	options?: string[];
}

/** An SD message with the entries and the options that they refer to. */
export function sdOf(entries: EntryText[], session = 1): Buffer {
	const all: Buffer[] = [], body: Buffer[] = [];
	for (const { type, service, instance, major = 1, ttl = 3, tail = 0, options = [] } of entries) {
		const entry = Buffer.alloc(16);
		entry[0] = type;
		entry[1] = options.length > 0 ? all.length : 0;
		entry[3] = options.length << 4;
		entry.writeUInt16BE(service, 4);
		entry.writeUInt16BE(instance, 6);
		entry.writeUInt32BE(major * 0x1000000 + ttl, 8);
		entry.writeUInt32BE(tail, 12);
		body.push(entry);
		for (const text of options) {
			const [kind, endpoint] = text.split(" ") as [string, string], [address, port] = endpoint.split(":") as [string, string];
			const option = Buffer.alloc(12);
			option[1] = 9;
			option[2] = kind === "multicast" ? 0x14 : 0x04;
			Buffer.from(address.split(".").map(Number)).copy(option, 4);
			option[9] = kind === "tcp" ? 6 : 17;
			option.writeUInt16BE(Number(port), 10);
			all.push(option);
		}
	}
	const length = (value: number) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };
	return messageOf(0xffff, 0x8100, Buffer.concat([
		Buffer.from([0xc0, 0, 0, 0]), length(body.length * 16), ...body, length(all.length * 12), ...all,
	]), { session });
}
