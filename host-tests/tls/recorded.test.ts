import { crypto } from "#hal";
import { describe, equal, hex, it, unhex } from "#test";
import { APPLICATION_KEYS, ClientHandshake, HANDSHAKE_COMPLETE, HANDSHAKE_KEYS, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../firmware/tls/client-handshake.js";
import { HANDSHAKE } from "./fixtures/handshake.js";
import { recordedOptions } from "./support/recorded.js";

describe("client handshake: recorded", () => {
	it("is the same to the byte on every engine", () => {
		const client = new ClientHandshake(recordedOptions(crypto)), into = new Uint8Array(1024);
		const sent = (level: number) => hex(into, 0, client.pollTransmit(level, into, 0, into.length));
		const give = (level: number, text: string) => { const bytes = unhex(text); client.receive(level, bytes, 0, bytes.length); };
		client.start();
		equal(sent(LEVEL_INITIAL), HANDSHAKE.clientHello);
		give(LEVEL_INITIAL, HANDSHAKE.serverHello);
		equal(client.pollEvent(), HANDSHAKE_KEYS);
		give(LEVEL_HANDSHAKE, HANDSHAKE.flight);
		equal(client.pollEvent(), APPLICATION_KEYS);
		equal(hex(client.clientSecret), HANDSHAKE.clientSecret);
		equal(hex(client.serverSecret), HANDSHAKE.serverSecret);
		equal(client.pollEvent(), HANDSHAKE_COMPLETE);
		equal(sent(LEVEL_HANDSHAKE), HANDSHAKE.clientFlight);
	});
});
