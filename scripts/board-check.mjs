// Checks one board of manifests/boards/ without the SDK: manifest, definitions of its Ethernet, partitions, sdkconfig.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

const CHIPS = ["esp32", "esp32c3", "esp32c6", "esp32s3"];
const KEYS = ["build", "creation", "defines", "platforms", "include", "modules", "preload"];
const SECTOR = 0x1000;
const SLOT_ALIGNMENT = 0x10000;
/** The partition table lies below the first partition, the loader below the table. */
const FIRST_OFFSET = 0x9000;
const NAME_MAX = 15;
const MEGABYTE = 1024 * 1024;
const CREATION = ["static", "chunk.initial", "heap.initial", "stack", "keys.initial"];

// Of each MAC, exactly these, and what they may be; `?` may be absent.
const pin = (from = 0) => value => Number.isInteger(value) && value >= from && value <= 48;
const among = (...values) => value => values.includes(value);
/** What known-phys.ts knows. */
const PHY_DRIVERS = ["auto", "generic", "ip101", "lan87xx", "rtl8201", "dp83848", "ksz8081", "lan867x", "tja110x", "dp83tc811"];
const within = (least, most) => value => Number.isInteger(value) && value >= least && value <= most;
const MACS = {
	openeth: { "openeth.use": among(1) },
	emac: {
		"emac.use": among(1), "emac.mdc": pin(), "emac.mdio": pin(), "emac.clock.out": among(0, 1), "emac.clock.pin": among(0, 16, 17),
		"phy.address": within(-1, 31), "phy.driver?": among(...PHY_DRIVERS), "phy.reset": pin(-1), "power.pin?": pin(-1), "power.level?": among(0, 1), "power.delay?": within(0, 1000),
	},
	w5500: {
		"w5500.use": among(1), "w5500.host": within(1, 2), "w5500.sck": pin(), "w5500.mosi": pin(), "w5500.miso": pin(), "w5500.select": pin(),
		"w5500.interrupt": pin(-1), "w5500.hz": within(100000, 80000000), "phy.address?": within(-1, 31), "phy.reset": pin(-1),
	},
};
// RMII of the ESP32 is wired so by the chip.
const RMII = [19, 21, 22, 25, 26, 27];

const flat = (object, prefix = "") => Object.entries(object ?? {}).flatMap(([key, value]) =>
	typeof value === "object" && value !== null && !Array.isArray(value) ? flat(value, `${prefix}${key}.`) : [[`${prefix}${key}`, value]]);

/** Returns a line for each mistake in the folder of a board. */
export function checkBoard(folder) {
	const name = `boards/${basename(folder)}`;
	const missing = ["manifest.json", "partitions.csv", "sdkconfig/sdkconfig.defaults", "sdkconfig/sdkconfig.defaults.release"].filter(file => !existsSync(join(folder, file)));
	if (missing.length > 0)
		return missing.map(file => `${name}: ${file} is missing`);
	const read = file => readFileSync(join(folder, file), "utf8");
	let manifest;
	try {
		manifest = JSON.parse(read("manifest.json"));
	}
	catch (error) {
		return [`${name}: manifest.json is no JSON: ${error.message}`];
	}
	const configuration = ["sdkconfig.defaults", "sdkconfig.defaults.release"].map(file => read(`sdkconfig/${file}`));
	return [
		...checkManifest(manifest, folder), ...checkEthernet(manifest), ...configuration.flatMap(checkSdkconfig), ...checkConsistency(manifest, configuration[0]),
		...checkPartitions(readPartitions(read("partitions.csv")), flashBytes(configuration[0])),
	].map(line => `${name}: ${line}`);
}

function checkManifest(manifest, folder) {
	const lines = Object.keys(manifest).filter(key => !KEYS.includes(key)).map(key => `manifest.json: "${key}" is no key of a board; known: ${KEYS.join(", ")}`);
	const build = manifest.build ?? {};
	if (build.NAME !== `zonal-${basename(folder)}`)
		lines.push(`manifest.json: build.NAME is ${build.NAME}, not zonal-${basename(folder)}`);
	if (!CHIPS.includes(build.ESP32_SUBCLASS))
		lines.push(`manifest.json: build.ESP32_SUBCLASS is ${build.ESP32_SUBCLASS}; use ${CHIPS.join(", ")}`);
	for (const key of ["SDKCONFIGPATH", "PARTITIONS_FILE"])
		if (!existsSync(String(build[key]).replace("$(SUBPLATFORMDIRECTORY)", folder)))
			lines.push(`manifest.json: build.${key}: there is no ${build[key]}`);
	const creation = new Map(flat(manifest.creation));
	for (const key of CREATION)
		if (!Number.isInteger(creation.get(key)) || creation.get(key) < 0)
			lines.push(`manifest.json: creation.${key} is no number`);
	if (creation.get("static") === 0 && (creation.get("chunk.incremental") !== 0 || creation.get("heap.incremental") !== 0))
		lines.push("manifest.json: creation: without static, chunks and slots must not grow (incremental 0)");
	return lines;
}

