/** Registers that every PHY has (IEEE 802.3 §22.2.4), and those of an MMD behind them (§22.2.4.3.11, Annex 22D). */

export const BMCR = 0;
export const BMSR = 1;
export const PHYID1 = 2;
export const PHYID2 = 3;
export const ANAR = 4;
export const ANLPAR = 5;
export const ANER = 6;
export const MMD_CONTROL = 13;
export const MMD_DATA = 14;

/** Control register, Table 22-7. */
export const BMCR_RESET = 0x8000;
export const BMCR_LOOPBACK = 0x4000;
export const BMCR_SPEED_100 = 0x2000;
export const BMCR_AUTONEG = 0x1000;
export const BMCR_POWER_DOWN = 0x0800;
export const BMCR_ISOLATE = 0x0400;
export const BMCR_RESTART = 0x0200;
export const BMCR_FULL_DUPLEX = 0x0100;

/** Status register, Table 22-8. Link and remote fault latch until they are read. */
export const BMSR_ABILITIES = 0x7800;
export const BMSR_AUTONEG_COMPLETE = 0x0020;
export const BMSR_REMOTE_FAULT = 0x0010;
export const BMSR_AUTONEG_ABLE = 0x0008;
export const BMSR_LINK = 0x0004;
export const BMSR_JABBER = 0x0002;

/** Advertisement and link partner's abilities, §28.2.1.2 and Annex 28B. */
export const ABILITY_SELECTOR = 0x0001;
export const ABILITY_10_HALF = 0x0020;
export const ABILITY_10_FULL = 0x0040;
export const ABILITY_100_HALF = 0x0080;
export const ABILITY_100_FULL = 0x0100;
export const ABILITY_PAUSE = 0x0400;
export const ABILITY_ASYMMETRIC_PAUSE = 0x0800;
export const ABILITY_REMOTE_FAULT = 0x2000;

/** Expansion register, §28.2.4.1.5: the partner negotiates at all. */
export const ANER_PARTNER_ABLE = 0x0001;

/** MMD access control, Table 22-9: function in bits 15:14, device in 4:0. */
export const MMD_ADDRESS = 0x0000;
export const MMD_NO_INCREMENT = 0x4000;

/** Devices, Table 45-1. */
export const MMD_PMA = 1;
export const MMD_PCS = 3;
export const MMD_VENDOR2 = 31;

/** What a bus without a PHY reads. */
export const NO_ANSWER = 0xffff;
