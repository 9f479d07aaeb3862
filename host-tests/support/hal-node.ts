/** The ports on Node, for specs: `import { crypto, random } from "#hal"` (hal-xs.ts gives the natives on XS). */
export { crypto } from "../../hal/node/crypto.js";
export { random } from "../../hal/node/random.js";
export { datagramSocket } from "../../hal/node/datagram-socket.js";
export { timer } from "../../hal/node/timer.js";
export { clock } from "../../hal/node/clock.js";