function checkEthernet({ build, defines }) {
	const found = Object.keys(MACS).filter(mac => defines?.ethernet?.[mac] !== undefined);
	if (found.length !== 1)
		return [`manifest.json: defines.ethernet wants one of ${Object.keys(MACS).join(", ")}; it has ${found.join(", ") || "none"}`];
	const [mac] = found, rules = MACS[mac], values = new Map(flat(defines.ethernet)), lines = [];
	for (const [rule, fits] of Object.entries(rules)) {
		const key = rule.replace("?", "");
		if (values.has(key) ? !fits(values.get(key)) : !rule.endsWith("?"))
			lines.push(`manifest.json: defines.ethernet.${key} is ${values.get(key)} (hal/boards/README.md)`);
		values.delete(key);
	}
	for (const [key, value] of flat(defines.led))
		if (!(key === "pin" ? pin()(value) : key === "level" && among(0, 1)(value)))
			lines.push(`manifest.json: defines.led.${key} is ${value} (hal/boards/README.md)`);
	lines.push(...Object.keys(defines).filter(key => key !== "ethernet" && key !== "led").map(key => `manifest.json: defines.${key} is unknown (hal/boards/README.md)`));
	lines.push(...[...values.keys()].map(key => `manifest.json: defines.ethernet.${key} is unknown (hal/boards/README.md)`));
	if (mac === "emac" && build?.ESP32_SUBCLASS !== "esp32")
		lines.push(`manifest.json: the ${build?.ESP32_SUBCLASS} has no MAC of its own`);
	return [...lines, ...checkPins(defines, mac)];
}

function checkPins({ ethernet, led }, mac) {
	const keys = ["led.pin", "emac.mdc", "emac.mdio", "emac.clock.pin", "w5500.sck", "w5500.mosi", "w5500.miso", "w5500.select", "w5500.interrupt", "phy.reset", "power.pin"];
	const used = mac === "emac" ? RMII.map(number => [number, "RMII"]) : [], lines = [];
	for (const [key, value] of flat({ ...ethernet, led }).filter(([key, value]) => keys.includes(key) && value >= 0)) {
		const other = used.find(([number]) => number === value);
		if (other)
			lines.push(`manifest.json: GPIO${value} is both ${other[1]} and ${key}`);
		used.push([value, key]);
	}
	if (mac === "emac" && ethernet.emac?.clock?.out === 0 && ethernet.emac.clock.pin > 0)
		lines.push("manifest.json: the RMII clock comes in at GPIO0 only");
	return lines;
}

