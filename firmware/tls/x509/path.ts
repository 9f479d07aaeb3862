import type { Calendar } from "../../ports/calendar.js";
import type { Crypto } from "../../ports/crypto.js";
import { X509_SIGNATURES_MAX } from "../../config.js";
import { type Certificate, isIssuedBy, isSelfIssued, isSignedBy, nameText, parseCertificate } from "./certificate.js";
import { CertificateError, FAULT_CLOCK, FAULT_EXPIRED, FAULT_REFUSED, FAULT_UNTRUSTED, refusal } from "./certificate-error.js";
import { PURPOSE_OTHER, PURPOSE_SERVER, PURPOSE_UNRESTRICTED, USAGE_CERTIFICATE_SIGNATURE, USAGE_DIGITAL_SIGNATURE } from "./extensions.js";
import type { Host } from "./host-name.js";
import { checkNameConstraints } from "./name-constraints.js";
import { checkHost } from "./names.js";
import { checkStaple, OCSP_OFF } from "./ocsp.js";
import { dateText } from "./time.js";

/** Judges a server's chain (RFC 5280 §6): a path leads from its first certificate over the others, in any order, to one
 *  of the roots; every certificate of the path, the root included, is valid now and was allowed to sign the one below;
 *  the first names the host. Returns it. Throws CertificateError with a reason for the log.
 *
 *  A root is an ordinary CA certificate: a server that presents a root, or a certificate that signs itself, is refused
 *  even where that certificate is configured. `policy`: OCSP_*, for the response that was stapled to the first certificate. */
export function verifyPath(crypto: Crypto, calendar: Pick<Calendar, "isSet" | "seconds">, roots: readonly Uint8Array[], host: Host, chain: readonly Uint8Array[], policy = OCSP_OFF, staple?: Uint8Array): Certificate {
	if (!calendar.isSet)
		throw new CertificateError(FAULT_CLOCK, "the clock is not set: the server's certificate cannot be judged");
	if (chain.length === 0)
		throw new CertificateError(FAULT_REFUSED, "the server sent no certificate");
	const now = calendar.seconds();
	const leaf = parseCertificate(chain[0]!);
	checkValidity(leaf, now, "certificate");
	checkLeaf(leaf);
	const search = new PathSearch(crypto, now);
	// All are parsed here and not where the search meets them: that would be too deep for a board's stack.
	for (let i = 0; i < roots.length; i++)
		search.add(roots[i]!, i);
	for (let i = 1; i < chain.length; i++)
		search.add(chain[i]!, -1);
	const issuer = search.run(leaf);
	checkHost(leaf, host);
	checkStaple(crypto, now, policy, leaf, issuer, staple);
	return leaf;
}

/** Parses a configured root and checks what does not depend on the time: for set-up. Throws CertificateError. */
export function checkRoot(der: Uint8Array): Certificate {
	const root = parseCertificate(der, true);
	checkCa(root);
	return root;
}

/** Depth first from the leaf. Every candidate that fails leaves its reason; the most telling one is thrown in the end. */
class PathSearch {
	#crypto: Crypto;
	#now: number;
	#roots: Certificate[] = [];
	#intermediates: Certificate[] = [];
	#path: Certificate[] = [];
	#failure: CertificateError | undefined = undefined;
	#signaturesLeft = X509_SIGNATURES_MAX;

	constructor(crypto: Crypto, now: number) {
		this.#crypto = crypto;
		this.#now = now;
	}

	/** A configured CA, by its place; or a certificate of the chain (`index` -1). One that cannot be parsed may not be needed: its fault is
	 *  only noted. */
	add(der: Uint8Array, index: number): void {
		const isRoot = index >= 0;
		try {
			(isRoot ? this.#roots : this.#intermediates).push(parseCertificate(der, isRoot));
		}
		catch (error) {
			this.#note(isRoot && error instanceof CertificateError ? new CertificateError(FAULT_UNTRUSTED, `configured CA certificate ${index + 1} cannot be used: ${error.message}`) : error);
		}
	}

	/** Returns the leaf's issuer. Without recursion: how long a chain is, and so how deep a search, a stranger decides, and a board's stack is small. */
	run(leaf: Certificate): Certificate {
		const roots = this.#roots.length, candidates = roots + this.#intermediates.length;
		// Of each certificate of the path, the end of which is `top`: the candidate for its issuer that comes next.
		const next = [0];
		this.#path.push(leaf);
		for (let depth = 0; depth >= 0; depth = next.length - 1) {
			const top = this.#path[depth]!, candidate = next[depth]!;
			if (candidate === candidates) {
				this.#note(untrusted(issuerText(top)));
				this.#path.pop();
				next.pop();
				continue;
			}
			next[depth] = candidate + 1;
			const issuer = candidate < roots ? this.#roots[candidate]! : this.#intermediates[candidate - roots]!;
			if (!isIssuedBy(top, issuer) || candidate >= roots && this.#path.includes(issuer) || !this.#isIssuer(issuer, top, candidate < roots))
				continue;
			if (candidate < roots)
				return this.#path[1] ?? issuer;
			this.#path.push(issuer);
			next.push(0);
		}
		throw this.#failure!;
	}

	/** Whether the issuer signed `top` and, where it ends the path, the whole path is good; if not, the reason is noted. */
	#isIssuer(issuer: Certificate, top: Certificate, isRoot: boolean): boolean {
		try {
			this.#checkIssuer(issuer, top);
			if (isRoot)
				this.#checkPath(issuer);
			return true;
		}
		catch (error) {
			this.#note(error);
			return false;
		}
	}

	/** RFC 5280 §6.1.3 (b): self-issued certificates are exempt, unless they end the path. */
	#checkPath(root: Certificate): void {
		const path = this.#path;
		for (let i = 1; i <= path.length; i++)
			for (let below = 0; below < i; below++)
				if (below === 0 || !isSelfIssued(path[below]!))
					checkNameConstraints(path[i] ?? root, path[below]!);
	}

