import { deepEqual, describe, equal, it, ok, throws } from "#test";
import { finishTakeover, takeOver } from "../../firmware/console/takeover.js";
import { MemoryStore, ascii } from "./support/store.js";

function store(): MemoryStore {
	const made = new MemoryStore();
	for (const [name, text] of [["ca.pem", "old ca"], ["gateway.json", "old"], ["ca.pem.new", "new ca"], ["gateway.json.new", "new"], ["other.new", "left over"]] as const)
		made.files.set(`d/${name}`, ascii(text));
	return made;
}

const OLD = { "d/ca.pem": "old ca", "d/gateway.json": "old" }, NEW = { "d/ca.pem": "new ca", "d/gateway.json": "new" };

function used({ texts }: MemoryStore): Record<string, string> {
	return Object.fromEntries(Object.entries(texts).filter(([name]) => name === "d/ca.pem" || name === "d/gateway.json"));
}

describe("takeover", () => {
	it("replaces the files that it is told, and no others", () => {
		const made = store();
		takeOver(made, "d/", ["ca.pem", "gateway.json"]);
		deepEqual(made.texts, { ...NEW, "d/other.new": "left over" });
		equal(finishTakeover(made, "d/"), 0);
	});

	it("replaces all or none, wherever the power goes", () => {
		const whole = store();
		takeOver(whole, "d/", ["ca.pem", "gateway.json"]);
		for (let failAt = 1; failAt <= whole.changes; failAt++) {
			const made = store();
			made.failAt = failAt;
			throws(() => takeOver(made, "d/", ["ca.pem", "gateway.json"]), "No space");
			// The start after it, and the power goes again.
			for (let again = 1; again <= 4; again++) {
				made.failAt = made.changes + again;
				try {
					finishTakeover(made, "d/");
				}
				catch {
					continue;
				}
			}
			made.failAt = Infinity;
			finishTakeover(made, "d/");
			const now = used(made);
			ok(now["d/gateway.json"] === "old" ? now["d/ca.pem"] === "old ca" : now["d/ca.pem"] === "new ca", JSON.stringify(now));
			deepEqual(now, failAt <= 2 ? OLD : NEW);
			equal(made.fileSize("d/takeover"), -1);
		}
	});

	it("has nothing to end where there was no crash", () => {
		const made = store();
		equal(finishTakeover(made, "d/"), 0);
		deepEqual(used(made), OLD);
	});
});
