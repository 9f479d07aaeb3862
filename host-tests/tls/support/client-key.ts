/** Certificates of the keys that lie in host-tests/ports/fixtures: the port makes none. */
import { crypto } from "#hal";
import { SIGNATURE_ECDSA, type SigningKey } from "../../../firmware/ports/crypto.js";
import { ecPublicKey, writeCertificate } from "./certificate-writer.js";
import { bits, nothing, oid, sequence } from "./der-writer.js";
import { P256Key } from "./p256.js";

/** Of that name, without ".pem". */
export function openKey(name: string): SigningKey {
	return crypto.signingKey(`host-tests/ports/fixtures/${name}.pem`);
}

/** A client's certificate for that key in DER, of version 1 as openssl makes it when told nothing else. */
export function certificateFor(key: SigningKey): Uint8Array {
	const publicKey = key.signature === SIGNATURE_ECDSA ? ecPublicKey(key.publicKey, oid("1.2.840.10045.3.1.7"))
		: sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing()), bits(key.publicKey));
	return writeCertificate({ subject: "board", issuer: "root", publicKey, signer: new P256Key(crypto, "root"), version: new Uint8Array(0) });
}
