import { deepEqual, describe, equal, hex, it, unhex } from "#test";
import { DROP_LENGTH, DROP_MESSAGE_TYPE, DROP_PROTOCOL_VERSION, DROP_TRUNCATED } from "../../firmware/someip/drop.js";
import { Message, nextSession, writeHeader } from "../../firmware/someip/header.js";

/** Bytes and meaning: service, method, client, session, interface version, type, segment, return code, payload length. */
const TABLE: [string, (number | boolean)[]][] = [
	["1234 8778 0000000c 0000 0001 01 01 02 00 deadbeef", [0x1234, 0x8778, 0, 1, 1, 2, false, 0, 4]],
	["1234 0421 00000008 1343 ffff 01 00 00 00", [0x1234, 0x0421, 0x1343, 0xffff, 0, 0, false, 0, 0]],
	["ffff 8100 00000008 0000 0001 01 01 02 00", [0xffff, 0x8100, 0, 1, 1, 2, false, 0, 0]],
	["1234 8779 0000000d 0000 0002 01 01 22 00 00000001 aa", [0x1234, 0x8779, 0, 2, 1, 2, true, 0, 5]],
	["1234 0001 00000008 0000 0002 01 ff 81 09", [0x1234, 1, 0, 2, 255, 0x81, false, 9, 0]],
	["1234 0001 00000008 0000 0002 01 ff a0 00", [0x1234, 1, 0, 2, 255, 0x80, true, 0, 0]],
	["1234 0001 00000008 0000 0002 01 01 01 00", [0x1234, 1, 0, 2, 1, 1, false, 0, 0]],
];

function wrap(text: string): [number, Message] {
	const message = new Message(), bytes = unhex(text);
	message.attach(bytes);
	return [message.wrap(0, bytes.length), message];
}

describe("header", () => {
	it("reads what the table says", () => {
		for (const [text, meaning] of TABLE) {
			const [length, m] = wrap(text);
			equal(length, unhex(text).length, text);
			deepEqual([m.serviceId, m.methodId, m.clientId, m.sessionId, m.interfaceVersion, m.type, m.isSegment, m.returnCode, m.payloadEnd - m.payloadOffset], meaning, text);
		}
	});

	it("writes what the table says", () => {
		for (const [text, [service, method, client, session, version, type, segment, code, length]] of TABLE) {
			if (code !== 0)
				continue;
			const bytes = new Uint8Array(16);
			equal(writeHeader(bytes, 0, service as number, method as number, length as number, client as number, session as number,
				version as number, (type as number) | (segment ? 0x20 : 0)), 16);
			equal(hex(bytes), hex(unhex(text).slice(0, 16)));
		}
	});

	it("drops every truncation", () => {
		const bytes = unhex(TABLE[0]![0]), message = new Message();
		message.attach(bytes);
		for (let end = 0; end < bytes.length; end++)
			equal(message.wrap(0, end), end < 16 ? DROP_TRUNCATED : DROP_LENGTH);
	});

	it("drops lengths that lie", () => {
		for (const length of ["00000000", "00000004", "00000007", "0000000d", "0000ffff", "7fffffff", "80000008", "fffffff7", "fffffff8", "ffffffff"])
			equal(wrap(`1234 8778 ${length} 0000 0001 01 01 02 00 deadbeef`)[0], DROP_LENGTH, length);
	});

	it("drops other versions and types, and knows where the next message begins", () => {
		for (const version of ["00", "02", "ff"]) {
			const [code, message] = wrap(`1234 8778 0000000c 0000 0001 ${version} 01 02 00 deadbeef 1234`);
			equal(code, DROP_PROTOCOL_VERSION);
			equal(message.payloadEnd, 20);
		}
		for (const type of ["03", "04", "10", "40", "42", "62", "82", "7f", "c0", "ff"]) {
			const [code, message] = wrap(`1234 8778 0000000c 0000 0001 01 01 ${type} 00 deadbeef 1234`);
			equal(code, DROP_MESSAGE_TYPE, type);
			equal(message.payloadEnd, 20);
		}
	});

	it("makes no new view while the buffer stays, and reads at any offset", () => {
		const bytes = unhex("00" + TABLE[0]![0]), message = new Message();
		message.attach(bytes);
		equal(message.wrap(1, bytes.length), 20);
		equal(message.serviceId, 0x1234);
		bytes[1] = 0x99;
		message.attach(bytes);
		equal(message.wrap(1, bytes.length), 20);
		equal(message.serviceId, 0x9934);
		const part = new Uint8Array(bytes.buffer, 1, 20);
		message.attach(part);
		equal(message.wrap(0, 20), 20);
		equal(message.serviceId, 0x9934);
	});

	it("session ids go from ffff to 1", () => {
		deepEqual([nextSession(0), nextSession(1), nextSession(0xfffe), nextSession(0xffff)], [1, 2, 0xffff, 1]);
	});
});
