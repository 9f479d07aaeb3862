import { describe, ENGINE, equal, it, ok } from "#test";
import * as alert from "../../firmware/tls/alert.js";
import { AlertError } from "../../firmware/tls/alert.js";
import { HANDSHAKE_KEYS, HANDSHAKE_NONE, LEVEL_APPLICATION, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../firmware/tls/client-handshake.js";
import { checkComplete, give, hello, helloDone, refuses, run, sent, SERVER, started } from "./support/client.js";
import { concat } from "./support/der-writer.js";
import { Prng } from "../support/prng.js";
import { extension, message, TestServer, u16, vector16, vector8 } from "./support/test-server.js";

describe("client handshake: order and levels", () => {
	it("refuses messages out of order", () => {
		const types = [1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254];
		for (const type of types.filter(each => each !== 2)) {
			const client = started();
			refuses(alert.ALERT_UNEXPECTED_MESSAGE, "", () => give(client, LEVEL_INITIAL, message(type, new Uint8Array(40))));
		}
		const expected = [[8], [11, 13], [15], [20]];
		for (let count = 0; count < expected.length; count++)
			for (const type of types.filter(each => !expected[count]!.includes(each))) {
				const { client, server } = helloDone();
				const flight = server.flight();
				for (let i = 0; i < count; i++)
					give(client, LEVEL_HANDSHAKE, flight.next().value!);
				refuses(alert.ALERT_UNEXPECTED_MESSAGE, "", () => give(client, LEVEL_HANDSHAKE, message(type, new Uint8Array(40))));
			}
	});

	it("refuses a Certificate where a request must have come before, and two requests", () => {
		const { client, server } = helloDone();
		give(client, LEVEL_HANDSHAKE, server.flight().next().value!);
		const request = message(13, concat(vector8(), vector16(extension(13, vector16(u16(0x0403))))));
		give(client, LEVEL_HANDSHAKE, request);
		refuses(alert.ALERT_UNEXPECTED_MESSAGE, "message 13 out of order", () => give(client, LEVEL_HANDSHAKE, request));
	});

	it("takes nothing of another level than its own", () => {
		for (const level of [LEVEL_HANDSHAKE, LEVEL_APPLICATION])
			equal(started().receive(level, hello({}), 0, 4), 0);
		for (const level of [LEVEL_INITIAL, LEVEL_APPLICATION]) {
			const { client, server } = helloDone();
			equal(client.receive(level, concat(...server.flight()), 0, 40), 0);
		}
	});

	it("leaves bytes behind the last message of a level", () => {
		const client = started(), first = hello({});
		equal(client.receive(LEVEL_INITIAL, concat(first, new Uint8Array([8])), 0, first.length + 1), first.length);
		const { client: other, server } = helloDone(), flight = concat(...server.flight());
		equal(other.receive(LEVEL_HANDSHAKE, concat(flight, new Uint8Array([4])), 0, flight.length + 1), flight.length);
	});

	it("refuses empty and overlong messages", () => {
		const client = started();
		refuses(alert.ALERT_DECODE_ERROR, "empty message 2", () => give(client, LEVEL_INITIAL, message(2, new Uint8Array(0))));
		const other = started();
		refuses(alert.ALERT_DECODE_ERROR, "too long", () => give(other, LEVEL_INITIAL, new Uint8Array([2, 0xff, 0xff, 0xff])));
	});

	it("passes over session tickets of any length and refuses everything else after the handshake", () => {
		const { client, server } = run();
		checkComplete(client, server);
		const ticket = (length: number) => message(4, concat(new Uint8Array(8), vector8(new Uint8Array(8)), vector16(new Uint8Array(length)), vector16(extension(42, new Uint8Array(4)))));
		give(client, LEVEL_APPLICATION, concat(ticket(100), ticket(1), ticket(60000), ticket(300)));
		equal(client.pollEvent(), HANDSHAKE_NONE);
		const after: [Uint8Array, number, string][] = [
			[message(24, new Uint8Array(1)), alert.ALERT_UNEXPECTED_MESSAGE, "KeyUpdate"],
			[message(13, new Uint8Array(9)), alert.ALERT_UNEXPECTED_MESSAGE, "CertificateRequest after the handshake"],
			[message(20, new Uint8Array(32)), alert.ALERT_UNEXPECTED_MESSAGE, "message 20 out of order"],
			[ticket(0), alert.ALERT_DECODE_ERROR, "empty ticket"],
			[message(4, new Uint8Array(5)), alert.ALERT_DECODE_ERROR, "ends too early"],
			[new Uint8Array([4, 0xff, 0xff, 0xff]), alert.ALERT_DECODE_ERROR, "too long"],
		];
		for (const [bytes, code, reason] of after) {
			const { client: each } = run();
			refuses(code, reason, () => give(each, LEVEL_APPLICATION, bytes));
		}
	});

	it("ends with an AlertError, or waits for more, at changed bytes", () => {
		const rounds = ENGINE === "xs" ? 10 : 250, types = [2, 8, 13, 11, 15, 20];
		for (let seed = 1; seed <= rounds; seed++) {
			const prng = new Prng(seed), target = types[prng.below(types.length)];
			const client = started(), server = new TestServer({ ...SERVER, requests: true, change: (type, bytes) => {
				for (let count = type === target ? 1 + prng.below(3) : 0; count > 0; count--)
					bytes[prng.below(bytes.length)] = prng.below(256);
				return bytes;
			} });
			try {
				give(client, LEVEL_INITIAL, server.serverHello(sent(client, LEVEL_INITIAL)));
				if (client.pollEvent() === HANDSHAKE_KEYS)
					for (const each of server.flight())
						give(client, LEVEL_HANDSHAKE, each);
			}
			catch (error) {
				ok(error instanceof AlertError, `seed ${seed}: ${(error as Error).stack}`);
			}
		}
	});
});
