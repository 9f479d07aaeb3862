/** Each rule of `npm run check` about manifests and boards catches a manifest that breaks it. */
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, deepEqual, describe, equal, it, ok } from "#test";
// @ts-expect-error: a plain script without types
import { boardFolders, checkBoard, checkCommon, checkPartitions, readPartitions } from "../../../scripts/board-check.mjs";
// @ts-expect-error: a plain script without types
import { checkEncrypted, encryptedBoard } from "../../../scripts/encrypted-nvs.mjs";
// @ts-expect-error: a plain script without types
import { boards, checkManifests } from "../../../scripts/manifests.mjs";
// @ts-expect-error: a plain script without types
import { preloadFaults } from "../../../scripts/preload-rules.mjs";

const copies: string[] = [];

/** These folders of the project with one change; returns what the check says. */
function broken(folders: string[], change: (project: Project) => void, check: (root: string) => string[]): string[] {
	const root = mkdtempSync(join(tmpdir(), "zonal-manifests-"));
	copies.push(root);
	for (const folder of folders)
		cpSync(folder, join(root, folder), { recursive: true });
	change(new Project(root));
	const lines = check(root);
	rmSync(root, { recursive: true, force: true });
	return lines;
}

const brokenProject = (change: (project: Project) => void): string[] =>
	broken(["manifests", "firmware", "hal"], change, root => (checkManifests(root) as { lines: string[] }).lines);

class Project {
	readonly root: string;

	constructor(root: string) {
		this.root = root;
	}

	edit(path: string, change: (text: string) => string): void {
		const old = readFileSync(join(this.root, path), "utf8"), fresh = change(old);
		ok(old !== fresh, `${path} did not change`);
		writeFileSync(join(this.root, path), fresh);
	}

	/** Changes a board's manifest as an object. */
	board(name: string, change: (manifest: any) => void): void {
		const path = join(this.root, "manifests/boards", name, "manifest.json"), manifest = JSON.parse(readFileSync(path, "utf8"));
		change(manifest);
		writeFileSync(path, JSON.stringify(manifest));
	}

	remove(path: string): void {
		ok(existsSync(join(this.root, path)), path);
		rmSync(join(this.root, path), { recursive: true });
	}

	add(path: string, text: string): void {
		appendFileSync(join(this.root, path), text);
	}
}

function just(lines: string[], expected: RegExp[]): void {
	equal(lines.length, expected.length, `\n${lines.join("\n")}\n`);
	for (const pattern of expected)
		ok(lines.some(line => pattern.test(line)), `nothing like ${pattern} in\n${lines.join("\n")}`);
}

let before: string[] | undefined;

/** The check of all finds just this. */
function finds(change: (project: Project) => void, ...expected: RegExp[]): void {
	before ??= checkManifests().lines as string[];
	just(brokenProject(change).filter(line => !before!.includes(line)), expected);
}

/** The checks of the boards find just this. */
function findsOnBoard(change: (project: Project) => void, ...expected: RegExp[]): void {
	just(broken(["manifests/boards"], change, root => {
		const folders = boardFolders(join(root, "manifests/boards")) as string[], lines = folders.flatMap(checkBoard) as string[];
		return lines.some(line => line.includes("is missing")) ? lines : [...lines, ...checkCommon(folders)];
	}), expected);
}

