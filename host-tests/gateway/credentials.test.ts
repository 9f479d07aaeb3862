import { crypto } from "#hal";
import { deepEqual, describe, equal, it, throws, unhex } from "#test";
import { CA_FILE_MAX, PASSWORD_FILE_MAX, PASSWORD_MAX } from "../../firmware/config.js";
import { ConfigurationError } from "../../firmware/gateway/configuration/configuration.js";
import { readCredentials, resolvePath } from "../../firmware/gateway/credentials.js";
import { encodeUtf8 } from "../../firmware/wire/utf8.js";
import { CERTIFICATES } from "../tls/fixtures/certificates.js";
import { certificateFor } from "../tls/support/client-key.js";
import { pem } from "./support/pem.js";
import { configured } from "./support/sample.js";

const ROOT = unhex(CERTIFICATES["root"]!), LEAF = unhex(CERTIFICATES["leaf"]!);
const CA = pem(ROOT);
/** The keys are real files. */
const FIXTURES = "host-tests/ports/fixtures/";

function read(files: Record<string, string | Uint8Array>, changes: object = {}) {
	const { broker } = configured(sample => Object.assign(sample.broker, changes));
	const bytesOf = (path: string): Uint8Array | undefined => {
		const file = files[path];
		return typeof file === "string" ? encodeUtf8(file) : file;
	};
	return readCredentials(broker, "etc/gateway.json", { fileSize: path => bytesOf(path)?.length ?? -1, readFile: bytesOf }, { signingKey: name => crypto.signingKey(name.replace("etc/", FIXTURES)) });
}

function problems(files: Record<string, string | Uint8Array>, changes: object = {}): readonly string[] {
	return (throws(() => read(files, changes)) as ConfigurationError).problems;
}

/** What is wrong with the password file. */
const passwordProblems = (secret: string | Uint8Array) => problems({ "etc/ca.pem": CA, "etc/secret": secret }, { passwordFile: "secret" });

describe("credentials", () => {
	it("come from files beside the configuration", () => {
		const { roots, password } = read({ "etc/ca.pem": CA, "etc/secret": "pässword\r\nsecond line\n" }, { passwordFile: "secret" });
		deepEqual(roots, [ROOT]);
		deepEqual(password, encodeUtf8("pässword"));
	});

	it("need no password", () => {
		deepEqual(read({ "/ca": CA }, { ca: "/ca" }).password, undefined);
	});

	it("are all looked at before anything is said", () => {
		deepEqual(problems({}, { passwordFile: "secret" }), ["broker.ca: cannot read etc/ca.pem", "broker.passwordFile: cannot read etc/secret"]);
		deepEqual(problems({ "etc/ca.pem": "hello", "etc/secret": "\n" }, { passwordFile: "secret" }), [
			"broker.ca: etc/ca.pem holds no certificate; a PEM file has lines \"-----BEGIN CERTIFICATE-----\"", "broker.passwordFile: the first line of etc/secret is empty",
		]);
	});

	it("name a CA file that no chain can end in", () => {
		deepEqual(problems({ "etc/ca.pem": pem(Uint8Array.of(1, 2, 3)) }), ["broker.ca: etc/ca.pem holds no certificate that can be used as a CA: certificate is damaged: it contains an element longer than what holds it"]);
		deepEqual(problems({ "etc/ca.pem": pem(LEAF) }), ["broker.ca: etc/ca.pem holds no certificate that can be used as a CA: \"broker\" signed a certificate, but is not a CA (basicConstraints)"]);
		deepEqual(read({ "etc/ca.pem": pem(LEAF) + CA }).roots, [LEAF, ROOT], "one of several will do");
	});

	it("are not longer than memory allows", () => {
		deepEqual(problems({ "etc/ca.pem": "x".repeat(CA_FILE_MAX + 1), "etc/secret": "x".repeat(PASSWORD_FILE_MAX + 1) }, { passwordFile: "secret" }), [
			"broker.ca: etc/ca.pem has 16385 bytes, at most 16384 are read: only the CA that the broker's chain ends in is needed",
			"broker.passwordFile: etc/secret has 4097 bytes, at most 4096 are read: the password is its first line",
		]);
		deepEqual(passwordProblems("x".repeat(PASSWORD_MAX + 1)), ["broker.passwordFile: the first line of etc/secret has 1025 bytes; a password has at most 1024"]);
		equal(read({ "etc/ca.pem": CA, "etc/secret": "x".repeat(PASSWORD_MAX) }, { passwordFile: "secret" }).password!.length, PASSWORD_MAX);
	});

	it("pass over a byte order mark, and refuse UTF-16", () => {
		deepEqual(read({ "etc/ca.pem": CA, "etc/secret": "\ufeffsecret" }, { passwordFile: "secret" }).password, encodeUtf8("secret"));
		deepEqual(passwordProblems("\ufeff"), ["broker.passwordFile: the first line of etc/secret is empty"]);
		deepEqual(passwordProblems(Uint8Array.of(0xff, 0xfe, 0x61, 0)), ["broker.passwordFile: etc/secret is UTF-16; save the file as UTF-8"]);
	});

	it("have a certificate that belongs to its key", () => {
		const key = crypto.signingKey(FIXTURES + "p256.pem");
		const board = certificateFor(key);
		key.close();
		const { certificate } = read({ "etc/ca.pem": CA, "etc/board.pem": pem(board) + CA }, { certificate: "board.pem", key: "p256.pem" });
		// Its Certificate message: header, context and lengths, and extensions of none.
		equal(certificate!.message.length, 8 + board.length + ROOT.length + 2 * 5);
		certificate!.key.close();
		deepEqual(read({ "etc/ca.pem": CA }).certificate, undefined);
		const changes = { certificate: "board.pem", key: "p256.pem" };
		deepEqual(problems({ "etc/ca.pem": CA, "etc/board.pem": CA }, changes), ["broker.certificate: etc/board.pem begins with a certificate that is not for this key"]);
		deepEqual(problems({ "etc/ca.pem": CA, "etc/board.pem": pem(Uint8Array.of(1, 2, 3)) }, changes), ["broker.certificate: etc/board.pem cannot be used: certificate is damaged: it contains an element longer than what holds it"]);
		deepEqual(problems({ "etc/ca.pem": CA, "etc/board.pem": "hello" }, { certificate: "board.pem", key: "absent.pem" }), [
			"broker.certificate: etc/board.pem holds no certificate; a PEM file has lines \"-----BEGIN CERTIFICATE-----\"", "broker.key: etc/absent.pem cannot be read",
		]);
	});

	it("give the key's place back where they cannot be used", () => {
		for (let i = 0; i < 4; i++)
			problems({ "etc/ca.pem": CA, "etc/board.pem": CA }, { certificate: "board.pem", key: "p256.pem" });
	});

	it("have paths relative to the configuration file", () => {
		deepEqual([resolvePath("gateway.json", "ca.pem"), resolvePath("a/b/gateway.json", "../ca.pem"), resolvePath("a/g.json", "/ca.pem")], ["ca.pem", "a/b/../ca.pem", "/ca.pem"]);
	});
});
