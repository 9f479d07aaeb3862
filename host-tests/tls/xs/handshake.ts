/** Entry for XS: plays the recorded handshake. Argument: "idle" stops before it, so that the two can be compared.
 *  Prints the bytes in use before, during (after each 64 bytes from the server, collected) and after. */
import { crypto } from "../../../hal/crypto/crypto.js";
import { engine } from "../../../hal/system/engine.js";
import { ClientHandshake, HANDSHAKE_NONE, LEVEL_HANDSHAKE, LEVEL_INITIAL } from "../../../firmware/tls/client-handshake.js";
import { HANDSHAKE } from "../fixtures/handshake.js";
import { bytesOfHex } from "../support/der-writer.js";
import { recordedOptions } from "../support/recorded.js";

const PIECE = 64;

export default function (args: string[]): void {
	const options = recordedOptions(crypto), into = new Uint8Array(512);
	const serverHello = bytesOfHex(HANDSHAKE.serverHello), flight = bytesOfHex(HANDSHAKE.flight);
	const before = engine.usedBytes(true);
	if (args[0] === "idle")
		return print(`before ${before}`);
	const client = new ClientHandshake(options);
	client.start();
	client.pollTransmit(LEVEL_INITIAL, into, 0, into.length);
	let most = engine.usedBytes(true);
	const give = (level: number, bytes: Uint8Array): void => {
		for (let at = 0; at < bytes.length; at += PIECE) {
			client.receive(level, bytes, at, Math.min(at + PIECE, bytes.length));
			most = Math.max(most, engine.usedBytes(true));
		}
	};
	give(LEVEL_INITIAL, serverHello);
	give(LEVEL_HANDSHAKE, flight);
	let events = 0;
	while (client.pollEvent() !== HANDSHAKE_NONE)
		events++;
	const after = engine.usedBytes(true);
	print(`before ${before}`);
	print(`most ${most - before}`);
	print(`after ${after - before}`);
	print(`events ${events}`);
	client.close();
}

function print(line: string): void {
	native("xs_print").call(undefined, line);
}
