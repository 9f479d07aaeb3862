// What the scripts show: steps with progress, plain lines where nobody watches. Node's own modules only.

const watched = Boolean(process.stdout.isTTY);
const seconds = from => ((Date.now() - from) / 1000).toFixed(1);

/** Ends the program with the text on stderr. A message says what to do next. */
export class Stop extends Error {
	constructor(message, status = 1) {
		super(message);
		this.status = status;
	}
}

/** Runs `work(progress)` under a title; `progress(text)` shows how far it is. Returns what `work` returns. */
export async function step(title, work) {
	const from = Date.now();
	let shown = "", last = 0;
	const progress = text => {
		if (watched)
			process.stdout.write(`\r\x1b[K${title} … ${shown = text}`);
		else if (Date.now() - last > 5000 && Date.now() - from > 5000) {
			console.log(`${title} … ${text}`);
			last = Date.now();
		}
	};
	if (watched)
		process.stdout.write(`${title} …`);
	try {
		const result = await work(progress);
		const detail = typeof result === "string" ? `: ${result}` : shown && Date.now() - from > 2000 ? ` (${seconds(from)} s)` : "";
		console.log(`${watched ? "\r\x1b[K" : ""}✔ ${title}${detail}`);
		return result;
	}
	catch (error) {
		console.log(`${watched ? "\r\x1b[K" : ""}✘ ${title}`);
		throw error;
	}
}

/** Asks at the terminal; false where nobody is there. */
export async function ask(question) {
	if (!process.stdin.isTTY || !watched)
		return false;
	const { createInterface } = await import("node:readline/promises");
	const reader = createInterface({ input: process.stdin, output: process.stdout });
	const answer = await reader.question(`${question} [y/N] `);
	reader.close();
	return /^y(es)?$/i.test(answer.trim());
}

/** npm hands a signal to a shell that ends without handing it on: where that shell is gone, we were to end as well. */
function endWithNpm() {
	if (process.env.npm_lifecycle_event === undefined)
		return;
	const shell = process.ppid;
	const watch = setInterval(() => {
		if (process.ppid === shell)
			return;
		clearInterval(watch);
		process.kill(process.pid, "SIGTERM");
	}, 250).unref();
}

/** Runs `main`. What was thrown in words is for whoever started it, without a stack; any other kind of error is ours. */
export async function run(main) {
	endWithNpm();
	try {
		await main();
	}
	catch (error) {
		console.error(error instanceof Stop || error?.constructor === Error ? `\n${error.message}` : error);
		process.exitCode = error instanceof Stop ? error.status : 1;
	}
}
