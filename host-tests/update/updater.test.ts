import { deepEqual, describe, equal, hex, it, ok, throws, unhex } from "#test";
import { crypto } from "#hal";
import { UPDATE_CONFIRM_TIME } from "../../firmware/config.js";
import { UpdateConsole } from "../../firmware/gateway/update-console.js";
import { readPublicKey } from "../../firmware/gateway/pem.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";
import { UPDATE_HEADER } from "../../firmware/update/update-header.js";
import { readUpdateKey } from "../../firmware/update/update-key.js";
import { Updater } from "../../firmware/update/updater.js";
import { CAPACITY, Disk, image, publicKey, send, start, updateFile } from "./support/rig.js";

const OLD = image(1000, 1), NEW = image(2500, 2);

/** A disk whose first image came by the way of all others. */
function installed(): Disk {
	const disk = new Disk(), first = start(disk);
	send(first.updater, updateFile(OLD, 5));
	start(disk).updater.turn(true, 0);
	return disk;
}

const running = (disk: Disk) => disk.files.get(start(disk).slots.running)!;

describe("updater", () => {
	it("puts an image in place that the next start is of, and confirms it once the broker has answered", () => {
		const disk = installed(), { updater } = start(disk);
		equal(updater.version, 5);
		equal(send(updater, updateFile(NEW, 6)), 6);
		equal(hex(disk.files.get("slot-1")!), hex(OLD));
		const next = start(disk, 1000);
		deepEqual([next.slots.isPending, next.updater.isPending, next.updater.version], [true, true, 5]);
		equal(hex(disk.files.get(next.slots.running)!), hex(NEW));
		equal(next.updater.turn(false, 2000), false);
		equal(next.updater.turn(true, 3000), true);
		equal(next.updater.turn(true, 4000), false);
		deepEqual([next.updater.isPending, next.updater.version], [false, 6]);
		equal(hex(running(disk)), hex(NEW));
	});

	it("goes back to the image before where the new one is not confirmed", () => {
		const disk = installed();
		send(start(disk).updater, updateFile(NEW, 6));
		equal(start(disk).updater.turn(false, UPDATE_CONFIRM_TIME - 1), false);
		const after = start(disk);
		deepEqual([after.slots.hasRolledBack, after.slots.isPending, after.updater.version], [true, false, 5]);
		equal(hex(disk.files.get(after.slots.running)!), hex(OLD));
		equal(disk.values.has("fw-next"), false);
		deepEqual([start(disk).slots.hasRolledBack, hex(running(disk)) === hex(OLD)], [false, true]);
	});

	it("confirms an image that runs long enough, though there is no broker", () => {
		const disk = installed();
		send(start(disk).updater, updateFile(NEW, 6));
		const start0 = 0x7ffffff0 | 0, next = start(disk, start0);
		equal(next.updater.turn(false, (start0 + UPDATE_CONFIRM_TIME - 1) | 0), false);
		equal(next.updater.turn(false, (start0 + UPDATE_CONFIRM_TIME) | 0), true);
	});

	it("takes the file in pieces of any size", () => {
		for (const piece of [1, 7, 159, 160, 161, 4000]) {
			const disk = installed();
			equal(send(start(disk).updater, updateFile(NEW, 6), piece), 6);
			equal(hex(running(disk)), hex(NEW));
		}
	});

	it("refuses a header that was changed, before it touches the slot", () => {
		const disk = installed(), before = disk.operations;
		for (let at = 0; at < 82; at++) {
			const { updater } = start(disk), file = updateFile(NEW, 6, { change: header => { header[at] = header[at]! ^ 1; } });
			throws(() => send(updater, file), at < 4 ? "no update file" : at < 8 ? "format" : at < 80 ? "signature" : "");
		}
		equal(disk.operations, before);
	});

	it("refuses a signature by another key, or none", () => {
		const { updater } = start(installed());
		throws(() => send(updater, updateFile(NEW, 6, { change: header => header.fill(0, 80) })), "is not signed");
		throws(() => send(updater, updateFile(NEW, 6, { change: header => header.fill(7, 90, 120) })), "the signature is not by the key");
		const other = publicKey();
		other[10] = other[10]! ^ 1;
		const slots = start(installed()).slots;
		throws(() => send(new Updater({ update: slots, crypto, key: other }, 0), updateFile(NEW, 6)), "the signature is not by the key");
		throws(() => new Updater({ update: slots, crypto, key: undefined }, 0).begin(), "no key for updates is configured");
	});

	it("refuses what is for another machine, does not fit, or is older", () => {
		const { updater } = start(installed());
		throws(() => send(updater, updateFile(NEW, 6, { target: "esp32" })), "the update is for esp32, and this is pc");
		throws(() => send(updater, updateFile(image(CAPACITY + 1, 1), 6)), `the image has ${CAPACITY + 1} bytes, the slot ${CAPACITY}`);
		throws(() => send(updater, updateFile(new Uint8Array(0), 6)), "the image has 0 bytes");
		throws(() => send(updater, updateFile(NEW, 4)), "version 4 is older than version 5, which was here");
		equal(send(updater, updateFile(image(CAPACITY, 1), 5)), 5);
	});

	it("refuses a file that is cut, longer than it says, or not what was signed", () => {
		const disk = installed(), file = updateFile(NEW, 6);
		for (let length = 0; length < file.length; length += length < UPDATE_HEADER + 2 ? 1 : 97) {
			throws(() => send(start(disk).updater, file.slice(0, length)), length <= UPDATE_HEADER - 1 ? "no update came" : "bytes came");
			equal(hex(running(disk)), hex(OLD));
		}
		const longer = new Uint8Array(file.length + 1);
		longer.set(file);
		throws(() => send(start(disk).updater, longer), "more than the 2500 bytes");
		file[UPDATE_HEADER + 1234] = file[UPDATE_HEADER + 1234]! ^ 1;
		throws(() => send(start(disk).updater, file), "another SHA-256");
		equal(hex(running(disk)), hex(OLD));
		equal(disk.files.has("slot-0"), false);
	});

	it("begins anew where it is told to, and takes nothing that was not begun", () => {
		const disk = installed(), { updater } = start(disk), file = updateFile(NEW, 6);
		throws(() => updater.write(file, 0, 10), "no update was begun");
		updater.begin();
		updater.write(file, 0, 1000);
		deepEqual([updater.length, updater.received], [2500, 840]);
		equal(send(updater, file), 6);
		equal(send(updater, updateFile(image(700, 3), 7)), 7);
		equal(hex(running(disk)), hex(image(700, 3)));
	});

	it("takes no update while the image that runs is on trial", () => {
		const disk = installed();
		send(start(disk).updater, updateFile(NEW, 6));
		throws(() => start(disk).updater.begin(), "on trial");
	});
});

