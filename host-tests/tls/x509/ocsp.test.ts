import { crypto } from "#hal";
import { describe, ENGINE, equal, it, ok, throws } from "#test";
import { HASH_SHA256 } from "../../../firmware/ports/crypto.js";
import { CertificateError, FAULT_REVOKED, FAULT_STATUS } from "../../../firmware/tls/x509/certificate-error.js";
import { parseHost } from "../../../firmware/tls/x509/host-name.js";
import { OCSP_IF_STAPLED, OCSP_OFF, OCSP_REQUIRED } from "../../../firmware/tls/x509/ocsp.js";
import { verifyPath } from "../../../firmware/tls/x509/path.js";
import { Prng } from "../../support/prng.js";
import { CALENDAR, certificates } from "../support/certificates.js";
import { concat, element, integer, oid, sequence } from "../support/der-writer.js";
import { criticalExtension, REVOKED, type ResponseFields, UNKNOWN, writeResponse, writeSingle } from "../support/ocsp-writer.js";

const HOST = parseHost("broker.example");

function judge(staple: Uint8Array | undefined, policy = OCSP_IF_STAPLED, chain = "leaf", roots = "root"): void {
	verifyPath(crypto, CALENDAR, certificates(roots), HOST, certificates(chain), policy, staple);
}

const passes = (fields: ResponseFields, chain = "leaf", roots = "root"): void => judge(writeResponse(crypto, fields), OCSP_REQUIRED, chain, roots);

function refused(reason: string, fields: ResponseFields, fault = FAULT_STATUS): void {
	const error = throws(() => passes(fields), reason) as CertificateError;
	ok(error instanceof CertificateError, error.stack);
	equal(error.fault, fault, error.message);
}

describe("x509 OCSP", () => {
	it("takes a response that the CA signed, in every form that it may have", () => {
		passes({});
		passes({ byKey: true });
		passes({ hash: HASH_SHA256 });
		passes({ version: element(0xa0, integer(0)) });
		passes({ extensions: criticalExtension(false), singleExtensions: criticalExtension(false) });
		passes({ certificates: "otherRoot" });
		passes({ before: writeSingle(crypto, { serial: integer(7), status: REVOKED }) });
		passes({ leaf: "leafBelow", issuer: "intermediate" }, "leafBelow intermediate");
	});

	it("takes one of a responder that the CA has appointed", () => {
		passes({ signer: "responder", responder: "responder", certificates: "responder" });
		passes({ signer: "responder", responder: "responder", byKey: true, certificates: "otherRoot responder" });
	});

	it("refuses one of anybody else", () => {
		const by = (name: string, more: ResponseFields = {}): ResponseFields => ({ signer: "responder", responder: name, certificates: name, ...more });
		refused("who signed it is not known", by("responder", { certificates: "" }));
		refused("who signed it is not known", by("responder", { certificates: "leaf leaf leaf responder" }));
		refused("its signer's certificate is not valid now", by("responderExpired"));
		refused("its signer's certificate is not for OCSP", by("responderNoPurpose"));
		refused("its signer's certificate is not for OCSP", by("responderOtherPurpose"));
		refused("its signer's certificate is not for OCSP", by("responderWrongUsage"));
		refused("its signer was not appointed by the CA", by("responderOfOther"));
		refused("its signer was not appointed by the CA", by("responderForged"));
		refused("its signer's certificate is not for OCSP", { signer: "leaf", responder: "leaf", certificates: "leaf" });
		refused("its signature is wrong", { signer: "impostor" });
		refused("its signature is wrong", by("responder", { signer: "root" }));
		refused("SHA-1", { algorithm: sequence(oid("1.2.840.10045.4.1")) });
	});

	it("says revoked where one response says so", () => {
		refused("the server's certificate was revoked", { status: REVOKED }, FAULT_REVOKED);
		refused("was revoked", { before: writeSingle(crypto, { status: REVOKED }) }, FAULT_REVOKED);
		refused("was revoked", { status: REVOKED, thisUpdate: "20200101000000Z", nextUpdate: "20200102000000Z" }, FAULT_REVOKED);
		refused("does not know the certificate", { status: UNKNOWN });
	});

	it("refuses one about another certificate", () => {
		for (const fields of [{ serial: integer(7) }, { nameHash: new Uint8Array(20) }, { keyHash: new Uint8Array(20) }, { hash: 9 }])
			refused("it is about another certificate", fields);
		throws(() => passes({ leaf: "leafBelow", issuer: "intermediate" }), "who signed it is not known");
	});

	it("refuses one of another time", () => {
		passes({ thisUpdate: "20260601000500Z" });
		refused("it is valid from 2026-06-01", { thisUpdate: "20260601000501Z" });
		passes({ nextUpdate: "20260601000000Z" });
		refused("to 2026-05-31", { nextUpdate: "20260531235959Z" });
		passes({ thisUpdate: "20260525000000Z", nextUpdate: "" });
		refused("to 2026-05-31", { thisUpdate: "20260524235959Z", nextUpdate: "" });
		refused("a time", { thisUpdate: "2605310000Z" });
	});

	it("refuses what it does not know", () => {
		refused("(status 03)", { outcome: 3 });
		refused("unsupported type (1.2.3)", { type: "1.2.3" });
		refused("unsupported version", { version: element(0xa0, integer(1)) });
		refused("a critical extension", { extensions: criticalExtension(true) });
		refused("a critical extension", { singleExtensions: criticalExtension(true) });
	});

	it("goes by the policy where there is none", () => {
		judge(undefined, OCSP_OFF, "leafMustStaple");
		judge(undefined, OCSP_IF_STAPLED);
		judge(undefined, OCSP_IF_STAPLED, "leafOtherFeature");
		throws(() => judge(undefined, OCSP_IF_STAPLED, "leafMustStaple"), "no stapled OCSP response");
		throws(() => judge(undefined, OCSP_REQUIRED), "no stapled OCSP response");
		judge(writeResponse(crypto, { leaf: "leafMustStaple" }), OCSP_IF_STAPLED, "leafMustStaple");
		judge(writeResponse(crypto, { status: REVOKED }), OCSP_OFF);
		throws(() => judge(new Uint8Array(0), OCSP_IF_STAPLED), "cannot be used");
	});

	it("refuses every shorter length and changed bytes, with its own error only", () => {
		const response = writeResponse(crypto, { signer: "responder", responder: "responder", certificates: "responder" });
		const step = ENGINE === "xs" ? 37 : 1;
		for (let length = 0; length < response.length; length += step)
			ok(throws(() => judge(response.slice(0, length))) instanceof CertificateError, `${length} bytes`);
		ok(throws(() => judge(concat(response, new Uint8Array(1)))) instanceof CertificateError);
		for (let seed = 1; seed <= (ENGINE === "xs" ? 20 : 300); seed++) {
			const prng = new Prng(seed), changed = response.slice();
			changed[prng.below(changed.length)]! ^= 1 << prng.below(8);
			const error = throws(() => judge(changed));
			ok(error instanceof CertificateError, `seed ${seed}: ${error.stack}`);
		}
	});
});
