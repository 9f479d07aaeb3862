/** The ports on XS, for specs: `import { crypto, random } from "#hal"` (hal-node.ts gives Node's). */
export { crypto } from "../../hal/crypto/crypto.js";
export { random } from "../../hal/system/random.js";
export { datagramSocket } from "../../hal/net/udp.js";
export { timer } from "../../hal/system/timer.js";
export { clock } from "../../hal/system/clock.js";
