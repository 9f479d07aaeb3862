/** What differs between QUIC version 1 (RFC 9000, 9001) and version 2 (RFC 9369). */

export const VERSION_1 = 1;
export const VERSION_2 = 0x6b3343cf;

export interface Version {
	number: number;
	/** As the statistics name it. */
	name: string;
	/** Labels of the packet protection keys begin with it (RFC 9001 §5.1; RFC 9369 §3.3.2). */
	label: string;
	/** Added to the type of a long header, modulo 4 (RFC 9369 §3.2). */
	typeShift: number;
	/** Hex digits: `bytesOfHex`. */
	initialSalt: string;
	retryKey: string;
	retryNonce: string;
}

const VERSIONS: readonly Version[] = Object.freeze([
	Object.freeze({
		number: VERSION_1, name: "1", label: "quic ", typeShift: 0,
		initialSalt: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
		retryKey: "be0c690b9f66575a1d766b54e368c84e",
		retryNonce: "461599d35d632bf2239825bb",
	}),
	Object.freeze({
		number: VERSION_2, name: "2", label: "quicv2 ", typeShift: 1,
		initialSalt: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
		retryKey: "8fb4b01b56ac48e260fbcbcead7ccc92",
		retryNonce: "d86969bc2d7c6d9990efb04a",
	}),
]);

/** The version of that number; undefined: not known here. */
export function versionOf(number: number): Version | undefined {
	for (let i = 0; i < VERSIONS.length; i++)
		if (VERSIONS[i]!.number === number)
			return VERSIONS[i];
	return undefined;
}

export function bytesOfHex(digits: string): Uint8Array {
	const bytes = new Uint8Array(digits.length / 2);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
	return bytes;
}
