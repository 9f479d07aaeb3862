import * as extension from "./extension.js";
import { Reader } from "./reader.js";
import { signatureScheme } from "./signature-scheme.js";
import { AlertError, ALERT_DECODE_ERROR, ALERT_ILLEGAL_PARAMETER, ALERT_MISSING_EXTENSION, ALERT_NO_APPLICATION_PROTOCOL, ALERT_UNSUPPORTED_EXTENSION } from "./alert.js";

/** Parses EncryptedExtensions (RFC 8446 §4.3.1), checks the server's choice of protocol and returns a copy of its
 *  QUIC transport parameters. `withName`: the ClientHello had a server_name. Throws AlertError. */
export function parseEncryptedExtensions(reader: Reader, alpn: string, withName: boolean): Uint8Array {
	const extensions = new extension.ExtensionReader(reader);
	let chosen: string | undefined, parameters: Uint8Array | undefined;
	while (extensions.next()) {
		const body = extensions.body, type = extensions.type;
		if (!extension.isOffered(type, withName))
			throw new AlertError(ALERT_UNSUPPORTED_EXTENSION, `the server sent extension ${type}, which was not asked for`);
		switch (type) {
			case extension.EXTENSION_SERVER_NAME:
				break;
			case extension.EXTENSION_SUPPORTED_GROUPS:
				checkGroups(body);
				break;
			case extension.EXTENSION_ALPN:
				chosen = readProtocol(body);
				break;
			case extension.EXTENSION_QUIC_TRANSPORT_PARAMETERS:
				parameters = body.rest();
				break;
			default:
				throw new AlertError(ALERT_ILLEGAL_PARAMETER, `the server sent extension ${type} in its EncryptedExtensions`);
		}
		body.finish("an extension of the EncryptedExtensions");
	}
	reader.finish("the EncryptedExtensions message");
	// RFC 9001 §8.1: without an agreed protocol both sides "MUST immediately close a connection ... with a
	// no_application_protocol TLS alert".
	if (chosen === undefined)
		throw new AlertError(ALERT_NO_APPLICATION_PROTOCOL, `the server did not agree to the application protocol "${alpn}" (it sent no ALPN)`);
	if (chosen !== alpn)
		throw new AlertError(ALERT_NO_APPLICATION_PROTOCOL, `the server chose the application protocol "${chosen}" instead of "${alpn}"`);
	if (parameters === undefined)
		throw new AlertError(ALERT_MISSING_EXTENSION, "the server sent no QUIC transport parameters");
	return parameters;
}

/** Parses a CertificateRequest (RFC 8446 §4.3.2); returns those of its signature schemes that are known here. Unknown
 *  extensions are ignored there, and so are the names of CAs: there is one certificate to send or none. Throws AlertError. */
export function parseCertificateRequest(reader: Reader): readonly number[] {
	if (reader.vector8().remaining !== 0)
		throw new AlertError(ALERT_ILLEGAL_PARAMETER, "the server's CertificateRequest has a context");
	const extensions = new extension.ExtensionReader(reader);
	const schemes: number[] = [];
	let signatureAlgorithms = false;
	while (extensions.next())
		if (extensions.type === extension.EXTENSION_SIGNATURE_ALGORITHMS) {
			const list = extensions.body.vector16();
			extensions.body.finish("signature_algorithms");
			if (list.remaining === 0 || list.remaining % 2 !== 0)
				throw new AlertError(ALERT_DECODE_ERROR, "the server's CertificateRequest lists half a signature scheme");
			while (!list.atEnd) {
				const id = list.uint16();
				if (signatureScheme(id) !== undefined && !schemes.includes(id))
					schemes.push(id);
			}
			signatureAlgorithms = true;
		}
	reader.finish("the CertificateRequest");
	if (!signatureAlgorithms)
		throw new AlertError(ALERT_MISSING_EXTENSION, "the server's CertificateRequest names no signature schemes");
	return schemes;
}

/** Checks a NewSessionTicket (RFC 8446 §4.6.1), which this client does not use. Throws AlertError.
 *  Exception: RFC 9001 §4.6.1: the max_early_data_size of a ticket is not looked at, for no early data is sent. */
export function checkNewSessionTicket(reader: Reader): void {
	reader.skip(8); // lifetime, age_add
	reader.vector8(); // nonce
	if (reader.vector16().remaining === 0)
		throw new AlertError(ALERT_DECODE_ERROR, "the server sent an empty session ticket");
	const extensions = new extension.ExtensionReader(reader);
	while (extensions.next());
	reader.finish("the NewSessionTicket");
}

function checkGroups(body: Reader): void {
	const list = body.vector16();
	if (list.remaining === 0 || list.remaining % 2 !== 0)
		throw new AlertError(ALERT_DECODE_ERROR, "the server's list of groups is damaged");
}

/** RFC 7301 §3.1: the server's list "MUST contain exactly one ProtocolName". */
function readProtocol(body: Reader): string {
	const list = body.vector16();
	const name = list.vector8();
	if (name.remaining === 0)
		throw new AlertError(ALERT_DECODE_ERROR, "the server chose an application protocol without a name");
	list.finish("the server's ALPN");
	let text = "";
	while (!name.atEnd) {
		const c = name.uint8();
		// For the log: nothing that could act on a terminal.
		text += c >= 0x20 && c < 0x7f ? String.fromCharCode(c) : "\ufffd";
	}
	return text;
}
