// `--encrypted-nvs` of build and flash: the board with an encrypted NVS, as a folder of its own below build/, made of the board's
// and of the options for what its chip protects the keys with (manifests/encrypted-nvs/).
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { checkBoard, readPartitions } from "./board-check.mjs";
import { root as project } from "./build.mjs";
import { Stop } from "./terminal.mjs";

const SUFFIX = "-encrypted-nvs";
/** Chips with an HMAC peripheral need nothing else; the ESP32 has none. */
const WAYS = { esp32: "flash-encryption", esp32c3: "hmac", esp32c6: "hmac", esp32s3: "hmac" };
export const BURNS = {
	hmac: "The first start of this image burns a key into eFuse block 0 of the chip. That cannot be taken back.",
	"flash-encryption": "The first start of this image switches flash encryption on, for good: its key is burnt into eFuse. From then on the board takes updates\nas before, but over its serial port only images that are encrypted on the way (esptool --encrypt).",
};

/** Makes the folder anew. Returns it, its name as a board's and one of BURNS' keys; throws Stop where the board cannot. */
export function encryptedBoard(board, root = project) {
	const from = join(root, "manifests/boards", board), to = join(root, "build/boards", board + SUFFIX);
	const manifest = JSON.parse(readFileSync(join(from, "manifest.json"), "utf8")), chip = manifest.build.ESP32_SUBCLASS, way = WAYS[chip];
	if (way === undefined)
		throw new Stop(`${board}: the ${chip} has nothing that could protect the keys of an encrypted NVS.`);
	if (way === "flash-encryption" && !readPartitions(readFileSync(join(from, "partitions.csv"), "utf8")).some(({ subtype }) => subtype === "nvs_keys"))
		throw new Stop(`${board}: partitions.csv has no nvs_keys, where the ${chip} keeps the keys of an encrypted NVS.`);
	rmSync(to, { recursive: true, force: true });
	cpSync(from, to, { recursive: true });
	writeFileSync(join(to, "manifest.json"), JSON.stringify({ ...manifest, build: { ...manifest.build, NAME: manifest.build.NAME + SUFFIX } }, null, "\t"));
	const defaults = join(to, "sdkconfig/sdkconfig.defaults");
	writeFileSync(defaults, `${readFileSync(defaults, "utf8")}\n${readFileSync(join(root, "manifests/encrypted-nvs", `${way}.defaults`), "utf8")}`);
	return { folder: to, name: board + SUFFIX, way };
}

/** Returns a line for each mistake of a board with an encrypted NVS that it does not have without. */
export function checkEncrypted(folder, root = project) {
	if (checkBoard(folder).length > 0)
		return [];
	try {
		const { folder: derived, way } = encryptedBoard(basename(folder), root), text = readFileSync(join(derived, "sdkconfig/sdkconfig.defaults"), "utf8");
		const wanted = ["NVS_ENCRYPTION", ...way === "hmac" ? ["NVS_SEC_KEY_PROTECT_USING_HMAC"] : ["SECURE_FLASH_ENC_ENABLED"]];
		return [...checkBoard(derived), ...wanted.filter(option => !text.includes(`\nCONFIG_${option}=y\n`)).map(option => `encrypted-nvs/${way}.defaults: CONFIG_${option}=y is missing`)];
	}
	catch (error) {
		if (error instanceof Stop)
			return [error.message];
		throw error;
	}
}

/** The board as it is built: { folder, name }, and `way` where its NVS is encrypted. */
export const boardAsBuilt = (board, isEncrypted) => isEncrypted ? encryptedBoard(board) : { folder: join(project, "manifests/boards", board), name: board };
