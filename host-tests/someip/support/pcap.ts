/** UDP datagrams out of a pcap file (little-endian, Ethernet, IPv4 without fragments), and into one. */

export interface Datagram {
	/** ms since the first frame of the file. */
	time: number;
	source: number;
	sourcePort: number;
	destination: number;
	destinationPort: number;
	payload: Uint8Array;
}

export function readPcap(file: Uint8Array): Datagram[] {
	const view = new DataView(file.buffer, file.byteOffset, file.length), datagrams: Datagram[] = [];
	let first = -1;
	for (let at = 24; at + 16 <= file.length;) {
		const time = view.getUint32(at, true) * 1000 + view.getUint32(at + 4, true) / 1000, ip = at + 16 + 14;
		first = first < 0 ? time : first;
		if (view.getUint16(ip - 2) === 0x0800 && file[ip + 9] === 17) {
			const udp = ip + (file[ip]! & 15) * 4;
			datagrams.push({
				time: Math.round(time - first), source: view.getUint32(ip + 12), destination: view.getUint32(ip + 16),
				sourcePort: view.getUint16(udp), destinationPort: view.getUint16(udp + 2),
				payload: file.slice(udp + 8, udp + view.getUint16(udp + 4)),
			});
		}
		at += 16 + view.getUint32(at + 8, true);
	}
	return datagrams;
}

/** The datagrams as a pcap file that tshark reads. UDP checksums are 0: not calculated. */
export function writePcap(datagrams: readonly Datagram[]): Uint8Array {
	const file = new Uint8Array(datagrams.reduce((sum, datagram) => sum + 16 + 42 + datagram.payload.length, 24));
	const view = new DataView(file.buffer);
	view.setUint32(0, 0xa1b2c3d4, true);
	view.setUint32(4, 0x00040002, true);
	view.setUint32(16, 65535, true);
	view.setUint32(20, 1, true);
	let at = 24;
	for (const { time, source, sourcePort, destination, destinationPort, payload } of datagrams) {
		const length = 42 + payload.length;
		view.setUint32(at, Math.floor(time / 1000), true);
		view.setUint32(at + 4, time % 1000 * 1000, true);
		view.setUint32(at + 8, length, true);
		view.setUint32(at + 12, length, true);
		at += 16;
		view.setUint16(at + 12, 0x0800);
		view.setUint8(at + 14, 0x45);
		view.setUint16(at + 16, length - 14);
		view.setUint16(at + 22, 0x40 << 8 | 17);
		view.setUint32(at + 26, source);
		view.setUint32(at + 30, destination);
		view.setUint16(at + 34, sourcePort);
		view.setUint16(at + 36, destinationPort);
		view.setUint16(at + 38, 8 + payload.length);
		file.set(payload, at + 42);
		at += length;
	}
	return file;
}

/** The recordings, where the project stands next to them. */
export const CAPTURES = "../shared/captures/";
