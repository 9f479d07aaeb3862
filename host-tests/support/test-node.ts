/** The spec runner's names on Node: mocha's, and assertions that exist on XS as well (see test-xs.ts). */
import { readFileSync, existsSync } from "node:fs";

export { deepEqual, equal, hex, ok, throws, unhex } from "./assert.js";

const mocha = globalThis as unknown as { describe: any; it: any; before: any; after: any; beforeEach: any; afterEach: any };

export const describe: (name: string, body: () => void) => void = (name, body) => { mocha.describe(name, body); };
/** `body` may return a promise. */
export const it: (name: string, body: () => void | Promise<void>) => void = (name, body) => { mocha.it(name, body); };
export const before: (body: () => void | Promise<void>) => void = body => { mocha.before(body); };
export const after: (body: () => void | Promise<void>) => void = body => { mocha.after(body); };
export const beforeEach: (body: () => void | Promise<void>) => void = body => { mocha.beforeEach(body); };
export const afterEach: (body: () => void | Promise<void>) => void = body => { mocha.afterEach(body); };

/** Declares a test that cannot run here: reported as skipped, with the reason. */
export function skip(name: string, reason: string): void {
	mocha.it(`${name} (skipped: ${reason})`, function (this: { skip(): void }) { this.skip(); });
}

/** The text of a file (path from the project's folder), or undefined where there is none. */
export function readText(path: string): string | undefined {
	return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** The bytes of a file (path from the project's folder), or undefined where there is none. */
export function readBytes(path: string): Uint8Array | undefined {
	return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
}

export const print: (line: string) => void = line => { console.log(line); };
export const ENGINE: "node" | "xs" = "node";