	/** Throws where `issuer` may not have signed `top`, or has not. */
	#checkIssuer(issuer: Certificate, top: Certificate): void {
		const pathLength = issuer.extensions.pathLength;
		checkValidity(issuer, this.#now, `CA certificate "${subjectText(issuer)}"`);
		checkCa(issuer);
		let below = 0;
		for (let i = 1; i < this.#path.length; i++)
			if (!isSelfIssued(this.#path[i]!))
				below++;
		if (pathLength !== -1 && below > pathLength)
			throw refused(issuer, `allows ${pathLength} CAs below it, not ${below}`);
		if (this.#signaturesLeft === 0)
			throw untrusted("there are too many ways to search");
		this.#signaturesLeft--;
		if (!isSignedBy(this.#crypto, top, issuer))
			throw untrusted(`a CA named "${subjectText(issuer)}" is known, but has another key`);
	}

	/** Keeps the first reason; one that says more than "not trusted" wins over one that does not. */
	#note(error: unknown): void {
		if (!(error instanceof CertificateError))
			throw error;
		if (this.#failure === undefined || this.#failure.fault === FAULT_UNTRUSTED && error.fault !== FAULT_UNTRUSTED)
			this.#failure = error;
	}
}

function checkValidity(certificate: Certificate, now: number, what: string): void {
	if (now > certificate.notAfter)
		throw expired(what + " expired on", certificate.notAfter, now);
	if (now < certificate.notBefore)
		throw expired(what + " is not valid before", certificate.notBefore, now);
}

function checkLeaf(leaf: Certificate): void {
	const keyUsage = leaf.extensions.keyUsage, purpose = leaf.extensions.purpose;
	if (leaf.extensions.isCa)
		throw new CertificateError(FAULT_REFUSED, "the server shows the certificate of a CA as its own");
	if (keyUsage !== -1 && !(keyUsage & USAGE_DIGITAL_SIGNATURE))
		throw refusal(FAULT_REFUSED, "may not be used to sign (its key usage lacks digitalSignature)");
	if (keyUsage !== -1 && keyUsage & USAGE_CERTIFICATE_SIGNATURE || leaf.extensions.constraintsAt !== -1)
		throw refusal(FAULT_REFUSED, "claims rights of a CA without being one");
	if (purpose !== PURPOSE_UNRESTRICTED && purpose !== PURPOSE_SERVER)
		throw refusal(FAULT_REFUSED, "may not be used by a server (its extended key usage lacks serverAuth)");
}

function checkCa(certificate: Certificate): void {
	const keyUsage = certificate.extensions.keyUsage;
	if (!certificate.extensions.isCa)
		throw refused(certificate, "is not a CA (basicConstraints)");
	if (keyUsage !== -1 && !(keyUsage & USAGE_CERTIFICATE_SIGNATURE))
		throw refused(certificate, "may not (its key usage lacks keyCertSign)");
	if (certificate.extensions.purpose === PURPOSE_OTHER)
		throw refused(certificate, "not those of servers (extended key usage)");
}

function issuerText(top: Certificate): string {
	const issuer = `"${nameText(top.der, top.issuerAt, top.issuerEnd)}"`;
	return isSelfIssued(top) ? issuer + " signed itself" : "it was issued by " + issuer;
}

function untrusted(why: string): CertificateError {
	return refusal(FAULT_UNTRUSTED, "is not signed by the configured CA: " + why);
}

function expired(what: string, seconds: number, now: number): CertificateError {
	return new CertificateError(FAULT_EXPIRED, `${what} ${dateText(seconds)} (today is ${dateText(now)})`);
}

function refused(issuer: Certificate, why: string): CertificateError {
	return new CertificateError(FAULT_REFUSED, `"${subjectText(issuer)}" signed a certificate, but ${why}`);
}

function subjectText(certificate: Certificate): string {
	return nameText(certificate.der, certificate.subjectAt, certificate.subjectEnd);
}
