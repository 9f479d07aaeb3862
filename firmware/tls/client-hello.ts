import type { ClientOffer } from "./client-offer.js";
import * as extension from "./extension.js";
import { Writer } from "./writer.js";

/** Room for all but transport parameters, cookie and ticket, as a rule. */
const CAPACITY = 512;

/** supported_versions: TLS 1.3 alone. */
const SUPPORTED_VERSIONS = "002b0003020304";
/** signature_algorithms: ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, ecdsa_secp384r1_sha384, rsa_pss_rsae_sha384 and _sha512, as in
 *  signature-scheme; signature_algorithms_cert: these, and PKCS#1 v1.5 with SHA-256, -384 and -512, inside chains only. */
const SIGNATURE_ALGORITHMS = "000d000c000a04030804050308050806" + "003200120010" + "04030804050308050806" + "040105010601";
/** status_request: ocsp, no responder ids, no extensions (RFC 6066 §8). */
const STATUS_REQUEST = "000500050100000000";
/** psk_key_exchange_modes: psk_dhe_ke alone (RFC 8446 §4.2.9). */
const PSK_WITH_DHE = "002d00020101";
const EARLY_DATA = "002a0000";

/** The ClientHello with its handshake header (RFC 8446 §4.1.2). About 310 bytes and the lengths of server name,
 *  transport parameters and cookie, so that it fits into one Initial packet. `cookie`: of a HelloRetryRequest; `age`: obfuscated, of the
 *  session that is offered, whose binder is left 0 at the message's end. */
export function encodeClientHello(offer: ClientOffer, cookie: Uint8Array | undefined, age: number): Uint8Array {
	const keys = offer.keys, transportParameters = offer.options.transportParameters, alpn = offer.options.alpn, dns = offer.host.dns, session = offer.session, writer = new Writer(CAPACITY);
	writer.numbers(1, extension.MESSAGE_CLIENT_HELLO);
	const message = writer.open(3);
	writer.numbers(2, 0x0303);
	writer.data(keys.clientRandom!);
	writer.vector(1, offer.sessionId ?? []);
	writer.list(offer.suites);
	// legacy_compression_methods: null only.
	writer.hex("0100");
	const block = writer.open(2);
	if (dns !== undefined) {
		// One name, of the type host_name.
		writer.numbers(2, extension.EXTENSION_SERVER_NAME, dns.length + 5, dns.length + 3);
		writer.numbers(1, 0, 0, dns.length);
		writer.text(dns);
	}
	writer.hex(SUPPORTED_VERSIONS);
	writer.numbers(2, extension.EXTENSION_SUPPORTED_GROUPS, 2 * offer.groups.length + 2);
	writer.list(offer.groups);
	writer.numbers(2, extension.EXTENSION_KEY_SHARE);
	const body = writer.open(2), list = writer.open(2);
	for (let i = 0; i < keys.shares.length; i++) {
		writer.numbers(2, keys.shares[i]!.group);
		writer.vector(2, keys.shares[i]!.publicKey);
	}
	writer.close(list, 2);
	writer.close(body, 2);
	writer.hex(SIGNATURE_ALGORITHMS);
	writer.numbers(2, extension.EXTENSION_ALPN, alpn.length + 3, alpn.length + 1);
	writer.numbers(1, alpn.length);
	writer.text(alpn);
	if (offer.wantsStatus)
		writer.hex(STATUS_REQUEST);
	if (transportParameters !== undefined) {
		writer.numbers(2, extension.EXTENSION_QUIC_TRANSPORT_PARAMETERS);
		writer.vector(2, transportParameters);
	}
	if (cookie !== undefined) {
		writer.numbers(2, extension.EXTENSION_COOKIE, cookie.length + 2);
		writer.vector(2, cookie);
	}
	if (offer.wantsTickets)
		writer.hex(PSK_WITH_DHE);
	if (offer.isEarly)
		writer.hex(EARLY_DATA);
	// RFC 8446 §4.2.11: it "MUST be the last extension in the ClientHello". One identity and the room for its binder.
	if (session !== undefined) {
		const ticket = session.ticket, binder = session.secret.length;
		writer.numbers(2, extension.EXTENSION_PRE_SHARED_KEY, ticket.length + binder + 11, ticket.length + 6);
		writer.vector(2, ticket);
		writer.numbers(4, age);
		writer.numbers(2, binder + 1);
		writer.vector(1, new Uint8Array(binder));
	}
	writer.close(block, 2);
	writer.close(message, 3);
	return writer.finish();
}
