import { describe, equal, it, ok, throws, unhex } from "#test";
import { CertificateError } from "../../../firmware/tls/x509/certificate-error.js";
import { DerReader } from "../../../firmware/tls/x509/der.js";
import { dottedOid, OID_COMMON_NAME, OID_SHA256 } from "../../../firmware/tls/x509/oid.js";
import { concat } from "../support/der-writer.js";

const reader = (text: string): DerReader => { const bytes = unhex(text); return new DerReader(bytes, 0, bytes.length); };
const refused = (reason: string, text: string, read: (reader: DerReader) => unknown): void =>
	ok(throws(() => read(reader(text)), reason) instanceof CertificateError, text);

describe("x509 der", () => {
	it("reads lengths of one to four bytes", () => {
		for (const [text, length] of [["0400", 0], ["047f", 0x7f], ["048180", 0x80], ["0481ff", 0xff], ["04820100", 0x100], ["0483010000", 0x10000]] as [string, number][]) {
			const header = unhex(text), each = new DerReader(concat(header, new Uint8Array(length)), 0, header.length + length);
			each.read();
			equal(each.contentEnd - each.contentAt, length, text);
			each.finish();
		}
	});

	it("refuses lengths that are not minimal, indefinite, huge or too long", () => {
		for (const text of ["04817f" + "00".repeat(0x7f), "04820080" + "00".repeat(0x80), "0483000100" + "00".repeat(0x100)])
			refused("a wrong length", text, each => each.read());
		for (const text of ["0480", "048401000000", "04ff"])
			refused("a wrong length", text, each => each.read());
		refused("longer than what holds it", "040200", each => each.read());
		refused("a tag number above 30", "1f0100", each => each.read());
		for (const text of ["", "04", "0481", "048201"])
			refused("ends too early", text, each => each.read());
	});

	it("keeps to the element that holds it", () => {
		const outer = reader("3003040100 0401ff");
		const inner = outer.enter(0x30);
		inner.read();
		equal(inner.atEnd, true);
		equal(inner.nextTag, -1);
		refused("longer than what holds it", "3003040200ff", each => each.enter(0x30).read());
		refused("data after the last element", "0400 0400", each => { each.read(); each.finish(); });
		refused("tag 4 where 48 belongs", "0400", each => each.enter(0x30));
	});

	it("reads integers in their shortest form", () => {
		for (const [text, value] of [["020100", 0], ["02017f", 127], ["02020080", 128], ["02047fffffff", 0x7fffffff]] as [string, number][])
			equal(reader(text).smallInteger(), value, text);
		for (const text of ["02020000", "0202007f", "0202ff80"])
			refused("a wrong integer", text, each => each.integer());
		refused("a wrong integer", "0200", each => each.integer());
		for (const text of ["0201ff", "02050080000000", "020500ffffffff"])
			refused("out of range", text, each => each.smallInteger());
	});

	it("reads booleans, bit strings and object identifiers strictly", () => {
		equal(reader("0101ff").boolean(), true);
		equal(reader("010100").boolean(), false);
		for (const text of ["010101", "0100", "0102ffff"])
			refused("a wrong boolean", text, each => each.boolean());
		equal(reader("03020780").bitString(), 7);
		for (const text of ["03020781", "030108", "030101", "03020880"])
			refused("a wrong bit string", text, each => each.bitString());
		refused("a wrong bit string", "0300", each => each.bitString());
		equal(reader("06032a0304").oid(), -1);
		equal(reader("0603550403").oid(), OID_COMMON_NAME);
		equal(reader("0609608648016503040203").oid(), OID_SHA256 + 2);
		for (const text of ["0600", "06022a80"])
			refused("a wrong object identifier", text, each => each.oid());
		for (const text of ["06028001", "06032a8001"])
			refused("a wrong object identifier", text, each => each.oid());
		equal(reader("06032a8100").oid(), -1);
	});

	it("writes object identifiers with dots", () => {
		equal(dottedOid("2a864886f70d01010b"), "1.2.840.113549.1.1.11");
		equal(dottedOid("883703"), "2.999.3");
	});
});
