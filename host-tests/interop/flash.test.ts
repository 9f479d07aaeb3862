/** `npm run flash` with something in esptool's place. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, deepEqual, describe, equal, it, ok } from "#test";

const folder = mkdtempSync(join(tmpdir(), "zonal-flash-")), images = join(folder, "images"), tools = join(folder, "tools"), port = join(folder, "port");
const NAMES = ["bootloader.bin", "partition-table.bin", "ota_data_initial.bin", "xs_esp32.bin"];

/** Says what it is called with, and ends with `status`. */
function esptool(status: number): void {
	mkdirSync(tools, { recursive: true });
	writeFileSync(join(tools, "esptool"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/called\nexit ${status}\n`);
	chmodSync(join(tools, "esptool"), 0o755);
}

function build(sizes: Record<string, number> = {}): void {
	mkdirSync(images, { recursive: true });
	for (const name of NAMES)
		writeFileSync(join(images, name), Buffer.alloc(sizes[name] ?? 100, name));
}

function flash(args: string[], path = `${tools}:/usr/bin:/bin`) {
	rmSync(join(folder, "called"), { force: true });
	const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/flash.mjs", ...args], { encoding: "utf8", timeout: 120_000, env: { PATH: path } });
	ok(!/^ +at /m.test(stderr), stderr);
	return { status, text: stdout + stderr, called: existsSync(join(folder, "called")) ? readFileSync(join(folder, "called"), "utf8").trim().split("\n") : undefined };
}

const board = (name: string, ...more: string[]) => ["--board", name, "--port", port, "--images", images, ...more];
const at = (called: string[], offset: string) => called[called.indexOf(offset) + 1];

describe("flash", () => {
	after(() => rmSync(folder, { recursive: true, force: true }));
	writeFileSync(port, "");

	it("writes each image where the partitions say, and says so only where esptool did", () => {
		esptool(0);
		build();
		for (const [name, chip, loader] of [["wt32-eth01", "esp32", "0x1000"], ["qemu-esp32c3", "esp32c3", "0x0"], ["esp32-s3-w5500", "esp32s3", "0x0"], ["esp32-c6-w5500", "esp32c6", "0x0"]] as const) {
			const { status, text, called } = flash(board(name));
			equal(status, 0, text);
			ok(/✔ esptool wrote and verified/.test(text), text);
			equal(called![called!.indexOf("--chip") + 1], chip);
			equal(called![called!.indexOf("--port") + 1], port);
			deepEqual([loader, "0x8000", "0xd000", "0x10000"].map(offset => at(called!, offset)), NAMES.map(image => join(images, image)));
		}
	});

	it("takes the image with an encrypted NVS, and says what its first start does for good", () => {
		esptool(0);
		build();
		for (const [name, says] of [["wt32-eth01", /switches flash encryption on, for good/], ["esp32-c6-w5500", /burns a key into eFuse block 0 .*cannot be taken back/]] as const) {
			const { status, text } = flash(board(name, "--encrypted-nvs"));
			equal(status, 0, text);
			ok(says.test(text), text);
			ok(!says.test(flash(board(name)).text));
		}
		const { status, text } = flash(["--board", "wt32-eth01", "--encrypted-nvs", "--port", port]);
		equal(status, 2);
		ok(/no bootloader\.bin.* in .*wt32-eth01-encrypted-nvs.*--board wt32-eth01 --encrypted-nvs makes it/.test(text), text);
	});

	it("never claims success where esptool failed", () => {
		esptool(2);
		build();
		const { status, text } = flash(board("wt32-eth01"));
		equal(status, 1);
		ok(/Not flashed: esptool ended with 2/.test(text), text);
		ok(!text.includes("✔"), text);
	});

	it("prints the command with --dry-run, and runs nothing", () => {
		esptool(0);
		build();
		const { status, text, called } = flash(board("olimex-esp32-poe", "--dry-run", "--baud", "115200"));
		equal(status, 0, text);
		equal(called, undefined);
		equal(text.trim(), `${tools}/esptool --chip esp32 --port ${port} --baud 115200 --before default_reset --after hard_reset write_flash --flash_mode keep --flash_freq keep --flash_size keep`
			+ ` 0x1000 ${images}/bootloader.bin 0x8000 ${images}/partition-table.bin 0xd000 ${images}/ota_data_initial.bin 0x10000 ${images}/xs_esp32.bin`);
	});

	it("says what is missing and what to do, with status 2", () => {
		build();
		esptool(0);
		rmSync(join(images, "xs_esp32.bin"));
		let result = flash(board("wt32-eth01"));
		equal(result.status, 2);
		ok(/There is no xs_esp32\.bin in .*npm run build -- --board wt32-eth01/.test(result.text), result.text);
		equal(result.called, undefined);
		build();
		result = flash(["--board", "wt32-eth01", "--port", "/dev/ttyNONE", "--images", images]);
		equal(result.status, 2);
		ok(/There is no \/dev\/ttyNONE\./.test(result.text), result.text);
		mkdirSync(join(folder, "empty"), { recursive: true });
		result = flash(board("wt32-eth01"), join(folder, "empty"));
		equal(result.status, 2);
		ok(/There is no esptool\. Install it/.test(result.text), result.text);
		for (const [args, words] of [
			[[], /--board is missing.*Boards: esp32-c6-w5500/], [["--board", "uno"], /There is no board "uno".*Boards: esp32-c6-w5500/], [["--board", "wt32-eth01"], /--port is missing/],
			[["--erase"], /'--erase'/], [board("wt32-eth01", "--baud", "x"), /--baud x/],
		] as const) {
			result = flash([...args]);
			equal(result.status, 2, result.text);
			ok(words.test(result.text), result.text);
		}
	});

	it("writes no image over its neighbour", () => {
		esptool(0);
		build({ "xs_esp32.bin": 0x1e0001, "bootloader.bin": 0x7001 });
		const { status, text, called } = flash(board("wt32-eth01"));
		equal(status, 2);
		ok(/xs_esp32\.bin has 1966081 bytes; there is room for 1 to 1966080/.test(text) && /bootloader\.bin has 28673 bytes/.test(text), text);
		equal(called, undefined);
	});

	it("makes one image of the whole flash for QEMU", () => {
		build();
		const output = join(folder, "flash.bin");
		equal(flash(["--board", "qemu-esp32c3", "--images", images, "--output", output]).status, 0);
		const image = readFileSync(output);
		equal(image.length, 4 * 1024 * 1024);
		for (const [name, offset] of [["bootloader.bin", 0], ["partition-table.bin", 0x8000], ["ota_data_initial.bin", 0xd000], ["xs_esp32.bin", 0x10000]] as const)
			ok(image.subarray(offset, offset + 100).equals(Buffer.alloc(100, name)), name);
		ok(image.subarray(0x10064, 0x20000).every(byte => byte === 0xff), "the rest is erased");
	});
});
