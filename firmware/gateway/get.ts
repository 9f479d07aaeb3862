import { HTTPS_BODY_FILE_MAX } from "../config.js";
import { decodeUtf8, isUtf8 } from "../wire/utf8.js";
import { readRoots } from "./credentials.js";
import { readFile } from "./file.js";
import { HttpsRequest } from "./https-request.js";
import { type HttpsUrl, parseHttpsUrl } from "./https-url.js";
import { EXIT_CONFIGURATION, platformOf, wallClockOf, type Host } from "./start.js";

const USAGE = "options: --get URL --ca FILE [--post FILE] [--keylog FILE] [--wall-clock unset|SECONDS]";
/** Fields of the response that are shown. */
const SHOWN: readonly string[] = Object.freeze(["content-type", "content-length", "server", "location", "alt-svc"]);
/** The program's status where no response came, or one that is not a success. */
const EXIT_FAILED = 1;
const LINE_MAX = 1024;

/** `--get URL`: one request over HTTP/3, its response to the console. Returns what stops it, or undefined where it could not begin. */
export function startGet(args: readonly string[], host: Host): (() => void) | undefined {
	const { console, system } = host.platform;
	try {
		const request = makeRequest(args, host);
		request.start();
		return () => request.stop();
	}
	catch (error) {
		console.print((error as Error).message);
		console.print(USAGE);
		system.exit(EXIT_CONFIGURATION);
		return undefined;
	}
}

function makeRequest(args: readonly string[], host: Host): HttpsRequest {
	const values = readOptions(args), url = parseHttpsUrl(values["--get"] ?? "nothing"), ca = values["--ca"], clock = values["--wall-clock"], keyLog = values["--keylog"];
	if (ca === undefined)
		throw new Error("--ca is missing: a PEM file with the certificates that the server's chain may end in");
	const roots = readRoots(ca, host), platform = platformOf(host, {
		...keyLog === undefined ? {} : { keyLog }, ...clock === undefined ? {} : { wallClock: wallClockOf(clock) },
	});
	const post = values["--post"];
	return new Get(platform, url, roots, post === undefined ? undefined : readFile(host, post, HTTPS_BODY_FILE_MAX, "it is a try")).request;
}

function readOptions(args: readonly string[]): Record<string, string | undefined> {
	const values: Record<string, string | undefined> = {};
	for (let i = 0; i < args.length; i += 2) {
		const name = args[i]!;
		if (!["--get", "--ca", "--post", "--keylog", "--wall-clock"].includes(name))
			throw new Error(`${name} is not an option beside --get`);
		if (args[i + 1] === undefined)
			throw new Error(`${name} wants a value`);
		values[name] = args[i + 1];
	}
	return values;
}

/** Prints a response: its head, then its body line by line where it is text. */
class Get {
	readonly request: HttpsRequest;
	#status = 0;
	#bytes = 0;
	#isText = true;
	#line = new Uint8Array(LINE_MAX);
	#filled = 0;

	constructor(platform: Host["platform"], url: HttpsUrl, roots: readonly Uint8Array[], body: Uint8Array | undefined) {
		const { console, system } = platform;
		this.request = new HttpsRequest(platform, url, {
			method: body === undefined ? "GET" : "POST", roots, ...body === undefined ? {} : { body },
			onHead: (status, field) => {
				this.#status = status;
				console.print(`HTTP/3 ${status}`);
				for (const name of SHOWN)
					if (field(name) !== undefined)
						console.print(`${name}: ${field(name)}`);
				console.print("");
			},
			onBody: (bytes, length) => this.#print(bytes, length, console),
			onEnd: failure => {
				this.#flush(console);
				console.print(failure === "" ? `${this.#bytes} bytes${this.#isText ? "" : ", not text"}; ${this.request.traffic}` : `failed: ${failure}`);
				system.exit(failure === "" && this.#status < 400 ? 0 : EXIT_FAILED);
			},
		});
	}

	#print(bytes: Uint8Array, length: number, console: Host["platform"]["console"]): void {
		this.#bytes += length;
		for (let i = 0; i < length && this.#isText; i++) {
			if (bytes[i] === 0x0a || this.#filled === LINE_MAX)
				this.#flush(console);
			if (bytes[i] !== 0x0a)
				this.#line[this.#filled++] = bytes[i]!;
		}
	}

	#flush(console: Host["platform"]["console"]): void {
		if (this.#filled === 0)
			return;
		this.#isText = this.#isText && isUtf8(this.#line, 0, this.#filled);
		if (this.#isText)
			console.print(decodeUtf8(this.#line, 0, this.#filled));
		this.#filled = 0;
	}
}
