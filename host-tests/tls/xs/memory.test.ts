import { before, describe, equal, it, ok } from "#test";
import { build, run } from "../../xs/support/run.js";

/** Bytes on the 32-bit engine that the recorded handshake (two certificates, P-256) may have in use beyond what was in
 *  use before it, the stack's growth included. */
const BUDGET = 7 * 1024;
/** KiB of an arena in which the whole program passes; idle it passes with 6. */
const ARENA = 12;

describe("client handshake: memory", function (this: any) {
	this.timeout(600000);
	let program = "";
	before(async function (this: any) { program = await build(this, { bits: 32 }); });

	it("stays within its budget on the 32-bit engine", () => {
		const { status, lines, errors } = run(program, "host-tests/tls/xs/handshake.js", ["run"], ["--arena", String(ARENA)]);
		equal(status, 0, errors);
		const most = Number(lines.find(line => line.startsWith("most "))!.slice(5));
		ok(most > 1000 && most <= BUDGET, `${most} bytes`);
		equal(lines.find(line => line.startsWith("events ")), "events 3");
	});
} as () => void);
