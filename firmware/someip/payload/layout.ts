/** How the payloads of one interface are laid out: what its specification leaves to the interface definition. */

export interface Layout {
	/** Byte order of the parameters (Open SOME/IP feat_req_someip_42). Default: big-endian. */
	readonly littleEndian?: boolean;
	/** Byte order of length fields and of unions' type fields. Default: big-endian, as "Length and Type fields shall be
	 *  always in network byte order" (feat_req_someip_675); AUTOSAR lets them follow the parameters. */
	readonly littleEndianLengths?: boolean;
	/** Whether structs whose members have ids are tagged (AUTOSAR TLV). Default: positional. */
	readonly tagged?: boolean;
	/** Width in bits of the length field of wire type 4, and of tagged structs within others, where the type has none:
	 *  8, 16 or 32. Default: 32. */
	readonly taggedLengthWidth?: number;
	/** Write wire types 5 to 7, which say how wide the length field is, in place of 4. Both are read. */
	readonly selfDescribing?: boolean;
}
export const NETWORK_ORDER: Layout = Object.freeze({});

/** Wire types of AUTOSAR's tags: 1, 2, 4 or 8 bytes without a length; 4: a length field as wide as the interface
 *  defines; 5, 6, 7: a length field of 8, 16, 32 bits. */
export const WIRE_8 = 0;
export const WIRE_16 = 1;
export const WIRE_32 = 2;
export const WIRE_64 = 3;
export const WIRE_STATIC_LENGTH = 4;
export const WIRE_LENGTH_8 = 5;
export const WIRE_LENGTH_16 = 6;
export const WIRE_LENGTH_32 = 7;

/** A tag: reserved bit, 3 bits of wire type, 12 bits of data id. */
export function tagOf(wireType: number, dataId: number): number {
	return wireType << 12 | dataId;
}

export function wireTypeOf(tag: number): number {
	return tag >> 12 & 7;
}

export function dataIdOf(tag: number): number {
	return tag & 0xfff;
}

/** The wire type that says how wide a length field is. */
export function wireTypeOfWidth(width: number): number {
	return width === 8 ? WIRE_LENGTH_8 : width === 16 ? WIRE_LENGTH_16 : WIRE_LENGTH_32;
}
