// Writes fixtures/handshake.ts: the server's side of one handshake with the client of support/recorded.ts.
// `node scripts/build.mjs && node host-tests/tls/generate/handshake.mjs`; the same each time.
import { writeFileSync } from "node:fs";
import { crypto } from "../../../build/hal/node/crypto.js";
import { ClientHandshake } from "../../../build/firmware/tls/client-handshake.js";
import { certificates } from "../../../build/host-tests/tls/support/certificates.js";
import { P256Key } from "../../../build/host-tests/tls/support/p256.js";
import { fixedCrypto, recordedOptions } from "../../../build/host-tests/tls/support/recorded.js";
import { TestServer } from "../../../build/host-tests/tls/support/test-server.js";

// Encryption levels: the build writes numbers where they are used and exports none.
const LEVEL_INITIAL = 0, LEVEL_HANDSHAKE = 1;

const key = new P256Key(crypto, "leaf");
const client = new ClientHandshake(recordedOptions(crypto));
const server = new TestServer({ crypto: fixedCrypto(crypto), chain: certificates("leafBelow intermediate"), sign: content => key.sign(content), requests: true });
const hex = bytes => Buffer.from(bytes).toString("hex");
const sent = level => {
	const into = new Uint8Array(2048);
	return into.slice(0, client.pollTransmit(level, into, 0, into.length));
};

client.start();
const clientHello = sent(LEVEL_INITIAL);
const serverHello = server.serverHello(clientHello);
client.receive(LEVEL_INITIAL, serverHello, 0, serverHello.length);
const flight = Buffer.concat([...server.flight()]);
client.receive(LEVEL_HANDSHAKE, flight, 0, flight.length);
const lines = Object.entries({
	clientHello, serverHello, flight, clientFlight: sent(LEVEL_HANDSHAKE), clientSecret: server.clientSecret, serverSecret: server.serverSecret,
}).map(([name, bytes]) => `\t${name}: "${hex(bytes)}",`);
writeFileSync(new URL("../fixtures/handshake.ts", import.meta.url), `// Written by host-tests/tls/generate/handshake.mjs, version 1: the handshake of support/recorded.ts, hex of its CRYPTO bytes.
export const HANDSHAKE = Object.freeze({
${lines.join("\n")}
});
`);
