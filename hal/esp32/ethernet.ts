import type { ByteRegisters, Mdio } from "../../firmware/ports/mdio.js";
import { findPhyAddress, selectPhy } from "../ethernet/known-phys.js";
import type { Mac } from "../ethernet/mac.js";
import { PHY_ABSENT, type Phy } from "../ethernet/phy.js";
import { W5500Phy } from "../ethernet/w5500-phy.js";

/** What `phyAddress` says of a board. */
const ADDRESS_UNKNOWN = -1;
const PHY_ON_SPI = -2;

/** The PHYs on the MDIO pins of the chip (ethernet.c). Clause 22 only: an MMD is reached through registers 13 and 14. */
class EspMdio implements Mdio {
	read(address: number, register: number): number {
		return native("xs_ethernet_read_phy").call(this, address, register);
	}

	write(address: number, register: number, value: number): void {
		return native("xs_ethernet_write_phy").call(this, address, register, value);
	}
}

/** The registers of a W5500 (ethernet.c). */
class EspByteRegisters implements ByteRegisters {
	read(register: number): number {
		return native("xs_ethernet_read_byte").call(this, register);
	}

	write(register: number, value: number): void {
		return native("xs_ethernet_write_byte").call(this, register, value);
	}
}

/** The board's MAC on esp_eth, and esp_netif on it (ethernet.c). There is one. */
export class EspMac implements Mac {
	#own: Uint8Array;

	/** `macAddress`: six bytes, or none for the chip's own. */
	constructor(macAddress: Uint8Array = new Uint8Array(0)) {
		this.#own = macAddress;
	}

	begin(address: number, netmask: number, router: number, nameServer: number): void {
		this.open(this.#own);
		this.start(address, netmask, router, nameServer);
	}

	macAddress(): Uint8Array {
		const bytes = new Uint8Array(6);
		this.readMacAddress(bytes);
		return bytes;
	}

	findPhy(): Phy | undefined {
		const place = this.phyAddress();
		if (place === PHY_ON_SPI) {
			const phy = new W5500Phy(new EspByteRegisters());
			return phy.identify() === PHY_ABSENT ? undefined : phy;
		}
		const mdio = new EspMdio(), address = place === ADDRESS_UNKNOWN ? findPhyAddress(mdio) : place;
		return address < 0 ? undefined : selectPhy(mdio, address, this.phyDriver());
	}

	get address(): number {
		return native("xs_ethernet_address").call(this);
	}

	get netmask(): number {
		return native("xs_ethernet_netmask").call(this);
	}

	setLink(isUp: boolean, speed: number, fullDuplex: boolean): void {
		return native("xs_ethernet_set_link").call(this, isUp, speed, fullDuplex);
	}

	listen(onAddress: () => void): void {
		return native("xs_ethernet_listen").call(this, onAddress);
	}

	open(macAddress: Uint8Array): void {
		return native("xs_ethernet_open").call(this, macAddress);
	}

	start(address: number, netmask: number, router: number, nameServer: number): void {
		return native("xs_ethernet_begin").call(this, address, netmask, router, nameServer);
	}

	readMacAddress(into: Uint8Array): void {
		return native("xs_ethernet_mac_address").call(this, into);
	}

	phyAddress(): number {
		return native("xs_ethernet_phy_address").call(this);
	}

	phyDriver(): string {
		return native("xs_ethernet_phy_driver").call(this);
	}
}
