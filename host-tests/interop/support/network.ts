/** Loopback networks that no other run on this machine has, nor another test of this one. */
import { once } from "node:events";
import { createServer } from "node:net";

/** TCP: whoever listens on the network's last address has it. */
const CLAIM_PORT = 30489;
const FIRST = 100, COUNT = 100;

let claimed: Promise<number> | undefined, count = 0;

/** The "x.y" of addresses 127.x.y.1 to 127.x.y.254, and of groups 239.x.y.1 and so on. */
export async function ownNetwork(): Promise<string> {
	const second = await (claimed ??= claim());
	if (++count > 250)
		throw new Error("a run has 250 networks");
	return `${second}.${count}`;
}

async function claim(): Promise<number> {
	for (let i = 0; i < COUNT; i++) {
		const second = FIRST + (process.pid + i) % COUNT, server = createServer().unref();
		try {
			server.listen({ host: `127.${second}.255.254`, port: CLAIM_PORT, exclusive: true });
			await once(server, "listening");
			return second;
		}
		catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE")
				throw error;
		}
	}
	throw new Error("every network from 127.100 to 127.199 is taken");
}
