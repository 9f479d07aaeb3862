/** The board in its arena on the 32-bit engine: what it takes at worst, of the arena and of the stack. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, equal, it, ok } from "#test";
import { METHODS_MAX, ROUTES_MAX, SD_SERVICES_MAX } from "../../firmware/config.js";
import type { BoardCost } from "../../scripts/demo/board-process.js";
import { issue, makeCa, type Authority, type Issued } from "../../scripts/demo/certificates.js";
import { Rig, type RigOptions } from "../../scripts/footprint/rig.js";
import { build } from "./support/run.js";

/** Of 8 KiB, and what must stay free of the arena. */
const STACK_MAX = 420 * 16;
const FREE_MIN = 0.11;
const PERMITTED = "300ea00c300a87087f000000ff000000", FORBIDDEN = "300ea00c300a87080a000000ff000000";

/** The board is told, and finds no broker where it looks for it again. */
async function losesItsBroker(rig: Rig): Promise<void> {
	rig.broker.closeConnections(0, "");
	// The datagrams leave.
	await delay(10);
	await rig.broker.kill();
	await rig.until("away", status => !status.mqtt.connected);
}

describe("the board's memory", function (this: any) {
	this.timeout(600000);
	let engine = "";
	const folder = mkdtempSync(join(tmpdir(), "zonal-budget-"));
	before(async function (this: any) { engine = await build(this, { bits: 32 }); });
	after(() => rmSync(folder, { recursive: true, force: true }));

	let files = 0;
	const file = (text: string): string => {
		const path = join(folder, `${++files}.pem`);
		writeFileSync(path, text);
		return path;
	};
	const rig = (root: Authority, server: Issued, more: Partial<RigOptions> = {}): Promise<Rig> =>
		Rig.start({ engine, ca: file(root.pem), certificates: { chain: file(server.chain), key: file(server.keyPem) }, ...more });
	const within = (cost: BoardCost | undefined): void => {
		ok(cost !== undefined, "the board answers");
		ok(cost!.stackPeakBytes <= STACK_MAX, `${cost!.stackPeakBytes / 16} slots of stack`);
	};

	for (const key of ["p256", "rsa"] as const)
		it(`leaves 11 % of the arena free with a ${key} chain of three, also when it comes back with a full outbox`, async () => {
			const root = await makeCa({ key, pathLength: 1, nameConstraints: Buffer.from(PERMITTED, "hex") });
			const server = await issue(await makeCa({ key, issuer: root, name: "Intermediate" }), { key, ip: ["127.0.0.1"] });
			const running = await rig(root, server);
			try {
				await running.up();
				await running.stream(400, 1000, 32);
				await losesItsBroker(running);
				for (let i = 0; i < 16; i++) {
					running.send(i & 3, 1, new Uint8Array(2500));
					await delay(10);
				}
				await running.until("full", status => status.mqtt.overflowed > 0);
				await running.broker.restart();
				const { memory, mqtt } = await running.until("back", status => status.mqtt.connected && status.mqtt.queued === 0);
				within(await running.board.cost());
				ok(mqtt.acknowledged > 200 && mqtt.reconnects > 0, JSON.stringify(mqtt));
				ok(memory.peakBytes <= memory.arenaBytes * (1 - FREE_MIN), `${memory.peakBytes} of ${memory.arenaBytes} bytes`);
			}
			finally {
				await running.stop();
			}
		});

	const refused: [name: string, says: RegExp, chain: () => Promise<[Authority, Issued]>][] = [
		["has another name", /is for 127\.0\.0\.9, not for 127\.0\.0\.1/, async () => three({}, {}, { ip: ["127.0.0.9"] })],
		["has expired", /expired on/, async () => three({}, {}, { expired: true })],
		["has an intermediate that has expired", /"Intermediate" expired on/, async () => three({}, { notBefore: new Date(0), notAfter: new Date(1e12) }, {})],
		["has a root that has expired", /"Root" expired on/, async () => three({ notBefore: new Date(0), notAfter: new Date(1e12) }, {}, {})],
		["is of an unknown CA", /not signed by the configured CA/, async () => [await makeCa({ name: "Other" }), (await three({}, {}, {}))[1]]],
		["is outside of its CA's names", /outside of those that its CA is allowed to certify/, async () => three({ nameConstraints: Buffer.from(FORBIDDEN, "hex") }, {}, {})],
		["has a critical extension that nobody knows", /critical extension that is not supported/, async () => three({}, {}, { unknownCritical: true })],
	];
	const three = async (root: object, intermediate: object, leaf: object): Promise<[Authority, Issued]> => {
		const ca = await makeCa({ name: "Root", pathLength: 1, ...root });
		return [ca, await issue(await makeCa({ issuer: ca, name: "Intermediate", ...intermediate }), { ip: ["127.0.0.1"], ...leaf })];
	};
	for (const key of ["p256", "rsa"] as const)
		it(`leaves as much free with a client certificate of ${key} and its CA beside a chain of three, also when it comes back`, async () => {
			const fleet = await makeCa({ pathLength: 1, name: "Fleet CA" }), plant = await makeCa({ issuer: fleet, name: "Plant CA" });
			const client = await issue(plant, { key, name: "board", extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] });
			const [root, server] = await three({}, {}, {});
			const running = await rig(root, server, { terminator: { clientCa: file(fleet.pem) }, broker: { certificate: file(client.chain), key: file(client.keyPem) } });
			try {
				await running.up();
				await running.stream(400, 1000, 32);
				running.broker.closeConnections(0, "");
				const { memory, mqtt } = await running.until("back", status => status.mqtt.connected && status.mqtt.reconnects > 0 && status.mqtt.queued === 0);
				within(await running.board.cost());
				ok(mqtt.acknowledged >= 200, JSON.stringify(mqtt));
				ok(memory.peakBytes <= memory.arenaBytes * (1 - FREE_MIN), `${memory.peakBytes} of ${memory.arenaBytes} bytes`);
			}
			finally {
				await running.stop();
			}
		});

	for (const [name, says, chain] of refused)
		it(`keeps to its stack where the server's certificate ${name}`, async () => {
			const running = await rig(...await chain());
			try {
				await running.until("refusing", status => says.test(status.lastError));
				within(await running.board.cost());
			}
			finally {
				await running.stop();
			}
		});

	it("finds room for a burst of five events of 5 000 bytes at QoS 1", async () => {
		const running = await rig(...await three({}, {}, {}), { services: 1, events: 6 });
		try {
			await running.up();
			await running.stream(5, 100_000, 5000, [1, 3, 5]);
			const { mqtt, someip } = await running.until("through", status => status.mqtt.acknowledged >= 5 && status.mqtt.queued === 0);
			equal(mqtt.overflowed, 0);
			equal(someip.dropped, 0);
			within(await running.board.cost());
		}
		finally {
			await running.stop();
		}
	});

	const most = [
		["all services and routes", { services: SD_SERVICES_MAX, events: ROUTES_MAX / SD_SERVICES_MAX }],
		["all methods beside twelve services", { services: 12, events: 4, methods: METHODS_MAX }],
	] as const;
	for (const [what, options] of most)
		it(`has room for ${what}`, async () => {
			const running = await rig(...await three({}, {}, {}), options);
			try {
				await running.up();
				await running.stream(400, 1000, 32);
				within(await running.board.cost());
			}
			finally {
				await running.stop();
			}
		});

	/** On the ESP32 chunks and slots have each their part, as its manifests say: what one leaves is of no use to the other. */
	const { chunk, heap } = JSON.parse(readFileSync("manifests/boards/wt32-eth01/manifest.json", "utf8")).creation;
	const parts = ["--arena", String((chunk.initial + heap.initial * 16) / 1024), "--slots", String(heap.initial)];
	for (const [what, options] of [["the largest outbox and some methods", { services: 2, events: 2, methods: 4 }], ...most] as const)
		it(`has room for ${what} in the parts of an ESP32, also when it comes back with a full outbox`, async () => {
			const running = await rig(...await three({}, {}, {}), { ...options, engineOptions: parts });
			try {
				await running.up();
				await running.stream(400, 1000, 32);
				await losesItsBroker(running);
				for (let i = 0; i < 16; i++) {
					running.send(i & 1, 1, new Uint8Array(2500));
					await delay(10);
				}
				await running.until("full", status => status.mqtt.overflowed > 0);
				await running.broker.restart();
				await running.until("back", status => status.mqtt.connected && status.mqtt.queued === 0);
				within(await running.board.cost());
			}
			finally {
				await running.stop();
			}
		});
} as () => void);