describe("manifests: modules", () => {
	after(() => {
		for (const root of copies)
			rmSync(root, { recursive: true, force: true });
	});

	it("knows the boards", () => {
		deepEqual(boards(), [
			"esp32-c6-w5500", "esp32-ethernet-kit", "esp32-s3-w5500", "lilygo-t-internet-poe", "olimex-esp32-poe", "qemu-esp32", "qemu-esp32c3", "wt32-eth01",
		]);
	});

	it("finds nothing wrong with a copy of the project", () => {
		finds(() => undefined);
	});

	it("finds a module that is imported, but not listed", () => {
		finds(project => project.edit("manifests/manifest.json", text => text.replace("\"firmware/main-esp32\": \"../build/firmware/main-esp32\"", "")), /firmware\/main-esp32 is imported, but not listed/);
	});

	it("finds a module that is left out, but imported", () => {
		finds(project => project.edit("manifests/manifest_firmware.json", text => text.replace("\"~\": [", "\"~\": [ \"../build/firmware/wire/utf8\",")), /firmware\/wire\/utf8 is left out \("~"\), but imported/);
	});

	it("finds modules that are not preloaded", () => {
		finds(project => project.edit("manifests/manifest.json", text => text.replace("\"preload\": [ \"firmware/main-esp32\" ]", "\"preload\": [ ]")), /firmware\/main-esp32 is not preloaded/);
	});

	it("finds files that are listed, included or imported, and not there", () => {
		finds(project => project.edit("manifests/manifest_hal.json", text => text.replace("clock.c", "watch-clock.c")), /there is no hal\/system\/watch-clock\.c/);
		finds(project => project.edit("manifests/manifest.json", text => text.replace("\"../build/firmware/main-esp32\"", "\"../build/firmware/main-esp33\"")), /there is no firmware\/main-esp33\.ts/, /main-esp32 is imported, but not listed/);
		finds(project => project.edit("manifests/manifest.json", text => text.replace("\"modules\": {", "\"modules\": { \"firmware/none/*\": \"../build/firmware/none/*\",")), /there is no folder firmware\/none/);
		finds(project => project.add("firmware/wire/time.ts", "import \"./nowhere.js\";\n"), /nowhere\.ts is imported, but does not exist/, /nowhere is imported, but not listed/);
		ok(brokenProject(project => project.edit("manifests/manifest.json", text => text.replace("./manifest_hal.json", "./manifest_hall.json"))).some(line => line === "manifest_hall.json is included, but does not exist"));
	});

	it("finds a manifest that is no JSON, and a key that is none", () => {
		ok(brokenProject(project => project.add("manifests/manifest.json", "}")).some(line => line.startsWith("manifest.json is no JSON")));
		finds(project => project.edit("manifests/manifest.json", text => text.replace("\"strip\"", "\"stripe\"")), /manifest\.json: "stripe" is no key of a manifest/);
	});

	it("finds two natives of one name, and one that the SDK has already", () => {
		finds(project => project.edit("manifests/manifest_hal.json", text => text.replace("\"../hal/net/udp.c\"", "\"../hal/net/udp.c\", \"../hal/net/udp.c\"")), /two natives are called udp\.c/);
	});

	it("finds a native() that only a PC resolves", () => {
		finds(project => project.add("hal/system/clock.ts", "export function f(a: number): void {\n\tnative(\"xs_clock_now\").call(this, a + 1);\n}\n"), /hal\/system\/clock\.ts:\d+: the SDK cannot resolve this native\(\)/);
	});

	it("finds what cannot be preloaded", () => {
		finds(project => project.add("firmware/wire/time.ts", "export const WORD = /\\w+/;\n"), /firmware\/wire\/time\.ts: "(?:export )?const WORD = .*a RegExp cannot be preloaded/);
		finds(project => project.add("firmware/wire/time.ts", "let calls = 0;\nexport const count = (): number => ++calls;\n"), /module state in flash cannot change/);
	});
});

describe("manifests: preload rules", () => {
	const faults = (text: string) => (preloadFaults(text) as string[]).map(line => line.replace(/^".*": /, ""));

	it("refuse a RegExp at module scope in every form", () => {
		for (const text of ["const A = /x/;", "const A = [/[/]/g];", "const A = { b: /x/ };", "const A = new RegExp(\"x\");", "class A {\n  static b = /x/;\n}", "const A = 1 / 2, B = /x/;"])
			equal(faults(text)[0]?.includes("RegExp"), true, text);
	});

	it("refuse state", () => {
		for (const text of ["let a = 0;", "var a;", "export let a = 1;", "const a = new Map();", "const a = new Uint8Array(4);", "const a = { b: new Set() };", "const a = Object.freeze(new Date());", "class A {\n  static n = 0;\n}"])
			equal(faults(text).length, 1, text);
	});

	it("let functions, fields of objects, comments and strings alone", () => {
		for (const text of [
			"function f() {\n  let a = /x/;\n  return new Map();\n}", "const f = () => {\n  let a = /}/;\n};", "class A {\n  a = new Uint8Array(4);\n  b = /x/;\n  static f() {\n    let a = /x/;\n  }\n}",
			"// let a = /x/", "/* let a */", "const a = \"let b = /x/\";", "const a = `let ${1 / 2} /x/`;", "const a = 4 / 2 / 1;", "const a = (1) / 2 / 3;", "const A = Object.freeze([1, 2]);", "const f = () => new Map();",
		])
			deepEqual(faults(text), [], text);
	});
});

describe("manifests: boards", () => {
	const BOARD = "manifests/boards/wt32-eth01";
	const csv = (from: string, to: string) => (project: Project) => project.edit(`${BOARD}/partitions.csv`, text => text.replace(from, to));
	const ethernet = (change: (ethernet: any) => void) => (project: Project) => project.board("wt32-eth01", manifest => change(manifest.defines.ethernet));

	it("are each complete", () => {
		for (const name of ["partitions.csv", "sdkconfig/sdkconfig.defaults.release"])
			findsOnBoard(project => project.remove(`${BOARD}/${name}`), new RegExp(`boards/wt32-eth01: ${name} is missing`));
		findsOnBoard(project => project.remove(`${BOARD}/sdkconfig/sdkconfig.defaults`), /sdkconfig\/sdkconfig\.defaults is missing/);
	});

	it("have a manifest with a name, a chip, paths and an arena", () => {
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.build.NAME = "other"; }), /build\.NAME is other, not zonal-wt32-eth01/);
		findsOnBoard(project => project.board("qemu-esp32c3", manifest => { manifest.build.ESP32_SUBCLASS = "esp32p4"; }), /build\.ESP32_SUBCLASS is esp32p4/);
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.build.PARTITIONS_FILE = "$(SUBPLATFORMDIRECTORY)/parts.csv"; }), /build\.PARTITIONS_FILE: there is no/);
		findsOnBoard(project => project.board("wt32-eth01", manifest => { delete manifest.creation.stack; }), /creation\.stack is no number/);
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.creation.heap.incremental = 64; }), /must not grow/);
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.wifi = {}; }), /"wifi" is no key of a board/);
		findsOnBoard(project => project.add(`${BOARD}/manifest.json`, "{"), /manifest\.json is no JSON/);
	});

	it("say of one Ethernet what the firmware reads, and nothing else", () => {
		findsOnBoard(ethernet(value => { delete value.emac.clock.pin; }), /defines\.ethernet\.emac\.clock\.pin is undefined/);
		findsOnBoard(ethernet(value => { value.emac.clock = { out: 1, pin: 5 }; }), /emac\.clock\.pin is 5/);
		findsOnBoard(ethernet(value => { value.phy.adress = 1; }), /phy\.adress is unknown/);
		findsOnBoard(ethernet(value => { value.phy.address = 32; }), /phy\.address is 32/);
		findsOnBoard(ethernet(value => { value.phy.driver = "lan8720"; }), /phy\.driver is lan8720/);
		findsOnBoard(ethernet(value => { value.openeth = { use: 1 }; }), /wants one of openeth, emac, w5500; it has openeth, emac/, /openeth wants CONFIG_ETH_USE_OPENETH=y/);
		findsOnBoard(project => project.board("wt32-eth01", manifest => { delete manifest.defines; }), /it has none/);
		findsOnBoard(project => project.board("qemu-esp32c3", manifest => { manifest.build.ESP32_SUBCLASS = "esp32"; manifest.defines.ethernet = { emac: { use: 1, mdc: 23, mdio: 18, clock: { out: 0, pin: 0 } }, phy: { reset: -1, address: 0 } }; }),
			/emac wants CONFIG_ETH_USE_ESP32_EMAC=y/, /boots damaged images/);
	});

	it("may have a light, and no other definitions", () => {
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.defines.led = { pin: 4, level: 0 }; }));
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.defines.led = { pin: 16, level: 2 }; }), /defines\.led\.level is 2/, /GPIO16 is both power\.pin and led\.pin/);
		findsOnBoard(project => project.board("wt32-eth01", manifest => { manifest.defines.wifi = { use: 1 }; }), /defines\.wifi is unknown/);
	});

	it("use no pin twice, and the clock's input where the chip has it", () => {
		findsOnBoard(ethernet(value => { value.power.pin = 23; }), /GPIO23 is both emac\.mdc and power\.pin/);
		findsOnBoard(ethernet(value => { value.emac.mdio = 25; }), /GPIO25 is both RMII and emac\.mdio/);
		findsOnBoard(ethernet(value => { value.emac.clock.pin = 17; }), /comes in at GPIO0 only/);
		findsOnBoard(project => project.board("esp32-s3-w5500", manifest => { manifest.defines.ethernet.w5500.miso = 11; }), /GPIO11 is both w5500\.mosi and w5500\.miso/);
	});

	it("have an sdkconfig of options, each once and with its reason", () => {
		const line = (text: string) => (project: Project) => project.edit("manifests/boards/qemu-esp32/sdkconfig/sdkconfig.defaults", old => old.replace("\n\n", `\n\n${text}\n\n`));
		findsOnBoard(line("# why\nCONFIG_X=yes"), /"CONFIG_X=yes" is no option/);
		findsOnBoard(line("# why\nX=y"), /"X=y" is no option/);
		findsOnBoard(line("# why\nCONFIG_X = y"), /is no option/);
		findsOnBoard(line("# why\n# CONFIG_X is not set"), /write =n/);
		findsOnBoard(line("# why\nCONFIG_X=y\nCONFIG_X=n"), /CONFIG_X is there twice/);
		findsOnBoard(line("CONFIG_X=y"), /CONFIG_X has no reason above it/);
		findsOnBoard(line("# why\nCONFIG_ESP_WIFI_ENABLED=y"), /there is no Wi-Fi/);
	});

	it("share the options that are the same for all", () => {
		findsOnBoard(project => project.edit("manifests/boards/wt32-eth01/sdkconfig/sdkconfig.defaults", text => text.replace("CONFIG_LWIP_MAX_SOCKETS=12", "CONFIG_LWIP_MAX_SOCKETS=4")), /wt32-eth01: sdkconfig: the options "the same for every board" differ/);
		findsOnBoard(project => project.edit("manifests/boards/wt32-eth01/sdkconfig/sdkconfig.defaults", text => text.replace("CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y\n", "")), /updates want/, /differ/);
	});

	it("have partitions that fit, side by side", () => {
		findsOnBoard(csv("0x1f0000, 0x1e0000", "0x1e0000, 0x1e0000"), /partition ota_1 begins at 0x1e0000, before what lies there ends/);
		findsOnBoard(csv("0x3d0000, 0x30000", "0x3d0000, 0x31000"), /partition data ends at 0x401000, beyond 4 MB/);
		findsOnBoard(csv("ota_1,    app,  ota_1,    0x1f0000, 0x1e0000", "ota_1,    app,  ota_1,    0x1f1000, 0x1d0000"), /ota_1 does not begin at a multiple of 0x10000/, /two slots of one size/);
		findsOnBoard(csv("ota_1,    app,", "#ota_1,   app,"), /two slots of one size/);
		findsOnBoard(csv("otadata,", "#otadata,"), /data, ota, of at least 0x2000/);
		findsOnBoard(csv(",   encrypted", ","), /data, nvs_keys, of at least 0x1000, encrypted/);
		findsOnBoard(csv("0x9000,   0x4000", "0x9000,   0x4100"), /multiples of 4096/, /otadata begins at 0xd000/);
		findsOnBoard(csv("data,     data,", "files,    data,"), /a partition "data" for files/);
		findsOnBoard(csv("nvs,      data, nvs,      0x9000", "nvs,      data, nvs,      0x8000"), /partition nvs begins at 0x8000/);
		findsOnBoard(csv("nvs,      data, nvs,      0x9000", "nvs,      data, nvs,      ,"), /offset and size must be written down/, /data, nvs, of at least/);
	});

	it("read sizes as ESP-IDF does", () => {
		const rows = readPartitions("# x\nnvs, data, nvs, 36K, 16K\napp0, app, ota_0, 1M, 0x100000,\n") as { offset: number, size: number }[];
		deepEqual(rows.map(({ offset, size }) => [offset, size]), [[36864, 16384], [1048576, 1048576]]);
		ok((checkPartitions(readPartitions("a, data, nvs, zero, 0x1000"), 0x400000) as string[]).some(line => line.includes("must be written down")));
	});
});

