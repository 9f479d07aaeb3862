import type { Crypto } from "../ports/crypto.js";
import type { Storage } from "../ports/storage.js";
import type { ClientCertificate } from "../tls/client-certificate.js";
import { SessionStore } from "../tls/session-store.js";
import { MQTT_ALPN } from "./quic-transport.js";

export interface SessionsOptions {
	readonly crypto: Crypto;
	/** Absent: nothing is kept. */
	readonly storage: Storage | undefined;
	/** The name that the certificate must be for. */
	readonly serverName: string;
	readonly roots: readonly Uint8Array[];
	readonly certificate: ClientCertificate | undefined;
	readonly ocsp: number;
}

/** Where a transport's sessions with the broker are kept; `name` begins the keys. */
export function sessions(name: string, port: number, { crypto, storage, serverName, roots, certificate, ocsp }: SessionsOptions): SessionStore | undefined {
	return storage && new SessionStore(storage, crypto, { name, host: serverName, port, alpn: MQTT_ALPN, roots, certificate: certificate?.message, ocsp });
}
