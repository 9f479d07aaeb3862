// Makes an update file of an image: npm run sign-update -- --key KEY.pem --version N --target esp32c3 IMAGE OUT
// The key: ECDSA on P-256, PEM; its public half is what a board has as update.pem.
import { createHash, createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { Stop, run } from "./terminal.mjs";

const USAGE = `npm run sign-update -- --key KEY.pem --version N --target esp32c3 IMAGE OUT
  --key FILE     the signer's private key: ECDSA on P-256, PEM; the board has its public half as update.pem
  --version N    1 to 4294967295: a board takes none that is older than the one it has
  --target NAME  the board's chip; pc for the board on a PC
  IMAGE OUT      the firmware's image, and the update file to be written`;

/** The update file's bytes. Throws an Error in words where the key or the version is none. */
export async function signUpdate(image, { key, version, target }) {
	await build(["firmware"]);
	const { putSignature, signedPart, writeHeader } = await import("../build/firmware/update/update-header.js");
	const privateKey = createPrivateKey(key);
	if (privateKey.asymmetricKeyDetails?.namedCurve !== "prime256v1")
		throw new Error("the key is none of ECDSA on P-256");
	if (!Number.isInteger(version) || version < 1 || version > 0xffffffff)
		throw new Error("the version is a whole number from 1 to 4294967295");
	const header = writeHeader(version, image.length, createHash("sha256").update(image).digest(), target);
	putSignature(header, sign("sha256", signedPart(header), privateKey));
	return Buffer.concat([header, image]);
}

function parse() {
	try {
		return parseArgs({ options: { key: { type: "string" }, version: { type: "string" }, target: { type: "string" }, help: { type: "boolean" } }, allowPositionals: true });
	}
	catch (error) {
		throw new Stop(`${error.message}\n\n${USAGE}`, 2);
	}
}

async function main() {
	const { values, positionals } = parse();
	if (values.help || positionals.length !== 2 || values.key === undefined || values.version === undefined || values.target === undefined)
		throw new Stop(USAGE, values.help ? 0 : 2);
	const file = await signUpdate(readFileSync(positionals[0]), { key: readFileSync(values.key), version: Number(values.version), target: values.target });
	writeFileSync(positionals[1], file);
	console.log(`${positionals[1]}: version ${values.version} for ${values.target}, ${file.length} bytes`);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	await run(main);
