import { deepEqual, describe, ENGINE, equal, hex, it, ok, unhex } from "#test";
import { DROP_MESSAGE_TYPE, DROP_NOT_SENT, DROP_TABLE_FULL, DROP_UNEXPECTED_RESPONSE } from "../../firmware/someip/drop.js";
import { E_NOT_READY } from "../../firmware/someip/return-code.js";
import { REQUEST_CALL, Server, type ServerOptions } from "../../firmware/someip/server.js";
import { Prng } from "../support/prng.js";

const FROM = 0x0a000002, PORT = 41000, LOCAL = 30509;
const REQUEST = "1234 0001 0000000a 4a01 0007 01 01 00 00 cafe";

function setUp(options: ServerOptions = {}) {
	const server = new Server(options), buffer = new Uint8Array(1500), out = new Uint8Array(1500);
	const service = server.service(0x1234, 1, LOCAL);
	server.addMethod(service, 1);
	server.addMethod(service, 2, true);
	return {
		server,
		take(text: string, localPort = LOCAL) {
			const bytes = unhex(text), taken: string[] = [];
			buffer.set(bytes);
			server.begin(buffer, bytes.length, FROM, PORT, localPort);
			for (let code = server.next(0); code !== 0; code = server.next(0))
				taken.push(`${code === REQUEST_CALL ? "call" : "send"} ${server.method} ${server.request} ${hex(server.payload, server.payloadOffset, server.payloadEnd)}`);
			return taken;
		},
		sent() {
			const sent: string[] = [];
			for (let length = server.pollTransmit(out, 0); length > 0; length = server.pollTransmit(out, 0))
				sent.push(hex(out, 0, length));
			return sent;
		},
	};
}

const plain = (text: string) => text.split(" ").join("");

