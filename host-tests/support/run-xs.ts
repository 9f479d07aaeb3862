/** Entry of a spec run on XS: `zonal-xs --grow --root build --entry host-tests/support/run-xs.js -- SPEC…`; specs are
 *  paths under build/. Exit status 0 only where nothing failed. */
import { engine } from "../../hal/system/engine.js";
import { print, results, runFile } from "./test-xs.js";

export default async function (paths: string[]): Promise<void> {
	for (const path of paths) {
		await runFile(path, () => import(path));
		// The crypto port has few places, and what a spec left open takes one until it is collected.
		engine.collect();
	}
	print(`${results.passed} passed, ${results.failed} failed, ${results.skipped} skipped`);
	native("xs_exit").call(undefined, results.failed === 0 ? 0 : 1);
}
