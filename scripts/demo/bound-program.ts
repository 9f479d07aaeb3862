/** Programs that must not outlive us, even where we are killed: setpriv of util-linux asks the kernel for that. */
import { existsSync, readFileSync } from "node:fs";

const SETPRIV = "/usr/bin/setpriv";

/** What to spawn instead of `program` with `args`. `user`: whom root runs it as, where there is such a user. */
export function boundProgram(program: string, args: readonly string[], user?: string): [string, string[]] {
	if (!existsSync(SETPRIV))
		return [program, [...args]];
	const change = user !== undefined && process.getuid?.() === 0 && isUser(user) ? [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
	return [SETPRIV, [...change, "--pdeathsig", "KILL", program, ...args]];
}

function isUser(name: string): boolean {
	return readFileSync("/etc/passwd", "utf8").split("\n").some(line => line.startsWith(`${name}:`))
		&& readFileSync("/etc/group", "utf8").split("\n").some(line => line.startsWith(`${name}:`));
}
