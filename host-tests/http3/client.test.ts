import { deepEqual, describe, equal, it, ok, throws } from "#test";
import { HTTP3_BODY, HTTP3_CLOSED, HTTP3_DONE, HTTP3_FAILED, HTTP3_HEAD, HTTP3_NONE, HTTP3_READY, Http3Client, NOT_NOW, TOO_LARGE } from "../../firmware/http3/client.js";
import * as code from "../../firmware/http3/error-code.js";
import { FieldSectionReader, writeFieldSection } from "../../firmware/http3/field-section.js";
import { HuffmanDecoder } from "../../firmware/http3/huffman.js";
import { MockConnection } from "./mock-connection.js";

const frame = (type: number, ...payload: number[]) => payload.length < 64 ? [type, payload.length, ...payload] : [type, 0x40 | payload.length >> 8, payload.length & 0xff, ...payload];
const section = (...fields: string[]) => {
	const into = new Uint8Array(2000);
	return [...into.subarray(0, writeFieldSection(into, 0, fields))];
};
const head = (...fields: string[]) => frame(1, ...section(...fields));
const data = (text: string) => frame(0, ...[...text].map(letter => letter.charCodeAt(0)));
const SETTINGS = [0, 4, 0];

/** A client that is ready, with the server's control stream open. */
function ready(): { client: Http3Client, mock: MockConnection, events: () => number[], body: (id: number) => string } {
	const mock = new MockConnection(), client = new Http3Client("h.example", mock);
	const events = () => {
		const found: number[] = [];
		for (let event = client.pollEvent(); event !== HTTP3_NONE; event = client.pollEvent()) {
			found.push(event);
			if (event === HTTP3_BODY)
				found.push(...body(client.eventRequest).split("").map(letter => letter.charCodeAt(0)));
		}
		return found;
	};
	const body = (id: number) => {
		const into = new Uint8Array(4), count = client.readBody(id, into, 0, 4);
		return String.fromCharCode(...into.subarray(0, count));
	};
	client.connect(0);
	deepEqual(events(), [HTTP3_READY]);
	mock.give(3, SETTINGS);
	deepEqual(events(), []);
	return { client, mock, events, body };
}

const bytesOf = (text: string) => text.split("").map(letter => letter.charCodeAt(0));

