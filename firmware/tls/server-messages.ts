import * as extension from "./extension.js";
import { Reader } from "./reader.js";
import { signatureScheme } from "./signature-scheme.js";
import { AlertError, ALERT_DECODE_ERROR, ALERT_ILLEGAL_PARAMETER, ALERT_MISSING_EXTENSION, ALERT_NO_APPLICATION_PROTOCOL } from "./alert.js";

export interface EncryptedExtensions {
	/** A copy of the server's QUIC transport parameters; empty over TCP. */
	readonly transportParameters: Uint8Array;
	/** The server takes the early data. */
	readonly isEarly: boolean;
}

/** Parses EncryptedExtensions (RFC 8446 §4.3.1) and checks the server's choice of protocol. Throws AlertError. */
export function parseEncryptedExtensions(reader: Reader, alpn: string, offered: extension.Offered): EncryptedExtensions {
	const extensions = new extension.ExtensionReader(reader);
	let chosen: string | undefined, transportParameters: Uint8Array | undefined, isEarly = false;
	while (extensions.next()) {
		const body = extensions.body, type = extensions.type;
		if (!extension.isOffered(type, offered))
			throw extension.misplaced(type, offered);
		switch (type) {
			case extension.EXTENSION_SERVER_NAME:
				break;
			case extension.EXTENSION_SUPPORTED_GROUPS:
				readList(body);
				break;
			case extension.EXTENSION_ALPN:
				chosen = readProtocol(body);
				break;
			case extension.EXTENSION_QUIC_TRANSPORT_PARAMETERS:
				transportParameters = body.rest();
				break;
			case extension.EXTENSION_EARLY_DATA:
				isEarly = true;
				break;
			default:
				throw extension.misplaced(type, offered);
		}
		body.finish("an extension");
	}
	reader.finish("EncryptedExtensions");
	// RFC 9001 §8.1: without an agreed protocol both sides "MUST immediately close a connection ... with a
	// no_application_protocol TLS alert".
	if (chosen === undefined && offered.isQuic)
		throw new AlertError(ALERT_NO_APPLICATION_PROTOCOL, `the server did not agree to "${alpn}"`);
	if (chosen !== undefined && chosen !== alpn)
		throw new AlertError(ALERT_NO_APPLICATION_PROTOCOL, `the server chose "${chosen}" instead of "${alpn}"`);
	if (transportParameters === undefined && offered.isQuic)
		throw new AlertError(ALERT_MISSING_EXTENSION, "no transport parameters");
	return { transportParameters: transportParameters ?? new Uint8Array(0), isEarly };
}

/** Parses a CertificateRequest (RFC 8446 §4.3.2); returns those of its signature schemes that are known here. Unknown
 *  extensions are ignored there, and so are the names of CAs: there is one certificate to send or none. Throws AlertError. */
export function parseCertificateRequest(reader: Reader): readonly number[] {
	if (reader.vector(1).remaining !== 0)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "CertificateRequest has a context");
	const extensions = new extension.ExtensionReader(reader);
	const schemes: number[] = [];
	let signatureAlgorithms = false;
	while (extensions.next())
		if (extensions.type === extension.EXTENSION_SIGNATURE_ALGORITHMS) {
			const list = readList(extensions.body);
			while (!list.atEnd) {
				const id = list.number(2);
				if (signatureScheme(id) !== undefined && !schemes.includes(id))
					schemes.push(id);
			}
			signatureAlgorithms = true;
		}
	reader.finish("CertificateRequest");
	if (!signatureAlgorithms)
		throw new AlertError(ALERT_MISSING_EXTENSION, "CertificateRequest without signature schemes");
	return schemes;
}

/** Numbers of two bytes each that fill the extension. */
function readList(body: Reader): Reader {
	const list = body.vector(2);
	body.finish("an extension");
	if (list.remaining === 0 || list.remaining % 2 !== 0)
		throw new AlertError(ALERT_DECODE_ERROR, "a damaged list");
	return list;
}

/** RFC 7301 §3.1: the server's list "MUST contain exactly one ProtocolName". */
function readProtocol(body: Reader): string {
	const list = body.vector(2);
	const name = list.vector(1);
	if (name.remaining === 0)
		throw new AlertError(ALERT_DECODE_ERROR, "ALPN without a name");
	list.finish("ALPN");
	let text = "";
	while (!name.atEnd) {
		const c = name.number(1);
		// For the log: nothing that could act on a terminal.
		text += c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : "\ufffd";
	}
	return text;
}
