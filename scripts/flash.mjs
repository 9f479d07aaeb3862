// `npm run flash -- --board NAME [--encrypted-nvs] --port P`: writes what `npm run build -- --board NAME` made onto a board, with esptool.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { flashBytes, readPartitions } from "./board-check.mjs";
import { out, root } from "./build.mjs";
import { BURNS, boardAsBuilt } from "./encrypted-nvs.mjs";
import { boards } from "./manifests.mjs";
import { checkBaud, missingPort } from "./serial.mjs";
import { Stop, run } from "./terminal.mjs";

const HELP = `npm run flash -- --board NAME --port P [options]
  --board NAME   what was built with npm run build -- --board NAME
  --encrypted-nvs
                 it was built with this option
  --port P       the board's serial port, as /dev/ttyUSB0
  --baud N       how fast it is written (default 460800)
  --images DIR   the folder of the images, where it is not that of the build
  --output FILE  write one image of the whole flash to a file, as QEMU wants it, in place of flashing
  --dry-run      print the command, do nothing`;
const ESPTOOL = "Install it (Debian: apt-get install esptool), or run ESP-IDF's export.sh in this shell.";
const TABLE_OFFSET = 0x8000;

await run(async () => {
	const options = parse();
	const images = imagesOf(options);
	if (options.output !== undefined)
		return merge(images, options);
	const tool = esptool();
	const args = ["--chip", images.chip, "--port", options.port, "--baud", String(options.baud), "--before", "default_reset", "--after", "hard_reset",
		"write_flash", "--flash_mode", "keep", "--flash_freq", "keep", "--flash_size", "keep", ...images.parts.flatMap(({ offset, path }) => [`0x${offset.toString(16)}`, path])];
	const missing = [...images.missing, ...tool === undefined ? [`There is no esptool. ${ESPTOOL}`] : [], ...existsSync(options.port) ? [] : [`There is no ${options.port}. ${missingPort().replace("--port is missing. ", "")}`]];
	if (options["dry-run"]) {
		console.log([tool ?? "esptool", ...args].map(quoted).join(" "));
		for (const line of missing)
			console.log(line);
		process.exitCode = missing.length > 0 ? 2 : 0;
		return;
	}
	if (missing.length > 0)
		throw new Stop(missing.join("\n"), 2);
	for (const { offset, path, size, what } of images.parts)
		console.log(`0x${offset.toString(16).padStart(6, "0")}  ${String(size).padStart(8)} bytes  ${what} (${relative(root, path)})`);
	if (images.way !== undefined)
		console.log(BURNS[images.way]);
	console.log(`to ${options.port} with ${tool}; settings and files of the board stay as they are\n`);
	const { status, signal, error } = spawnSync(tool, args, { stdio: "inherit" });
	if (error || status !== 0)
		throw new Stop(`Not flashed: esptool ${error ? `did not start: ${error.message}` : signal ? `was ended by ${signal}` : `ended with ${status}`}. What is on the board now is not known; try again, with GPIO0 low at reset where the board does not enter its loader by itself.`);
	console.log(`\n✔ esptool wrote and verified ${options.board} on ${options.port}. Next: npm run monitor -- --port ${options.port}`);
});

function parse() {
	let values;
	try {
		({ values } = parseArgs({ options: {
			board: { type: "string" }, "encrypted-nvs": { type: "boolean", default: false }, port: { type: "string" }, baud: { type: "string", default: "460800" }, images: { type: "string" }, output: { type: "string" },
			"dry-run": { type: "boolean", default: false }, help: { type: "boolean", default: false },
		} }));
	}
	catch (error) {
		throw new Stop(`${error.message}\n\n${HELP}`, 2);
	}
	if (values.help)
		throw new Stop(HELP, 0);
	if (!boards().includes(values.board))
		throw new Stop(`${values.board === undefined ? "--board is missing" : `There is no board "${values.board}"`}. Boards: ${boards().join(", ")}`, 2);
	if (values.output === undefined && values.port === undefined)
		throw new Stop(`${missingPort()}\n\n${HELP}`, 2);
	return { ...values, baud: checkBaud(values.baud) };
}

/** What goes where; `missing`: why it cannot be flashed, in words. */
function imagesOf({ board, images, "encrypted-nvs": isEncrypted }) {
	const { folder, name: built, way } = boardAsBuilt(board, isEncrypted);
	const { NAME, ESP32_SUBCLASS: chip } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).build;
	const from = images === undefined ? join(out, "sdk/bin/esp32", built, "release", NAME) : resolve(images);
	const partitions = readPartitions(readFileSync(join(folder, "partitions.csv"), "utf8"));
	const slot = partitions.find(({ subtype }) => subtype === "ota_0"), selection = partitions.find(({ subtype }) => subtype === "ota");
	const parts = [
		// The ROM of the later chips looks for the loader at the very start.
		{ offset: chip === "esp32" ? 0x1000 : 0, name: "bootloader.bin", what: "loader", room: TABLE_OFFSET - (chip === "esp32" ? 0x1000 : 0) },
		{ offset: TABLE_OFFSET, name: "partition-table.bin", what: "partitions", room: 0x1000 },
		{ offset: selection.offset, name: "ota_data_initial.bin", what: "which slot to boot: the first", room: selection.size },
		{ offset: slot.offset, name: "xs_esp32.bin", what: "firmware, first slot", room: slot.size },
	].map(part => ({ ...part, path: join(from, part.name) })).map(part => ({ ...part, size: existsSync(part.path) ? statSync(part.path).size : -1 }));
	const absent = parts.filter(({ size }) => size < 0);
	const missing = absent.length === 0 ? [] : [`There is no ${absent.map(({ name }) => name).join(", ")} in ${from}: npm run build -- --board ${board}${isEncrypted ? " --encrypted-nvs" : ""} makes it, with the Moddable SDK and ESP-IDF.`];
	for (const { name, size, room } of parts)
		if (size === 0 || size > room)
			missing.push(`${name} has ${size} bytes; there is room for 1 to ${room}.`);
	return { chip, way, parts, missing, flash: flashBytes(readFileSync(join(folder, "sdkconfig/sdkconfig.defaults"), "utf8")) };
}

function merge({ parts, missing, flash }, options) {
	if (missing.length > 0)
		throw new Stop(missing.join("\n"), 2);
	// Erased flash reads as ones.
	const image = Buffer.alloc(flash, 0xff);
	for (const { offset, path } of parts)
		readFileSync(path).copy(image, offset);
	console.log(`${options["dry-run"] ? "would write" : "wrote"} ${flash} bytes to ${options.output}`);
	if (!options["dry-run"])
		writeFileSync(options.output, image);
}

/** The path of esptool, on PATH or in ESP-IDF's Python; undefined where there is none. */
function esptool() {
	const folders = [...(process.env.PATH ?? "").split(delimiter), ...process.env.IDF_PYTHON_ENV_PATH ? [join(process.env.IDF_PYTHON_ENV_PATH, "bin")] : []];
	return folders.flatMap(folder => ["esptool", "esptool.py"].map(name => join(folder, name))).find(path => existsSync(path) && statSync(path).isFile());
}

function quoted(text) {
	return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