describe("server", () => {
	it("tells of requests, and copies their header into the response", () => {
		const { server, take, sent } = setUp();
		deepEqual(take(REQUEST), ["call 0 1 cafe"]);
		equal(server.clientId, 0x4a01);
		equal(server.clientAddress, FROM);
		equal(server.respond(1, new Uint8Array([9, 8, 7]), 1, 3), 1);
		deepEqual(sent(), [plain("1234 0001 0000000a 4a01 0007 01 01 80 00 0807")]);
		deepEqual([server.destinationAddress, server.destinationPort, server.sourcePort], [FROM, PORT, LOCAL]);
		equal(server.respond(1, new Uint8Array(1), 0, 1), DROP_UNEXPECTED_RESPONSE);
	});

	it("takes several messages of a datagram and answers them in any order", () => {
		const { server, take, sent } = setUp();
		deepEqual(take(REQUEST + "1234 0002 00000009 4a01 0008 01 01 01 00 aa" + "1234 0001 00000008 4a01 0009 01 01 00 00"), ["call 0 1 cafe", "send 1 0 aa", "call 0 2 "]);
		equal(server.respond(2, new Uint8Array(0), 0, 0), 1);
		equal(server.refuse(1, 0x21), 1);
		deepEqual(sent(), [plain("1234 0001 00000008 4a01 0009 01 01 80 00" + "1234 0001 00000008 4a01 0007 01 01 80 21")], "in one datagram: feat_req_someip_702");
		equal(server.respond(0, new Uint8Array(0), 0, 0), DROP_UNEXPECTED_RESPONSE);
	});

	it("answers what it cannot do with the return code for it", () => {
		const bad: [string, string][] = [
			["1235 0001 0000000a 4a01 0007 01 01 00 00 cafe", "1235 0001 00000008 4a01 0007 01 01 80 02"],
			["1234 0003 0000000a 4a01 0007 01 01 00 00 cafe", "1234 0003 00000008 4a01 0007 01 01 80 03"],
			["1234 0001 0000000a 4a01 0007 02 01 00 00 cafe", "1234 0001 00000008 4a01 0007 01 01 80 07"],
			["1234 0001 0000000a 4a01 0007 01 02 00 00 cafe", "1234 0001 00000008 4a01 0007 01 02 80 08"],
			["1234 0001 0000000a 4a01 0007 01 01 03 00 cafe", "1234 0001 00000008 4a01 0007 01 01 80 0a"],
			["1234 0002 0000000a 4a01 0007 01 01 00 00 cafe", "1234 0002 00000008 4a01 0007 01 01 80 0a"],
			["1235 0001 0000000c 4a01 0007 01 01 20 00 00000001", ""],
			["1235 0001 0000000d 4a01 0007 01 01 20 00 00000001 aa", "1235 0001 00000008 4a01 0007 01 01 80 02"],
			["1235 0001 0000000d 4a01 0007 01 01 20 00 00000010 aa", ""],
		];
		for (const [request, answer] of bad) {
			const { server, take, sent } = setUp();
			deepEqual(take(request + REQUEST), ["call 0 1 cafe"], request);
			deepEqual(sent(), answer === "" ? [] : [plain(answer)], request);
			equal(server.statistics.dropped, 1, request);
		}
	});

	it("knows a service by its port", () => {
		const { take, sent } = setUp();
		deepEqual(take(REQUEST, LOCAL + 1), []);
		deepEqual(sent(), [plain("1234 0001 00000008 4a01 0007 01 01 80 02")]);
	});

	it("answers no event, no fire and forget, no response, no error, no acknowledgement with an error", () => {
		const { take, sent } = setUp();
		for (const text of [
			"1235 0001 00000008 4a01 0007 01 01 01 00", "1234 0003 00000008 4a01 0007 01 01 01 00", "1234 0001 00000008 4a01 0007 02 01 01 00",
			"1234 0001 00000008 4a01 0007 01 02 01 00", "1234 0001 00000008 4a01 0007 01 01 01 00", "1234 8001 00000008 0000 0007 01 01 02 00",
			"1235 0001 00000008 4a01 0007 01 01 80 00", "1235 0001 00000008 4a01 0007 01 01 81 02", "1234 0001 00000008 4a01 0007 02 01 80 00",
			"1234 0001 00000008 4a01 0007 01 01 40 00", "1234 0001 00000008 4a01 0007 01 01 c0 00", "1235 0001 00000008 4a01 0007 01 01 00 02",
			"1234 8001 00000008 4a01 0007 01 01 00 00",
		]) {
			deepEqual(take(text), [], text);
			deepEqual(sent(), [], text);
		}
	});

	it("sends errors by their own type where that is wanted", () => {
		const { take, sent } = setUp({ errorMessages: true });
		take("1235 0001 00000008 4a01 0007 01 01 00 00");
		deepEqual(sent(), [plain("1235 0001 00000008 4a01 0007 01 01 81 02")]);
	});

	it("refuses the request that finds its table full with E_NOT_READY", () => {
		const { server, take, sent } = setUp({ requests: 2 });
		deepEqual(take(REQUEST + REQUEST + REQUEST), ["call 0 1 cafe", "call 0 2 cafe"]);
		deepEqual(sent(), [plain(`1234 0001 00000008 4a01 0007 01 01 80 0${E_NOT_READY}`)]);
		equal(server.statistics.droppedBy(DROP_TABLE_FULL), 1);
		server.respond(2, new Uint8Array(0), 0, 0);
		deepEqual(take(REQUEST), ["call 0 3 cafe"]);
	});

	it("keeps a request whose answer finds no room", () => {
		const { server, take, sent } = setUp({ queueBytes: 32 });
		take(REQUEST + REQUEST);
		equal(server.respond(1, new Uint8Array(32), 0, 32), 1);
		equal(server.respond(2, new Uint8Array(32), 0, 32), DROP_NOT_SENT);
		equal(sent().length, 1);
		equal(server.respond(2, new Uint8Array(32), 0, 32), 1);
		server.reset();
		deepEqual(sent(), []);
	});

	it("survives what is not SOME/IP at all, and answers the next request", () => {
		const { server, take, sent } = setUp(), prng = new Prng(12), valid = unhex(REQUEST);
		for (let round = 0; round < (ENGINE === "xs" ? 300 : 20_000); round++) {
			const bytes = valid.slice(0, 1 + prng.below(valid.length));
			bytes[prng.below(bytes.length)]! ^= 1 + prng.below(255);
			for (const taken of take(hex(bytes)))
				server.respond(Number(taken.split(" ")[2]), bytes, 0, 1);
			sent();
		}
		equal(take(REQUEST).length, 1);
		ok(server.statistics.droppedBy(DROP_MESSAGE_TYPE) > 0);
	});
});
