import { checkRoot } from "../tls/x509/path.js";

/** Why a DER certificate can end no chain, whatever the time and the server; "" where it can. For set-up. */
export function rootFault(der: Uint8Array): string {
	try {
		checkRoot(der);
		return "";
	}
	catch (error) {
		return (error as Error).message;
	}
}
