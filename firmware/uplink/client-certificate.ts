import type { SigningKey } from "../ports/crypto.js";
import { clientCertificate as make, type ClientCertificate } from "../tls/client-certificate.js";

export type { ClientCertificate } from "../tls/client-certificate.js";

/** What the uplink shows a broker that asks for a certificate: DER certificates, its own first, and its key. For set-up;
 *  throws an Error whose message is to follow the file's name. */
export function clientCertificate(chain: readonly Uint8Array[], key: SigningKey): ClientCertificate {
	try {
		return make(chain, key);
	}
	catch (error) {
		const { message } = error as Error;
		throw new Error(message.startsWith("certificate ") ? `cannot be used: ${message}` : message);
	}
}
