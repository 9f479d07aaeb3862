import { crypto } from "#hal";
import { deepEqual, describe, it } from "#test";
import * as alert from "../../firmware/tls/alert.js";
import type { HandshakeOptions } from "../../firmware/tls/handshake-options.js";
import { CALENDAR, certificates } from "./support/certificates.js";
import { key, run, checkComplete, refuses, refusesChanged, encrypted, ALPN, TRANSPORT } from "./support/client.js";
import { concat, text } from "./support/der-writer.js";
import { P256Key } from "./support/p256.js";
import { extension, message, u16, vector16, vector24, vector8 } from "./support/test-server.js";
import { CertificateMessage } from "../../firmware/tls/certificate-message.js";
import type { Offered } from "../../firmware/tls/extension.js";
import { OCSP_IF_STAPLED, OCSP_OFF, OCSP_REQUIRED } from "../../firmware/tls/x509/ocsp.js";
import { type ResponseFields, REVOKED, writeResponse } from "./support/ocsp-writer.js";

describe("client handshake: the server's flight", () => {
	it("refuses another application protocol, in words", () => {
		refuses(alert.ALERT_NO_APPLICATION_PROTOCOL, `the server chose "h3" instead of "mqtt"`, () => run({}, { alpn: "h3" }));
		refusesChanged(alert.ALERT_NO_APPLICATION_PROTOCOL, `the server did not agree to "mqtt"`, 8, () => encrypted(TRANSPORT));
		refusesChanged(alert.ALERT_DECODE_ERROR, "ALPN", 8, () => encrypted(TRANSPORT, extension(16, vector16(vector8(text("mqtt")), vector8(text("h3"))))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "without a name", 8, () => encrypted(TRANSPORT, extension(16, vector16(vector8()))));
	});

	it("refuses EncryptedExtensions without transport parameters, or with what was not asked for", () => {
		refusesChanged(alert.ALERT_MISSING_EXTENSION, "no transport parameters", 8, () => encrypted(ALPN));
		refusesChanged(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 42", 8, () => encrypted(ALPN, TRANSPORT, extension(42, new Uint8Array(0))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "extension 51 does not belong there", 8, () => encrypted(ALPN, TRANSPORT, extension(51, u16(29))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "extension 57 twice", 8, () => encrypted(ALPN, TRANSPORT, TRANSPORT));
		refusesChanged(alert.ALERT_DECODE_ERROR, "bytes too many", 8, () => encrypted(ALPN, TRANSPORT, extension(0, new Uint8Array(1))));
		refuses(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 0", () => run({ serverName: "192.0.2.7" }, { change: (type, bytes) => type === 8 ? encrypted(ALPN, TRANSPORT, extension(0, new Uint8Array(0))) : bytes }));
	});

	it("accepts the extensions that a server may add", () => {
		refusesChanged(alert.ALERT_DECRYPT_ERROR, "Finished", 20, bytes => bytes.map((byte, i) => i < 4 ? byte : 0));
		const { client, server } = run({}, { change: (type, bytes) => type === 8 ? encrypted(extension(0, new Uint8Array(0)), extension(10, vector16(u16(29), u16(0x11ec))), ALPN, extension(57, new Uint8Array([1, 2, 3]))) : bytes });
		checkComplete(client, server);
	});

	it("says what is wrong with the certificate, and sends the alert for it", () => {
		const judging = (chain: string, options: Partial<HandshakeOptions> = {}) => () => run(options, { chain: certificates(chain) });
		refuses(alert.ALERT_UNKNOWN_CA, "not signed by the configured CA", judging("leaf", { roots: certificates("otherRoot") }));
		refuses(alert.ALERT_CERTIFICATE_EXPIRED, "certificate expired on 2024-01-02", judging("leafExpired"));
		refuses(alert.ALERT_CERTIFICATE_EXPIRED, "not valid before 2027-02-03", judging("leafFuture"));
		refuses(alert.ALERT_BAD_CERTIFICATE, "certificate is for broker.example, *.wild.example, 192.0.2.7, not for b.example", judging("leaf", { serverName: "b.example" }));
		refuses(alert.ALERT_BAD_CERTIFICATE, "certificate is damaged", judging("leafNulName"));
		refuses(alert.ALERT_UNSUPPORTED_CERTIFICATE, "of 1024 bits (RSA)", judging("leafRsa1024"));
		refuses(alert.ALERT_CERTIFICATE_UNKNOWN, "the clock is not set", judging("leaf", { calendar: { ...CALENDAR, isSet: false } }));
	});

	it("judges the OCSP response that is stapled to the certificate", () => {
		const staple = (fields: ResponseFields) => ({ leafExtensions: extension(5, concat(new Uint8Array([1]), vector24(writeResponse(crypto, fields)))) });
		for (const ocsp of [undefined, OCSP_IF_STAPLED, OCSP_REQUIRED]) {
			const { client, server } = run({ ocsp }, staple({}));
			checkComplete(client, server);
			refuses(alert.ALERT_CERTIFICATE_REVOKED, "was revoked", () => run({ ocsp }, staple({ status: REVOKED })));
			refuses(alert.ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "its signature is wrong", () => run({ ocsp }, staple({ signer: "impostor" })));
		}
		refuses(alert.ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "no stapled OCSP response", () => run({ ocsp: OCSP_REQUIRED }));
		refuses(alert.ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "no stapled OCSP response", () => run({}, { chain: certificates("leafMustStaple") }));
		// One that is too long to be kept counts as none.
		const long = { leafExtensions: extension(5, concat(new Uint8Array([1]), vector24(new Uint8Array(4000)))) };
		const { client, server } = run({}, long);
		checkComplete(client, server);
		refuses(alert.ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "no stapled OCSP response", () => run({ ocsp: OCSP_REQUIRED }, long));
	});

	it("takes a stapled response byte by byte, and passes over those of other certificates", () => {
		const stapled = extension(5, concat(new Uint8Array([1]), vector24(writeResponse(crypto, { leaf: "leafBelow", issuer: "intermediate" }))));
		const [leaf, intermediate] = certificates("leafBelow intermediate"), entry = (der: Uint8Array) => concat(vector24(der), vector16(stapled));
		const body = concat(vector8(), vector24(entry(leaf!), entry(intermediate!))), offered = { wantsStatus: true } as Offered;
		for (const size of [1, 3, 400]) {
			const whole = new CertificateMessage(body.length, offered);
			for (let at = 0; at < body.length; at += size)
				whole.push(body, at, Math.min(at + size, body.length));
			deepEqual(whole.chain, [leaf, intermediate]);
			deepEqual(concat(vector24(whole.staple!)), stapled.slice(5));
		}
	});

	it("bounds the chain in certificates and in bytes", () => {
		const [leaf] = certificates("leaf");
		refuses(alert.ALERT_BAD_CERTIFICATE, "more than 6 certificates", () => run({}, { chain: new Array(7).fill(leaf) }));
		refuses(alert.ALERT_BAD_CERTIFICATE, "longer than 8192 bytes", () => run({}, { chain: [leaf!, new Uint8Array(8192)] }));
		refuses(alert.ALERT_BAD_CERTIFICATE, "longer than 8192 bytes", () => run({}, { chain: [new Uint8Array(200000)] }));
	});

	it("refuses damaged Certificate messages", () => {
		const [leaf] = certificates("leaf"), entry = concat(vector24(leaf!), vector16());
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "context", 11, () => message(11, concat(vector8(new Uint8Array(1)), vector24(entry))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "no certificate", 11, () => message(11, concat(vector8(), vector24())));
		refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, () => message(11, concat(vector8(), vector24(concat(vector24(), vector16())))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, () => message(11, concat(vector8(), vector24(entry), new Uint8Array(1))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, () => message(11, concat(vector8(), vector24(vector24(leaf!)))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, () => message(11, concat(vector8(), vector24(entry, new Uint8Array(2)))));
		const stapled = (...extensions: Uint8Array[]) => () => message(11, concat(vector8(), vector24(vector24(leaf!), vector16(...extensions))));
		refusesChanged(alert.ALERT_UNSUPPORTED_EXTENSION, "extension 18", 11, stapled(extension(18, new Uint8Array(1))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "extension 16 does not belong there", 11, stapled(extension(16, new Uint8Array(1))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "extension 5 twice", 11, stapled(extension(5, new Uint8Array([1, 0, 0, 1, 1])), extension(5, new Uint8Array([1, 0, 0, 1, 1]))));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "stapled is not an OCSP response", 11, stapled(extension(5, new Uint8Array([2, 0, 0, 1, 1]))));
		for (const body of [[1, 0, 0, 2, 1], [1, 0, 0, 1, 1, 1], [1, 0, 0, 0]])
			refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, stapled(extension(5, new Uint8Array(body))));
		refusesChanged(alert.ALERT_DECODE_ERROR, "ends too early", 11, stapled(new Uint8Array(3)));
		refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, () => message(11, concat(vector8(), vector24(vector24(leaf!), new Uint8Array([0, 9])))));
		refuses(alert.ALERT_UNSUPPORTED_EXTENSION, "extensions were not asked for", () => run({ ocsp: OCSP_OFF }, { leafExtensions: extension(5, new Uint8Array(5)) }));
		for (let length = 1; length < 4; length++)
			refusesChanged(alert.ALERT_DECODE_ERROR, "Certificate is damaged", 11, () => message(11, new Uint8Array(length)));
	});

	it("refuses a CertificateVerify by another key, of another scheme or over another transcript", () => {
		const other = new P256Key(crypto, "other");
		refuses(alert.ALERT_DECRYPT_ERROR, "CertificateVerify is wrong: the server does not hold its certificate's key", () => run({}, { sign: content => other.sign(content) }));
		refuses(alert.ALERT_DECRYPT_ERROR, "CertificateVerify is wrong: the server does not hold its certificate's key", () => run({}, { sign: content => key.sign(content.fill(0, 98)) }));
		refuses(alert.ALERT_DECRYPT_ERROR, "CertificateVerify is wrong: the server does not hold its certificate's key", () => run({}, { sign: () => new Uint8Array(0) }));
		for (const scheme of [0x0804, 0x0503])
			refuses(alert.ALERT_ILLEGAL_PARAMETER, "does not fit the certificate's key", () => run({}, { scheme, sign: () => new Uint8Array(64) }));
		for (const scheme of [0x0401, 0x0203, 0x0603, 0x0807])
			refuses(alert.ALERT_ILLEGAL_PARAMETER, "was not offered", () => run({}, { scheme, sign: () => new Uint8Array(64) }));
		refusesChanged(alert.ALERT_DECODE_ERROR, "bytes too many", 15, bytes => message(15, concat(bytes.slice(4), new Uint8Array(1))));
	});

	it("refuses a wrong Finished", () => {
		refusesChanged(alert.ALERT_DECRYPT_ERROR, "Finished is wrong", 20, bytes => bytes.map((byte, i) => i === 35 ? byte ^ 1 : byte));
		refusesChanged(alert.ALERT_DECODE_ERROR, "wrong length", 20, bytes => message(20, bytes.slice(5)));
		refusesChanged(alert.ALERT_DECODE_ERROR, "wrong length", 20, bytes => message(20, bytes));
	});

	it("refuses a damaged certificate request", () => {
		const requests = { requests: true }, list = extension(13, vector16(u16(0x0403)));
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "a context", 13, () => message(13, concat(vector8(new Uint8Array(1)), vector16(list))), requests);
		refusesChanged(alert.ALERT_MISSING_EXTENSION, "CertificateRequest without signature schemes", 13, () => message(13, concat(vector8(), vector16(extension(47, new Uint8Array(2))))), requests);
		refusesChanged(alert.ALERT_DECODE_ERROR, "a damaged list", 13, () => message(13, concat(vector8(), vector16(extension(13, vector16(new Uint8Array(3)))))), requests);
		refusesChanged(alert.ALERT_ILLEGAL_PARAMETER, "twice", 13, () => message(13, concat(vector8(), vector16(list, list))), requests);
	});
});
