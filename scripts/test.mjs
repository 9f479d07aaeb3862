// `npm test [-- --only TEXT] [--node | --xs]`: types, imports, the specs under mocha on Node, the same specs on the
// XS engine, and interop with real peers. Ends with the line `N passed, N failed, N skipped`.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { out, root } from "./build.mjs";
import { prepare } from "./prepare.mjs";
import { installDebian, installPeerPackages } from "./setup.mjs";
import { run } from "./terminal.mjs";

const total = { passed: 0, failed: 0, skipped: 0 };

await run(async () => {
	const { values } = parseArgs({ options: {
		only: { type: "string", default: "" }, node: { type: "boolean" }, xs: { type: "boolean" }, yes: { type: "boolean", default: false },
	} });
	const engine = await prepare({ debian: ["engine", "broker"], yes: values.yes });
	await installDebian(["engine32", "peers"], { ...values, optional: true });
	await installPeerPackages();

	if (!values.only && !values.xs)
		await checks();
	const specs = find(join(out, "host-tests")).filter(path => path.includes(values.only));
	if (!values.xs)
		await onNode(specs);
	if (!values.node)
		await onXs(engine, specs.filter(path => !/\/(interop|xs)\//.test(path)));
	console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
	process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
});

function find(folder) {
	return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? find(path) : path.endsWith(".test.js") ? [path] : [];
	}).sort();
}

function count(name, faults) {
	total[faults.length ? "failed" : "passed"]++;
	console.log(faults.length ? `✘ ${name}\n${faults.map(line => `    ${line}`).join("\n")}` : `✔ ${name}`);
}

async function checks() {
	const { PROJECTS, checkTypes } = await import("./check.mjs");
	const { checkImports } = await import("./imports.mjs");
	const { checkManifests } = await import("./manifests.mjs");
	const { checkConformance } = await import("./generate/conformance.mjs");
	const { checkExceptions } = await import("./exceptions.mjs");
	count("imports point down", checkImports());
	count("manifests are complete", checkManifests().lines);
	count("deviations are written down", checkExceptions());
	count("the conformance tables are of now", checkConformance());
	for (const project of PROJECTS)
		count(`types: ${project}`, checkTypes(project));
}

async function onNode(specs) {
	console.log("\n— on Node —");
	const { status, text } = await output("node", [join("node_modules", "mocha", "bin", "mocha.js"), "--timeout", "120000", "--reporter", "spec", ...specs], true);
	add(text, /(\d+) passing/, /(\d+) failing/, /(\d+) pending/, status, "mocha");
}

async function onXs(engine, specs) {
	console.log("\n— on XS —");
	const names = specs.map(path => relative(out, path));
	const { status, text } = await output(engine, ["--grow", "--root", out, "--entry", "host-tests/support/run-xs.js", "--", ...names], true);
	add(text, /^(\d+) passed/m, /(\d+) failed/, /(\d+) skipped/, status, "XS");
}

function add(text, passed, failed, skipped, status, runner) {
	const closing = text.slice(-200000);
	const number = pattern => Number([...closing.matchAll(new RegExp(pattern, "gm"))].at(-1)?.[1] ?? 0);
	const failures = number(failed);
	total.passed += number(passed);
	total.skipped += number(skipped);
	total.failed += failures;
	if (status !== 0 && failures === 0) {
		total.failed++;
		console.log(`✘ ${runner} ended with status ${status}`);
	}
}

/** Runs a program in the project's folder; `show` passes its output on. A run is stopped after an hour and a half. */
function output(command, args, show = false) {
	return new Promise(resolve => {
		const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		const timer = setTimeout(() => child.kill("SIGKILL"), 90 * 60_000);
		process.once("SIGTERM", () => {
			child.kill("SIGTERM");
			process.exit(143);
		});
		let text = "";
		const take = chunk => {
			text += chunk;
			if (show)
				process.stdout.write(chunk);
		};
		child.stdout.setEncoding("utf8").on("data", take);
		child.stderr.setEncoding("utf8").on("data", take);
		child.on("close", status => {
			clearTimeout(timer);
			resolve({ status: status ?? 1, text });
		});
	});
}
