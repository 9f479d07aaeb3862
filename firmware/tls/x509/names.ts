import { ipv6Text } from "../../wire/ipv6-address.js";
import { type Certificate, equalRanges } from "./certificate.js";
import { FAULT_REFUSED, refusal } from "./certificate-error.js";
import { DerReader, TAG_SEQUENCE } from "./der.js";
import { dnsText, NAME_ADDRESS, NAME_DNS } from "./general-name.js";
import { type Host, isLabel } from "./host-name.js";

/** Names that a message shows at most. */
const NAMES_SHOWN = 3;

/** Checks that the certificate names the host in its subjectAltName (RFC 6125 §6, RFC 9525 §6): a DNS name by dNSName,
 *  an address by iPAddress, the common name never. Throws CertificateError with the names that are there. */
export function checkHost(certificate: Certificate, host: Host): void {
	const wanted = host.dns ?? addressText(host.address!, 0, host.address!.length);
	const namesAt = certificate.extensions.namesAt;
	if (namesAt === -1)
		throw refusal(FAULT_REFUSED, `names no host (it has no subjectAltName), so it is not for ${wanted}`);
	const names = new DerReader(certificate.der, namesAt, certificate.extensions.namesEnd).enter(TAG_SEQUENCE);
	let shown = "", count = 0;
	while (!names.atEnd) {
		names.read();
		let text: string;
		if (names.tag === NAME_DNS) {
			text = dnsText(names.bytes, names.contentAt, names.contentEnd);
			if (host.dns !== undefined && matchesDns(text, host.dns))
				return;
			if (text === wanted)
				text += " (as a DNS name)";
		}
		else if (names.tag === NAME_ADDRESS) {
			if (host.address !== undefined && equalRanges(host.address, 0, host.address.length, names.bytes, names.contentAt, names.contentEnd))
				return;
			text = addressText(names.bytes, names.contentAt, names.contentEnd);
		}
		else
			continue;
		if (count++ < NAMES_SHOWN)
			shown += (shown === "" ? "" : ", ") + text;
	}
	if (count > NAMES_SHOWN)
		shown += `, … (${count} names)`;
	throw refusal(FAULT_REFUSED, `is for ${shown === "" ? "no host" : shown}, not for ${wanted}`);
}

/** True where a certificate's dNSName fits the host; both in lower case. A wildcard is a whole left-most label, stands
 *  for exactly one label, and at least two labels follow it. */
export function matchesDns(pattern: string, host: string): boolean {
	const labels = pattern.split(".");
	if (labels[0] !== "*")
		return pattern === host && labels.every(isLabel);
	labels.shift();
	if (labels.length < 2 || !labels.every(isLabel))
		return false;
	const dot = host.indexOf(".");
	return dot > 0 && host.slice(dot + 1) === labels.join(".");
}

function addressText(bytes: Uint8Array, at: number, end: number): string {
	return end - at === 4 ? bytes.slice(at, end).join(".") : ipv6Text(bytes, at);
}
