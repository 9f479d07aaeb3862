/** Settings that Microchip's application note AN1699 ("LAN8670/1/2 Configuration") asks for after every reset, all in MMD
 *  31. Revision B1 by its first edition, C1 and C2 by DS60001699F, D0 by DS60001699G. */
import { MMD_VENDOR2 } from "./mii.js";
import type { PhyRegisters } from "./phy-registers.js";

export const REVISION_B1 = 2;
export const REVISION_C1 = 4;
export const REVISION_C2 = 5;
export const REVISION_D0 = 6;

/** Address, value, mask. */
const B1: readonly (readonly [address: number, value: number, mask: number])[] = [
	[0x00d0, 0x0002, 0x0e03], [0x00d1, 0x0000, 0x0300], [0x0084, 0x3380, 0xffc0], [0x0085, 0x0006, 0x000f],
	[0x008a, 0xc000, 0xf800], [0x0087, 0x801c, 0x801c], [0x0088, 0x033f, 0x1fff], [0x008b, 0x0404, 0xffff],
	[0x0080, 0x0600, 0x0600], [0x00f1, 0x2400, 0x7f00], [0x0096, 0x2000, 0x2000], [0x0099, 0x7f80, 0xffff],
];
const C_BEFORE: readonly (readonly [address: number, value: number])[] = [[0x00d0, 0x3f31], [0x00e0, 0xc000]];
const C_AFTER: readonly (readonly [address: number, value: number])[] = [
	[0x00e9, 0x9e50], [0x00f5, 0x1cf8], [0x00f4, 0xc020], [0x00f8, 0xb900], [0x00f9, 0x4e53], [0x0081, 0x0080], [0x0091, 0x9660],
];
const C_QUALITY: readonly (readonly [address: number, value: number])[] = [
	[0x00b0, 0x0103], [0x00b1, 0x0910], [0x00b2, 0x1d26], [0x00b3, 0x002a], [0x00b4, 0x0103], [0x00b5, 0x070d],
	[0x00b6, 0x1720], [0x00b7, 0x0027], [0x00b8, 0x0509], [0x00b9, 0x0e13], [0x00ba, 0x1c25], [0x00bb, 0x002b],
];
const D0: readonly (readonly [address: number, value: number])[] = [
	[0x0037, 0x0800], [0x008a, 0xbfc0], [0x0118, 0x029c], [0x00d6, 0x1001], [0x0082, 0x001c], [0x00fd, 0x0c0b], [0x00fd, 0x8c07], [0x0091, 0x9660],
];

/** Indirect access to what was measured in production. */
const INDIRECT_ADDRESS = 0x00d8;
const INDIRECT_DATA = 0x00d9;
const INDIRECT_CONTROL = 0x00da;
const INDIRECT_READ = 0x0002;

export function setUpLan867x(registers: PhyRegisters, revision: number): void {
	switch (revision) {
		case REVISION_B1:
			for (let i = 0; i < B1.length; i++)
				registers.modifyMmd(MMD_VENDOR2, B1[i]![0], B1[i]![2], B1[i]![1]);
			return;
		case REVISION_C1:
		case REVISION_C2:
			setUpC(registers);
			return;
		case REVISION_D0:
			writeAll(registers, D0);
			return;
		default:
			return;
	}
}

function setUpC(registers: PhyRegisters): void {
	const first = readOffset(registers, 0x0004), second = readOffset(registers, 0x0008);
	writeAll(registers, C_BEFORE);
	registers.writeMmd(MMD_VENDOR2, 0x0084, (9 + first & 63) << 10 | (14 + first & 63) << 4 | 3);
	registers.writeMmd(MMD_VENDOR2, 0x008a, (40 + second & 63) << 10);
	writeAll(registers, C_AFTER);
	registers.writeMmd(MMD_VENDOR2, 0x00ad, (5 + first & 63) << 8 | 9 + first & 63);
	registers.writeMmd(MMD_VENDOR2, 0x00ae, (9 + first & 63) << 8 | 14 + first & 63);
	registers.writeMmd(MMD_VENDOR2, 0x00af, (17 + first & 63) << 8 | 22 + first & 63);
	writeAll(registers, C_QUALITY);
}

/** Five bits with a sign. */
function readOffset(registers: PhyRegisters, address: number): number {
	registers.writeMmd(MMD_VENDOR2, INDIRECT_ADDRESS, address);
	registers.writeMmd(MMD_VENDOR2, INDIRECT_CONTROL, INDIRECT_READ);
	return (registers.readMmd(MMD_VENDOR2, INDIRECT_DATA) & 31) << 27 >> 27;
}

function writeAll(registers: PhyRegisters, pairs: readonly (readonly [address: number, value: number])[]): void {
	for (let i = 0; i < pairs.length; i++)
		registers.writeMmd(MMD_VENDOR2, pairs[i]![0], pairs[i]![1]);
}
