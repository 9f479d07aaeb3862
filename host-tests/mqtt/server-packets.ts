/** Packets as a server sends them, written plainly and apart from the firmware's code. */

export type Property = readonly [id: number, ...bytes: number[]];

export const u16 = (value: number): number[] => [value >> 8 & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];
/** ASCII only. */
export const ascii = (text: string): number[] => Array.from(text, character => character.charCodeAt(0));
export const text = (value: string): number[] => [...u16(value.length), ...ascii(value)];

export function variable(value: number): number[] {
	const bytes = [];
	for (; value >= 128; value >>= 7)
		bytes.push(value & 127 | 128);
	return [...bytes, value];
}

export function list(properties: readonly Property[]): number[] {
	const bytes = properties.flat();
	return [...variable(bytes.length), ...bytes];
}

export function packet(firstByte: number, body: readonly number[]): number[] {
	return [firstByte, ...variable(body.length), ...body];
}

export function connack(code = 0, properties: readonly Property[] = [], sessionPresent = false): number[] {
	return packet(0x20, [sessionPresent ? 1 : 0, code, ...list(properties)]);
}

export interface PublishFields {
	topic: string;
	payload?: readonly number[];
	id?: number;
	qos?: number;
	retain?: boolean;
	dup?: boolean;
	properties?: readonly Property[];
}

export function publish({ topic, payload = [], id = 0, qos = 0, retain = false, dup = false, properties = [] }: PublishFields): number[] {
	return packet(0x30 | (dup ? 8 : 0) | qos << 1 | (retain ? 1 : 0),
		[...text(topic), ...(qos > 0 ? u16(id) : []), ...list(properties), ...payload]);
}

export function puback(id: number, code?: number, properties?: readonly Property[]): number[] {
	return packet(0x40, [...u16(id), ...(code === undefined ? [] : [code]), ...(properties === undefined ? [] : list(properties))]);
}

export function suback(id: number, codes: readonly number[], properties: readonly Property[] = []): number[] {
	return packet(0x90, [...u16(id), ...list(properties), ...codes]);
}

export function disconnect(code?: number, properties?: readonly Property[]): number[] {
	return packet(0xe0, [...(code === undefined ? [] : [code]), ...(properties === undefined ? [] : list(properties))]);
}

export const pingresp = (): number[] => [0xd0, 0];
