import { randomFillSync } from "node:crypto";
import type { Random } from "../../firmware/ports/random.js";

class NodeRandom implements Random {
	fill(bytes: Uint8Array): void {
		randomFillSync(bytes);
	}
}

export const random: Random = new NodeRandom();
