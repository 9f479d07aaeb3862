import { deepEqual, describe, equal, hex, it, ok, throws } from "#test";
import { crypto } from "#hal";
import { RECEIVED_FILES_MAX, RECEIVED_FILE_MAX } from "../../firmware/config.js";
import { FileReceiver } from "../../firmware/console/file-receiver.js";
import { HASH_SHA256 } from "../../firmware/ports/crypto.js";
import { MemoryStore, ascii } from "./support/store.js";

/** RFC 4648 §10, and what it is of. */
const FOOBAR = "Zm9vYmFy";

function digestOf(text: string): string {
	const hash = crypto.hash(HASH_SHA256), into = new Uint8Array(32);
	hash.update(ascii(text), 0, text.length);
	hash.digest(into, 0);
	hash.close();
	return hex(into);
}

function receiver(): { store: MemoryStore, take: (line: string) => string, names: readonly string[], receiver: FileReceiver } {
	const store = new MemoryStore(), made = new FileReceiver(store, crypto, "d/");
	return { store, take: line => made.take(line.split(" ")), names: made.names, receiver: made };
}

const put = (name: string, text: string) => `put ${name} ${text.length} ${digestOf(text)}`;

describe("file receiver", () => {
	it("puts a file beside the old one, once it came whole", () => {
		const { store, take, names, receiver: made } = receiver();
		equal(take(put("a.pem", "foobarfoobar")), "ready for a.pem");
		ok(made.isReceiving);
		equal(take(`data ${FOOBAR}`), "6");
		equal(take(`data ${FOOBAR}`), "12");
		equal(take("end"), "received a.pem");
		ok(!made.isReceiving);
		deepEqual(names, ["a.pem"]);
		deepEqual(store.texts, { "d/a.pem.new": "foobarfoobar" });
	});

	it("takes the digest in capitals, and a file anew", () => {
		const { store, take, names } = receiver();
		take(put("a", "foobarfoobar"));
		take(`data ${FOOBAR}`);
		take(`put a 6 ${digestOf("foobar").toUpperCase()}`);
		take(`data ${FOOBAR}`);
		take("end");
		deepEqual(store.texts, { "d/a.new": "foobar" });
		deepEqual(names, ["a"]);
	});

	it("refuses what did not come whole, is longer or other than announced, and lets go of it", () => {
		for (const [lines, words] of [
			[[put("a", "foobarfoobar"), `data ${FOOBAR}`, "end"], "a: 6 of 12 bytes came"],
			[[put("a", "foo"), `data ${FOOBAR}`], "a: more than its 3 bytes"],
			[[put("a", "foobaz"), `data ${FOOBAR}`, "end"], "a: what came has another SHA-256"],
			[[put("a", "foobar"), "data Zm9v!mFy"], "a: a line is no base64"],
			[[put("a", "foobar"), "data \u0416\u0416\u0416\u0416"], "a: a line is no base64"],
			[[put("a", "foobar"), "data"], "a: a line is no base64"],
		] as const) {
			const { store, take, names } = receiver();
			for (const line of lines.slice(0, -1))
				take(line);
			throws(() => take(lines.at(-1)!), words);
			deepEqual(store.texts, {});
			deepEqual(names, []);
			throws(() => take(`data ${FOOBAR}`), "no file was begun");
		}
	});

	it("never says what came", () => {
		const { take } = receiver(), secret = "c2VjcmV0IQ";
		take(put("key", "foobar"));
		for (const line of [`data ${secret}!`, `data ${secret}`, `${secret}`])
			try {
				ok(!take(line).includes(secret.slice(0, 4)));
			}
			catch (error) {
				ok(!(error as Error).message.includes(secret.slice(0, 4)), (error as Error).message);
			}
	});

	it("takes names that leave the folder, or are the board's own, from nobody", () => {
		const { store, take } = receiver();
		for (const name of ["", ".", "..", "../x", "a/b", ".x", "a.new", "takeover", "provision", "a\u0000b", "ä", "x".repeat(25)])
			throws(() => take(put(name, "foobar")), "a name has 1 to 24 letters");
		equal(store.changes, 0);
	});

	it("bounds length and number of files", () => {
		const { take } = receiver();
		for (const length of ["0", "-1", "x", `${RECEIVED_FILE_MAX + 1}`, "1e3", ""])
			throws(() => take(`put a ${length} ${digestOf("")}`), `1 to ${RECEIVED_FILE_MAX} are taken`);
		throws(() => take("put a 6 abc"), "the SHA-256 has 64 digits");
		for (let i = 0; i < RECEIVED_FILES_MAX; i++) {
			take(put(`f${i}`, "foobar"));
			take(`data ${FOOBAR}`);
			take("end");
		}
		throws(() => take(put("more", "foobar")), `at most ${RECEIVED_FILES_MAX} files at a time`);
		equal(take(put("f0", "foobar")), "ready for f0");
	});

	it("says that the flash is full, and has nothing of the file", () => {
		const { store, take, names } = receiver();
		take(put("a", "foobarfoobar"));
		take(`data ${FOOBAR}`);
		store.failAt = store.changes + 1;
		throws(() => take(`data ${FOOBAR}`), "No space left on device");
		deepEqual(names, []);
	});

	it("forgets all on cancel", () => {
		const { store, take, names } = receiver();
		for (const name of ["a", "b"]) {
			take(put(name, "foobar"));
			take(`data ${FOOBAR}`);
			take("end");
		}
		take(put("c", "foobar"));
		equal(take("cancel"), "cancelled");
		deepEqual(store.texts, {});
		deepEqual(names, []);
	});

	it("explains itself", () => {
		const { take } = receiver();
		throws(() => take("get x"), "file put NAME LENGTH SHA256");
		throws(() => take("end"), "no file was begun");
	});
});