describe("update: power is cut", () => {
	it("at any moment, and there is a whole image at every start", () => {
		const count = (() => {
			const disk = installed(), before = disk.operations;
			send(start(disk).updater, updateFile(NEW, 6), 1000);
			start(disk).updater.turn(true, 0);
			return disk.operations - before;
		})();
		ok(count > 8);
		for (let cut = 1; cut <= count; cut++) {
			const disk = installed();
			disk.cutAt = disk.operations + cut;
			let isConfirmed = false;
			try {
				send(start(disk).updater, updateFile(NEW, 6), 1000);
				isConfirmed = start(disk).updater.turn(true, 0);
			}
			catch { /* the cut */ }
			equal(isConfirmed && cut < count, false, `${cut}`);
			disk.restore();
			// Starts without a broker: at the third the trial of a new image is over.
			const seen: string[] = [];
			for (let i = 0; i < 3; i++) {
				const bytes = hex(running(disk));
				ok(bytes === hex(OLD) || bytes === hex(NEW), `cut ${cut}, start ${i}`);
				seen.push(bytes === hex(OLD) ? "old" : "new");
			}
			const { slots, updater } = start(disk);
			ok(!slots.isPending, `cut ${cut}: ${seen.join()}`);
			equal(seen[2], hex(running(disk)) === hex(OLD) ? "old" : "new");
			// What is left of it does not stand in the way of the next one.
			equal(send(updater, updateFile(NEW, 6)), 6, `cut ${cut}`);
			start(disk).updater.turn(true, 0);
			equal(hex(running(disk)), hex(NEW));
		}
	});
});

describe("update key", () => {
	const POINT = `04${"11".repeat(64)}`, DER = `3059301306072a8648ce3d020106082a8648ce3d030107034200${POINT}`;

	it("is a public key on P-256", () => {
		equal(hex(readUpdateKey(unhex(DER))), POINT);
		for (const wrong of ["", DER.slice(2), `${DER}00`, DER.replace("030107", "030108"), DER.replace("034200", "034201"), DER.replace("04111111", "02111111")])
			throws(() => readUpdateKey(unhex(wrong)), "no public key of ECDSA on P-256");
	});

	it("comes as PEM", () => {
		const pem = (text: string) => readPublicKey(encodeUtf8(text));
		equal(hex(pem("x\n-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----\n")), "010203");
		for (const wrong of ["", "-----BEGIN PUBLIC KEY-----\nAQID\n", "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n", "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"])
			throws(() => pem(wrong), "holds no public key");
	});
});

describe("console's update", () => {
	const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	function base64(bytes: Uint8Array): string {
		let text = "";
		for (let i = 0; i < bytes.length; i += 3) {
			const [a, b, c] = [bytes[i]!, bytes[i + 1], bytes[i + 2]];
			text += ALPHABET.charAt(a >> 2) + ALPHABET.charAt((a & 3) << 4 | (b ?? 0) >> 4)
				+ (b === undefined ? "=" : ALPHABET.charAt((b & 15) << 2 | (c ?? 0) >> 6)) + (c === undefined ? "=" : ALPHABET.charAt(c & 63));
		}
		return text;
	}
	function console() {
		const disk = installed(), said: string[] = [], updates = new UpdateConsole(start(disk).updater, { onLine: undefined, print: line => { said.push(line); } }, { level: 2, write: (_level, module, text) => { said.push(`${module}: ${text}`); } });
		return { disk, said, type: (line: string) => updates.take(line.split(" ").filter(word => word !== "")) };
	}

	it("takes a file line by line", () => {
		const { disk, said, type } = console(), file = updateFile(NEW, 6);
		type("");
		type("begin");
		for (let at = 0; at < file.length; at += 900)
			type(`data ${base64(file.slice(at, at + 900))}`);
		type("");
		type("end");
		deepEqual(said, [
			"update: version 5", "update: ready", "update: 740", "update: 1640", "update: 2500", "update: version 5; 2500 of 2500 bytes came",
			"update: version 6 is in place; restart starts it", "update: version 6 came; the next start is of it",
		]);
		equal(hex(running(disk)), hex(NEW));
	});

	it("refuses in words, and forgets what came", () => {
		const { disk, said, type } = console();
		for (const line of ["data AQID", "begin", "data !", "data AQID", "begin", "end", "begin", "cancel", "end", "put"])
			type(line);
		deepEqual(said, [
			"update: refused: no update was begun", "update: ready", "update: refused: a line is no base64", "update: refused: no update was begun", "update: ready",
			"update: refused: no update came", "update: ready", "update: cancelled", "update: refused: no update came",
			"update: update, update begin, update data BASE64, update end, or update cancel",
		]);
		equal(hex(running(disk)), hex(OLD));
	});
});
