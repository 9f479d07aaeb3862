import { deepEqual, describe, it, throws } from "#test";
import { ConfigurationError } from "../../firmware/gateway/configuration/configuration.js";
import { readCredentials, resolvePath } from "../../firmware/gateway/credentials.js";
import { encodeText } from "../../firmware/gateway/text.js";
import { configured } from "./support/sample.js";

const CA = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";

function read(files: Record<string, string>, changes: object = {}) {
	const { broker } = configured(sample => Object.assign(sample.broker, changes));
	return readCredentials(broker, "etc/gateway.json", path => files[path] === undefined ? undefined : encodeText(files[path]!));
}

function problems(files: Record<string, string>, changes: object = {}): readonly string[] {
	return (throws(() => read(files, changes)) as ConfigurationError).problems;
}

describe("credentials", () => {
	it("come from files beside the configuration", () => {
		const { roots, password } = read({ "etc/ca.pem": CA, "etc/secret": "pässword\r\nsecond line\n" }, { passwordFile: "secret" });
		deepEqual(roots, [Uint8Array.of(1, 2, 3)]);
		deepEqual(password, encodeText("pässword"));
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

	it("have paths relative to the configuration file", () => {
		deepEqual([resolvePath("gateway.json", "ca.pem"), resolvePath("a/b/gateway.json", "../ca.pem"), resolvePath("a/g.json", "/ca.pem")], ["ca.pem", "a/b/../ca.pem", "/ca.pem"]);
	});
});
