/** Management registers of the PHYs on one MDIO bus (IEEE 802.3 §22.2.4, and §45 where the bus can). Values are 16 bits;
 *  0xffff is read where nothing answers, because the line is pulled up. A call takes its time on the wire and returns. */
export interface Mdio {
	/** `address` of the PHY and `register`: 0 to 31. */
	read(address: number, register: number): number;
	write(address: number, register: number, value: number): void;
	/** Clause 45 frames: `device` 0 to 31, `register` 0 to 65535. Absent where the bus knows clause 22 only. */
	readC45?(address: number, device: number, register: number): number;
	writeC45?(address: number, device: number, register: number, value: number): void;
}

/** Byte registers of a controller on SPI, by their offset in the common block. */
export interface ByteRegisters {
	/** 0 to 255; 0 or 255 where nothing answers. */
	read(register: number): number;
	write(register: number, value: number): void;
}