function checkSdkconfig(text) {
	const lines = [], seen = new Set();
	let explained = false;
	text.split("\n").forEach((line, i) => {
		const where = `sdkconfig line ${i + 1}:`;
		if (line === "")
			explained = false;
		else if (line.startsWith("#")) {
			explained = true;
			if (/^# CONFIG_\w+ is not set/.test(line))
				lines.push(`${where} the SDK's merge skips this form; write =n`);
		}
		else {
			const option = /^(CONFIG_[A-Z0-9_]+)=(?:y|n|-?\d+|0x[0-9a-fA-F]+|"[^"]*")$/.exec(line);
			if (!option)
				lines.push(`${where} "${line}" is no option; write CONFIG_NAME=y, =n, a number or a text in quotes`);
			else if (seen.has(option[1]))
				lines.push(`${where} ${option[1]} is there twice`);
			else if (!explained)
				lines.push(`${where} ${option[1]} has no reason above it`);
			seen.add(option?.[1]);
		}
	});
	return lines;
}

const isOn = (configuration, option) => new RegExp(`^CONFIG_${option}=y$`, "m").test(configuration);

function checkConsistency({ build, defines }, configuration) {
	const ethernet = defines?.ethernet ?? {}, lines = [];
	for (const [mac, option] of [["openeth", "ETH_USE_OPENETH"], ["emac", "ETH_USE_ESP32_EMAC"], ["w5500", "ETH_USE_SPI_ETHERNET"]])
		if (ethernet[mac] !== undefined && !isOn(configuration, option))
			lines.push(`sdkconfig: ${mac} wants CONFIG_${option}=y`);
	if (/^CONFIG_\w*WIFI_ENABLED=y$/m.test(configuration))
		lines.push("sdkconfig: there is no Wi-Fi");
	if (build?.ESP32_SUBCLASS === "esp32" && !/^CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS=n$/m.test(configuration))
		lines.push("sdkconfig: the SDK's configuration boots damaged images: CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS=n");
	if (!isOn(configuration, "BOOTLOADER_APP_ROLLBACK_ENABLE"))
		lines.push("sdkconfig: updates want CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y");
	return lines;
}

/** Bytes of flash that the sdkconfig says; the SDK's own says 4 MB. */
export const flashBytes = configuration => Number(/^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y$/m.exec(configuration)?.[1] ?? 4) * MEGABYTE;

/** The rows of a partitions.csv: { name, type, subtype, offset, size, flags }; a number that is none is NaN. */
export const readPartitions = text => text.split("\n").filter(line => line.trim() !== "" && !line.startsWith("#"))
	.map(line => line.split(",").map(field => field.trim()))
	.map(([name, type, subtype, offset, size, flags = ""]) => ({ name, type, subtype, offset: number(offset), size: number(size), flags }));

function number(text) {
	const [, digits, unit] = /^(0x[0-9a-f]+|\d+)([KM]?)$/i.exec(text ?? "") ?? [];
	return Number(digits ?? NaN) * ({ K: 1024, M: MEGABYTE }[unit?.toUpperCase()] ?? 1);
}

/** Returns a line for each mistake in a table of partitions on so many bytes of flash. */
export function checkPartitions(rows, flash) {
	const lines = [], names = new Set();
	let end = FIRST_OFFSET;
	for (const { name, type, offset, size } of rows) {
		if (names.has(name) || name === "" || name.length > NAME_MAX)
			lines.push(`partition "${name}": a name of 1 to ${NAME_MAX} characters, once`);
		names.add(name);
		if (type !== "app" && type !== "data")
			lines.push(`partition ${name}: "${type}" is neither app nor data`);
		if (!(size > 0) || !(offset >= 0))
			lines.push(`partition ${name}: offset and size must be written down`);
		else if (offset % SECTOR !== 0 || size % SECTOR !== 0)
			lines.push(`partition ${name}: offset and size must be multiples of ${SECTOR}`);
		if (offset < end)
			lines.push(`partition ${name} begins at ${hex(offset)}, before what lies there ends (${hex(end)})`);
		if (offset + size > flash)
			lines.push(`partition ${name} ends at ${hex(offset + size)}, beyond ${flash / MEGABYTE} MB of flash`);
		if (type === "app" && offset % SLOT_ALIGNMENT !== 0)
			lines.push(`partition ${name} does not begin at a multiple of ${hex(SLOT_ALIGNMENT)}`);
		end = Math.max(end, offset + size || 0);
	}
	const slots = rows.filter(({ subtype }) => subtype?.startsWith("ota_"));
	if (slots.length !== 2 || slots[0].size !== slots[1].size)
		lines.push("two slots of one size expected (ota_0, ota_1)");
	for (const [subtype, size, flags] of [["ota", 2 * SECTOR, ""], ["nvs", 3 * SECTOR, ""], ["nvs_keys", SECTOR, "encrypted"]]) {
		const row = rows.find(row => row.type === "data" && row.subtype === subtype);
		if (!row || !(row.size >= size) || row.flags !== flags)
			lines.push(`a partition of data, ${subtype}, of at least ${hex(size)}${flags && `, ${flags}`} expected`);
	}
	if (!rows.some(({ name, type }) => name === "data" && type === "data"))
		lines.push("a partition \"data\" for files expected");
	return lines;
}

const hex = value => `0x${value.toString(16)}`;

/** The options that every board sets alike, from a line that says so on; returns a line for each board that differs. */
export function checkCommon(folders) {
	const parts = folders.map(folder => [basename(folder), readFileSync(join(folder, "sdkconfig/sdkconfig.defaults"), "utf8").split("# From here on the same for every board.\n")[1]]);
	return parts.filter(([, part]) => part === undefined || part !== parts[0][1]).map(([name]) => `boards/${name}: sdkconfig: the options "the same for every board" differ from those of ${parts[0][0]}`);
}

/** The boards' folders below `folder`. */
export const boardFolders = folder => readdirSync(folder).filter(name => existsSync(join(folder, name, "manifest.json"))).sort().map(name => join(folder, name));
