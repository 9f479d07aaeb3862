import { parseDecimal } from "../wire/decimal.js";

export interface HttpsUrl {
	readonly host: string;
	readonly port: number;
	/** With the query. */
	readonly path: string;
	/** Host as it stands in the URL, with the port where it is not 443. */
	readonly authority: string;
}

const PORT = 443;

/** Reads `https://host[:port][/path][?query]` (RFC 9110 §4.2.2); an IPv6 address stands in brackets. Throws an Error in words. */
export function parseHttpsUrl(text: string): HttpsUrl {
	const scheme = "https://";
	if (text.slice(0, scheme.length).toLowerCase() !== scheme)
		throw new Error(`${text} is not an https:// URL`);
	const fragment = text.indexOf("#"), rest = text.slice(scheme.length, fragment < 0 ? text.length : fragment);
	let end = 0;
	while (end < rest.length && rest[end] !== "/" && rest[end] !== "?")
		end++;
	const authority = rest.slice(0, end), bracket = authority.indexOf("]"), colon = authority.indexOf(":", bracket + 1);
	const name = colon < 0 ? authority : authority.slice(0, colon), port = colon < 0 ? PORT : parseDecimal(authority.slice(colon + 1), 65535);
	if (authority.includes("@"))
		throw new Error(`${text}: a URL with a user name is not taken`);
	if (name === "" || port < 1 || bracket >= 0 && (name[0] !== "[" || bracket !== name.length - 1))
		throw new Error(`${text}: https://host, https://host:port or https://[address]:port`);
	const path = rest.slice(end);
	for (let i = 0; i < rest.length; i++)
		if (rest.charCodeAt(i) <= 0x20 || rest.charCodeAt(i) > 0x7e)
			throw new Error(`${text}: spaces and letters beyond ASCII are written as %XX`);
	return { host: bracket < 0 ? name : name.slice(1, -1), port, path: path[0] === "/" ? path : `/${path}`, authority: port === PORT ? name : `${name}:${port}` };
}
