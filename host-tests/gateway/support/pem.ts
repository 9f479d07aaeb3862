const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A PEM file with this certificate (RFC 7468). */
export function pem(der: Uint8Array): string {
	let body = "";
	for (let i = 0; i < der.length; i += 3) {
		const left = der.length - i, bits = der[i]! << 16 | (der[i + 1] ?? 0) << 8 | (der[i + 2] ?? 0);
		body += ALPHABET[bits >> 18]! + ALPHABET[bits >> 12 & 63]! + (left > 1 ? ALPHABET[bits >> 6 & 63]! : "=") + (left > 2 ? ALPHABET[bits & 63]! : "=");
	}
	return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}