describe("manifests: a board with an encrypted NVS", () => {
	const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");
	/** A change to the boards or to the options, and what is said of it. */
	const says = (change: (project: Project) => void): string[] =>
		broken(["manifests"], change, root => (boardFolders(join(root, "manifests/boards")) as string[]).flatMap(folder => checkEncrypted(folder, root) as string[]));

	it("is made of each board, with what its chip has to protect the keys", () => {
		const ways: string[] = [];
		just(broken(["manifests"], () => undefined, root => {
			for (const board of boards() as string[]) {
				const { folder, name, way } = encryptedBoard(board, root), manifest = JSON.parse(read(folder, "manifest.json")), options = read(folder, "sdkconfig/sdkconfig.defaults");
				ways.push(`${manifest.build.ESP32_SUBCLASS} ${way}`);
				deepEqual([name, manifest.build.NAME], [`${board}-encrypted-nvs`, `zonal-${board}-encrypted-nvs`]);
				ok(options.startsWith(read(join(root, "manifests/boards", board), "sdkconfig/sdkconfig.defaults")) && /^CONFIG_NVS_ENCRYPTION=y$/m.test(options), board);
				equal(/^CONFIG_SECURE_FLASH_ENC_ENABLED=y$/m.test(options), way === "flash-encryption");
				equal(read(folder, "partitions.csv"), read(join(root, "manifests/boards", board), "partitions.csv"));
			}
			return [];
		}), []);
		deepEqual([...new Set(ways)].sort(), ["esp32 flash-encryption", "esp32c3 hmac", "esp32c6 hmac", "esp32s3 hmac"]);
	});

	it("is checked like any board, and what is wrong with the board itself is said once", () => {
		just(says(() => undefined), []);
		just(says(project => project.add("manifests/boards/esp32-c6-w5500/sdkconfig/sdkconfig.defaults", "CONFIG_NVS_ENCRYPTION=n\n")), [/esp32-c6-w5500-encrypted-nvs: .*CONFIG_NVS_ENCRYPTION is there twice/]);
		just(says(project => project.board("qemu-esp32c3", manifest => { manifest.defines.other = 1; })), []);
	});

	it("needs the option for its keys, and a reason for each", () => {
		const chips = (boards() as string[]).length, classic = chips - 3;
		const missing = says(project => project.edit("manifests/encrypted-nvs/flash-encryption.defaults", text => text.replace("CONFIG_SECURE_FLASH_ENC_ENABLED=y\n", "")));
		just(missing, Array.from({ length: classic }, () => /flash-encryption\.defaults: CONFIG_SECURE_FLASH_ENC_ENABLED=y is missing/));
		just(says(project => project.add("manifests/encrypted-nvs/hmac.defaults", "CONFIG_OTHER=maybe\n")), Array.from({ length: 3 }, () => /"CONFIG_OTHER=maybe" is no option/));
	});

	it("is refused in words for a chip that cannot, and without a partition for the keys", () => {
		const refuses = (change: (project: Project) => void): string[] => broken(["manifests"], change, root => {
			try {
				encryptedBoard("wt32-eth01", root);
				return [];
			}
			catch (error) {
				return [(error as Error).message];
			}
		});
		just(refuses(project => project.board("wt32-eth01", manifest => { manifest.build.ESP32_SUBCLASS = "esp32c2"; })), [/wt32-eth01: the esp32c2 has nothing that could protect the keys/]);
		just(refuses(project => project.edit("manifests/boards/wt32-eth01/partitions.csv", text => text.replace(/^nvs_keys.*\n/m, ""))), [/partitions\.csv has no nvs_keys, where the esp32 keeps the keys/]);
	});
});