describe("http3: client", () => {
	it("opens its control stream with SETTINGS before any request, also where credit comes late", () => {
		const mock = new MockConnection(), client = new Http3Client("h.example", mock);
		mock.credit[1] = 0;
		client.connect(0);
		equal(client.pollEvent(), HTTP3_NONE);
		equal(client.request("GET", "/"), NOT_NOW);
		mock.credit[1] = 1;
		mock.giveCredit();
		equal(client.pollEvent(), HTTP3_READY);
		deepEqual(mock.sent(2), [0, 4, 3, 6, 0x50, 0x00]);
		equal(mock.stream(2).urgency, 0);
	});

	it("sends a request and reads head, body and end", () => {
		const { client, mock, events } = ready(), id = client.request("GET", "/a", ["accept", "*/*"]);
		equal(id, 0);
		const sent = Uint8Array.from(mock.sent(id));
		deepEqual([sent[0], sent[1]], [1, sent.length - 2]);
		deepEqual(new FieldSectionReader(new HuffmanDecoder()).read(sent, 2, sent.length),
			[":method", "GET", ":scheme", "https", ":authority", "h.example", ":path", "/a", "accept", "*/*"]);
		ok(mock.stream(id).isFinishing, "FIN");
		mock.give(id, [...head(":status", "200", "content-length", "7", "server", "x", "server", "y"), ...data("abc"), ...data("defg")], true);
		deepEqual(events(), [HTTP3_HEAD, HTTP3_BODY, ...bytesOf("abcd"), HTTP3_BODY, ...bytesOf("efg"), HTTP3_DONE]);
		deepEqual([client.status(id), client.field(id, "server"), client.field(id, "content-length"), client.field(id, "age")], [200, "x, y", "7", undefined]);
		client.release(id);
		throws(() => client.status(id), "no request 0");
	});

	it("reads a response of any cut, with interim heads, unknown frames and trailers", () => {
		const { client, mock, events } = ready(), id = client.request("GET", "/");
		const all = [...head(":status", "103", "link", "x"), ...frame(0x21, 1, 2, 3), ...head(":status", "200"), ...data("ab"), ...frame(0x21), ...head("checksum", "1")];
		const found: number[] = [];
		for (let i = 0; i < all.length; i++) {
			mock.give(id, [all[i]!], i === all.length - 1);
			found.push(...events());
		}
		deepEqual(found.filter(event => event !== HTTP3_BODY), [HTTP3_HEAD, ...bytesOf("ab"), HTTP3_DONE]);
		equal(client.field(id, "checksum"), "1");
	});

	it("sends a body as there is room, and its end", () => {
		const { client, mock } = ready(), id = client.request("POST", "/", ["content-length", "9000"], true);
		const body = new Uint8Array(9000), first = client.writeBody(id, body, 0, 9000);
		ok(first > 7000 && first < 8192, `${first} bytes`);
		equal(client.writeBody(id, body, first, 9000), 0);
		mock.sendRing(id).release(8192);
		equal(client.writeBody(id, body, first, 9000), 9000 - first);
		equal(mock.stream(id).isFinishing, false);
		client.endBody(id);
		equal(mock.stream(id).isFinishing, true);
	});

	it("has two requests at a time", () => {
		const { client, mock, events } = ready(), first = client.request("GET", "/1"), second = client.request("GET", "/2");
		equal(client.request("GET", "/3"), NOT_NOW);
		mock.give(second, head(":status", "404"), true);
		deepEqual(events(), [HTTP3_HEAD, HTTP3_DONE]);
		equal(client.eventRequest, second);
		client.release(first);
		equal(mock.stream(first).aborted, code.H3_REQUEST_CANCELLED, "cancelled");
		ok(client.request("GET", "/3") > 0, "room again");
	});

	it("fails a request alone where only the response is wrong", () => {
		const wrong: [string, number[], number, string][] = [
			["no status", head("server", "x"), code.H3_MESSAGE_ERROR, "malformed"],
			["status after a field", head("server", "x", ":status", "200"), code.H3_MESSAGE_ERROR, "malformed"],
			["two", head(":status", "200", ":status", "200"), code.H3_MESSAGE_ERROR, "malformed"],
			["a pseudo-field of requests", head(":status", "200", ":path", "/"), code.H3_MESSAGE_ERROR, "malformed"],
			["101", head(":status", "101"), code.H3_MESSAGE_ERROR, "malformed"],
			["status of letters", head(":status", "2xx"), code.H3_MESSAGE_ERROR, "malformed"],
			["a capital letter", head(":status", "200", "Server", "x"), code.H3_MESSAGE_ERROR, "malformed"],
			["a line end in a value", head(":status", "200", "server", "a\nb"), code.H3_MESSAGE_ERROR, "malformed"],
			["connection", head(":status", "200", "connection", "close"), code.H3_MESSAGE_ERROR, "malformed"],
			["two lengths", head(":status", "200", "content-length", "1", "content-length", "2"), code.H3_MESSAGE_ERROR, "malformed"],
			["too much", [...head(":status", "200", "content-length", "1"), ...data("ab")], code.H3_MESSAGE_ERROR, "longer"],
			["too little", [...head(":status", "200", "content-length", "3"), ...data("ab")], code.H3_MESSAGE_ERROR, "2 bytes of a body of 3"],
			["a pseudo-field in trailers", [...head(":status", "200"), ...head(":status", "200")], code.H3_MESSAGE_ERROR, "malformed"],
			["nothing", [], code.H3_MESSAGE_ERROR, "an end before its head"],
			["endless fields", [1, 0x80, 1, 0, 0], code.H3_EXCESSIVE_LOAD, "larger than 4096"],
		];
		for (const [what, bytes, error, reason] of wrong) {
			const { client, mock, events } = ready(), id = client.request("GET", "/");
			mock.stream(id).received.push(...bytes);
			mock.give(id, [], true);
			const found = events();
			ok(found.includes(HTTP3_FAILED) && !mock.closed, `${what}: ${found}`);
			ok(client.failure(id).includes(reason), `${what}: ${client.failure(id)}`);
			equal(mock.stream(id).aborted, error, what);
			equal(client.request("GET", "/") > 0, true, "the next one is served");
		}
	});

	it("ends the connection where the server breaks the protocol", () => {
		const inResponse: [string, number[], number][] = [
			["DATA first", data("x"), code.H3_FRAME_UNEXPECTED],
			["SETTINGS", frame(4), code.H3_FRAME_UNEXPECTED],
			["GOAWAY", frame(7, 0), code.H3_FRAME_UNEXPECTED],
			["a frame of HTTP/2", frame(6), code.H3_FRAME_UNEXPECTED],
			["DATA after trailers", [...head(":status", "200"), ...head("a", "b"), ...data("x")], code.H3_FRAME_UNEXPECTED],
			["trailers twice", [...head(":status", "200"), ...head("a", "b"), ...head("a", "b")], code.H3_FRAME_UNEXPECTED],
			["PUSH_PROMISE", frame(5, 0), code.H3_ID_ERROR],
			["a dynamic table", frame(1, 2, 0, 0x80), code.QPACK_DECOMPRESSION_FAILED],
			["cut within a frame", [...head(":status", "200"), 0, 5, 1], code.H3_FRAME_ERROR],
			["cut within a frame's head", [...head(":status", "200"), 0], code.H3_FRAME_ERROR],
		];
		for (const [what, bytes, error] of inResponse) {
			const { client, mock, events } = ready(), id = client.request("GET", "/");
			mock.stream(id).received.push(...bytes);
			mock.give(id, [], true);
			ok(events().includes(HTTP3_CLOSED), what);
			equal(mock.closeCode, error, `${what}: ${mock.closeReason}`);
			ok(client.failure(id) !== "", what);
		}
		const onOthers: [string, number, number[], number][] = [
			["a second control stream", 7, SETTINGS, code.H3_STREAM_CREATION_ERROR],
			["a push", 7, [1, 0], code.H3_ID_ERROR],
			["SETTINGS twice", 3, frame(4), code.H3_FRAME_UNEXPECTED],
			["HEADERS on the control stream", 3, frame(1), code.H3_FRAME_UNEXPECTED],
			["MAX_PUSH_ID", 3, frame(13, 1), code.H3_FRAME_UNEXPECTED],
			["CANCEL_PUSH", 3, frame(3, 1), code.H3_ID_ERROR],
			["GOAWAY for another kind", 3, frame(7, 1), code.H3_ID_ERROR],
			["GOAWAY that rises", 3, [...frame(7, 4), ...frame(7, 8)], code.H3_ID_ERROR],
			["GOAWAY with a rest", 3, frame(7, 4, 0), code.H3_FRAME_ERROR],
			["GOAWAY without a place", 3, frame(7), code.H3_FRAME_ERROR],
			["GOAWAY without end", 3, [7, 0x50, 0], code.H3_EXCESSIVE_LOAD],
			["an insertion", 7, [2, 0x40], code.QPACK_ENCODER_STREAM_ERROR],
			["a capacity", 7, [2, 0x21], code.QPACK_ENCODER_STREAM_ERROR],
			["an acknowledgment", 7, [3, 0x80], code.QPACK_DECODER_STREAM_ERROR],
			["an increment", 7, [3, 0x01], code.QPACK_DECODER_STREAM_ERROR],
		];
		for (const [what, id, bytes, error] of onOthers) {
			const { mock, events } = ready();
			mock.give(id, bytes);
			ok(events().includes(HTTP3_CLOSED), what);
			equal(mock.closeCode, error, `${what}: ${mock.closeReason}`);
		}
	});

	it("checks the server's settings", () => {
		for (const [what, bytes, error] of [
			["a setting of HTTP/2", [0, 4, 2, 3, 1], code.H3_SETTINGS_ERROR],
			["a setting twice", [0, 4, 4, 6, 1, 6, 1], code.H3_SETTINGS_ERROR],
			["a setting cut", [0, 4, 1, 6], code.H3_FRAME_ERROR],
			["another frame first", [0, 0x21, 0], code.H3_MISSING_SETTINGS],
			["too many", [0, 4, 0x50, 0], code.H3_EXCESSIVE_LOAD],
		] as const) {
			const mock = new MockConnection(), client = new Http3Client("h", mock);
			client.connect(0);
			mock.give(3, bytes);
			for (let i = 0; i < 3; i++)
				client.pollEvent();
			equal(mock.closeCode, error, `${what}: ${mock.closeReason}`);
		}
		const mock = new MockConnection(), client = new Http3Client("h", mock);
		client.connect(0);
		mock.give(3, [0, 4, 5, 6, 0x40, 200, 0x21, 7]);
		client.pollEvent();
		equal(client.pollEvent(), HTTP3_NONE);
		equal(client.request("GET", "/", ["x", "y".repeat(100)]), TOO_LARGE, "its limit is 200");
		equal(client.request("GET", "/"), 0);
	});

	it("takes QPACK's streams that say nothing, and breaks off streams of unknown kinds", () => {
		const { mock, events } = ready();
		mock.give(7, [2]).give(7, [0x20]).give(11, [3, 0x44]).give(11, [0x7f]).give(11, [0x80]).give(11, [0x01]);
		mock.give(15, [0x40, 0x21, 9, 9]);
		deepEqual(events(), []);
		equal(mock.stream(15).aborted, code.H3_STREAM_CREATION_ERROR);
		mock.breakOff(7, 0);
		ok(events().includes(HTTP3_CLOSED));
		equal(mock.closeCode, code.H3_CLOSED_CRITICAL_STREAM);
	});

	it("lets a server go away: what it has taken is finished, the rest can be repeated", () => {
		const { client, mock, events } = ready(), first = client.request("GET", "/1"), second = client.request("GET", "/2");
		mock.give(3, frame(7, 4));
		deepEqual(events(), [HTTP3_FAILED]);
		ok(client.failure(second).includes("can be repeated"));
		client.release(second);
		equal(client.request("GET", "/3"), NOT_NOW);
		mock.give(first, head(":status", "204"), true);
		deepEqual(events(), [HTTP3_HEAD, HTTP3_DONE]);
	});

	it("tells a response that was broken off from a request that was not needed to its end", () => {
		const { client, mock, events } = ready(), first = client.request("POST", "/1", [], true), second = client.request("GET", "/2");
		mock.breakOff(second, 0x10b);
		deepEqual(events(), [HTTP3_FAILED]);
		ok(client.failure(second).includes("0x10b"));
		mock.breakOff(first, code.H3_NO_ERROR).give(first, head(":status", "413"), true);
		deepEqual(events(), [HTTP3_HEAD, HTTP3_DONE]);
	});

	it("refuses requests that cannot be", () => {
		const { client } = ready();
		for (const fields of [["Accept", "x"], ["a b", "x"], ["", "x"], ["a", "b\r\nc: d"], ["a", " b"]])
			throws(() => client.request("GET", "/", fields), "tokens in small letters");
		throws(() => client.request("GET", "/a\nb"), "control characters");
		equal(client.request("GET", "/", ["x", "y".repeat(5000)]), TOO_LARGE);
	});

	it("tells every request when the connection ends", () => {
		const { client, mock, events } = ready(), id = client.request("GET", "/");
		mock.close(0x10, "no path");
		deepEqual(events(), [HTTP3_CLOSED, HTTP3_FAILED]);
		equal(client.failure(id), "no path");
	});
});
