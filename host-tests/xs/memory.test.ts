import { before, describe, equal, it, ok } from "#test";
import { build, run, type Outcome, type Variant } from "./support/run.js";

const ROUNDS = 1500;
const SANITIZED_ROUNDS = 400;
/** Collecting at every allocation costs some thousand collections per round. */
const STRESS_ROUNDS = "25";

const figures = (outcome: Outcome, name: string) => outcome.lines.find(line => line.startsWith(name + " "))!.split(" ").slice(1).map(Number);

for (const variant of [{ bits: 64 }, { bits: 32 }, { bits: 64, sanitize: true }] as Variant[]) {
	describe(`xs/memory ${variant.bits} bits${variant.sanitize ? ", sanitized" : ""}`, function (this: any) {
		this.timeout(600000);
		let program = "";
		before(async function (this: any) { program = await build(this, variant); } as () => Promise<void>);

		it("counts what was allocated, collected or not", () => {
			const outcome = run(program, "count");
			const slots = (name: string) => figures(outcome, name)[0];
			equal(outcome.status, 0, outcome.errors);
			equal(figures(outcome, "free").join(), "0,0");
			equal(slots("object"), 1);
			equal(slots("pair"), 2);
			equal(slots("closure"), 11);
			equal(slots("buffer"), 3);
			ok(figures(outcome, "buffer")[1]! >= 100, "chunk bytes of a buffer");
			equal(slots("textLength"), 2, "asking a string for a property boxes it");
			ok(figures(outcome, "heap")[4]! > 10, "collected");
		});

		it("counts computation alike at every run and width", () => equal(figures(run(program, "count"), "meter")[0], METER));

		it("stays within the arena: the same work with less memory collects more, or ends", () => {
			const peak = figures(run(program, "count"), "heap")[1]!;
			ok(peak < 16384, `${peak} bytes`);
			equal(run(program, "count", [], ["--arena", "16"]).status, 0);
			equal(run(program, "collect", ["20"], ["--arena", "4"]).status, 101);
		});

		it("reports its figures at the end", () => {
			const { errors } = run(program, "count", [], ["--report"]);
			const [figuresLine, buffersLine] = errors.split("\n");
			const report = JSON.parse(figuresLine!.replace("zonal-xs: ", ""));
			equal(report.arenaBytes, (154 + 8) * 1024 * (variant.bits / 32));
			ok(report.peakBytes >= report.peakLiveBytes + report.stackPeakBytes, errors);
			ok(report.preloaded.slotBytes > report.slotBytes * 10, "what is preloaded is not in the arena: " + errors);
			ok(/^ {2}bytes of buffers: .*Counter\.view 16/.test(run(program, "count", ["keep"], ["--report"]).errors.split("\n")[1]!), buffersLine);
		});

		it("keeps preloaded strings, closures and classes through thousands of collections", () => {
			const rounds = String(variant.sanitize ? SANITIZED_ROUNDS : ROUNDS);
			const outcome = run(program, "collect", [rounds]);
			equal(outcome.status, 0, outcome.errors);
			equal(outcome.lines[0], `${rounds} rounds, collected`);
			equal(run(program, "collect", [rounds], ["--grow"]).status, 0);
		});

		if (variant.sanitize)
			it("keeps them when every single allocation collects", () => {
				const outcome = run(program, "collect", [STRESS_ROUNDS], ["--stress"]);
				equal(outcome.status, 0, outcome.errors);
				ok(Number(outcome.lines[1]!.split(" ")[0]) > 5000, outcome.lines.join());
			});
	} as () => void);
}

/** Of 1 000 rounds of the fixture's packet path. */
const METER = 64034;
