import { constants, createPrivateKey, createPublicKey, sign as signMessage, type KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { hashName } from "./hash-name.js";
import { SIGNATURE_ECDSA, SIGNATURE_RSA_PSS, type SigningKey } from "../../firmware/ports/crypto.js";

const FILE_MAX = 8192;
const P256_POINT_LENGTH = 65;
const RSA_BITS_MIN = 2048;
const RSA_BITS_MAX = 4096;

const SEQUENCE = 0x30;
const FORMATS = ["pkcs8", "sec1", "pkcs1"] as const;

export class NodeSigningKey implements SigningKey {
	readonly signature: number;
	readonly publicKey: Uint8Array;
	#key: KeyObject | undefined;

	constructor(path: string) {
		const key = this.#key = readKey(readFile(path));
		const isRsa = key.asymmetricKeyType === "rsa";
		this.signature = isRsa ? SIGNATURE_RSA_PSS : SIGNATURE_ECDSA;
		const publicKey = createPublicKey(key);
		this.publicKey = new Uint8Array(isRsa ? publicKey.export({ format: "der", type: "pkcs1" })
			: publicKey.export({ format: "der", type: "spki" }).subarray(-P256_POINT_LENGTH));
	}

	sign(signature: number, hash: number, message: Uint8Array, into: Uint8Array): number {
		const key = this.#key;
		if (key === undefined)
			throw new Error("signing key: closed");
		if (signature !== this.signature)
			throw new RangeError(`sign: the key makes no signature ${signature}`);
		const bytes = signMessage(hashName(hash), message, signature === SIGNATURE_ECDSA ? key
			: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
		if (bytes.length > into.length)
			throw new RangeError(`sign: room for ${into.length} bytes, expected ${bytes.length}`);
		into.set(bytes);
		return bytes.length;
	}

	close(): void {
		this.#key = undefined;
	}
}

function readFile(path: string): Buffer {
	try {
		if (statSync(path).isFile()) {
			const bytes = readFileSync(path);
			if (bytes.length <= FILE_MAX)
				return bytes;
		}
		else
			throw new Error();
	}
	catch {
		throw new Error("cannot be read");
	}
	throw new Error("is too long for a private key");
}

function readKey(bytes: Buffer): KeyObject {
	const key = bytes[0] === SEQUENCE && bytes[1]! >= 0x30 && !bytes.includes("-----BEGIN ") ? parseDer(bytes) : parsePem(bytes.toString("latin1"));
	const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key, bits = details?.modulusLength ?? 0;
	if (!(kind === "ec" && details?.namedCurve === "prime256v1" || kind === "rsa" && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX))
		throw new Error("holds a key of another kind; use ECDSA P-256, or RSA of 2048 to 4096 bits");
	return key;
}

function parsePem(text: string): KeyObject {
	const begin = /-----BEGIN (ENCRYPTED |EC |RSA |)PRIVATE KEY-----/.exec(text);
	if (begin === null)
		throw new Error("holds no private key; a PEM file has a line \"-----BEGIN PRIVATE KEY-----\"");
	const block = text.slice(begin.index);
	if (begin[1] === "ENCRYPTED " || block.slice(0, block.indexOf("-----END ")).includes("ENCRYPTED"))
		throw encrypted();
	try {
		return createPrivateKey(block);
	}
	catch {
		throw damaged();
	}
}

function parseDer(bytes: Buffer): KeyObject {
	for (const type of FORMATS) {
		try {
			return createPrivateKey({ key: bytes, format: "der", type });
		}
		catch { /* another format, or none */ }
	}
	// EncryptedPrivateKeyInfo (RFC 5958 §3) begins with an algorithm.
	throw bytes[bytes[1] === 0x82 ? 4 : bytes[1] === 0x81 ? 3 : 2] === SEQUENCE ? encrypted() : damaged();
}

function encrypted(): Error {
	return new Error("holds an encrypted key, and there is no pass phrase here: decrypt it");
}

function damaged(): Error {
	return new Error("holds a damaged private key");
}
