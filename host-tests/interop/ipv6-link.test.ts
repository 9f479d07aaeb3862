/** IPv6 as a vehicle's network has it: an interface with unique local and link-local addresses, and groups. Made of two ends of
 *  a cable in a network namespace, in which the ports' contracts run on XS and on Node. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, equal, it, ok, skip } from "#test";

const ENGINE = "build/xs/64/zonal-xs", SPEC = "host-tests/ports/ipv6-link.test.js";
const CABLE = "ip link set lo up && ip link add zonal0 type veth peer name zonal1 && ip link set zonal0 up && ip link set zonal1 up && " +
	"for a in fd5a:6f6e:616c::1 fd5a:6f6e:616c::2 fe80::5a:1 fe80::5a:2; do ip -6 addr add $a/64 dev zonal0 nodad || exit 1; done";
const RUNS: readonly (readonly [name: string, command: string])[] = [
	["XS", `${ENGINE} --grow --root build --entry host-tests/support/run-xs.js -- ${SPEC}`],
	["Node", `node_modules/.bin/mocha --timeout 30000 --exit build/${SPEC}`],
];

function inNamespace(command: string): { status: number | null, text: string } {
	const { status, stdout, stderr } = spawnSync("unshare", ["--map-root-user", "--net", "sh", "-c", command], { encoding: "utf8", timeout: 60_000 });
	return { status, text: `${stdout ?? ""}${stderr ?? ""}` };
}

describe("IPv6 on a link", () => {
	if (inNamespace(CABLE).status !== 0) {
		skip("IPv6 on a link", "no network namespace with a virtual cable (unshare, ip, veth)");
		return;
	}
	for (const [name, command] of RUNS) {
		if (name === "XS" && !existsSync(ENGINE)) {
			skip("on XS", "the XS engine is not built");
			continue;
		}
		it(`keeps the ports' contracts on ${name}`, () => {
			const { status, text } = inNamespace(`${CABLE} && ${command}`);
			equal(status, 0, text);
			ok(/\d+ pass/.test(text) && !/[1-9]\d* (skipped|pending)/.test(text), text);
		});
	}
});
