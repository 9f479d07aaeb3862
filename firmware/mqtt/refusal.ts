/** What a broker's refusal means for the person who reads the log. */
import type { Acknowledgement } from "./acknowledgement.js";
import type { Connack } from "./connack.js";
import { reasonText } from "./reason-code.js";

export function connackText(connack: Connack): string {
	return withHint(withReason("the broker refused CONNECT: " + reasonText(connack.reasonCode), connack.reasonString),
		connack.reasonCode, connack.serverReference);
}

export function disconnectText(disconnect: Acknowledgement): string {
	return withHint(withReason("the broker ended the connection: " + reasonText(disconnect.reasonCode), disconnect.reasonString),
		disconnect.reasonCode, disconnect.serverReference);
}

/** `text`, and the broker's own words where it gave some. */
export function withReason(text: string, reason: string): string {
	return reason === "" ? text : text + ", in its words \"" + printable(reason) + "\"";
}

const WORDS_MAX = 120;

// What a stranger sends must not write the log: no control characters, no end of line, not without end.
function printable(words: string): string {
	let text = "";
	for (let i = 0; i < words.length && i < WORDS_MAX; i++) {
		const code = words.charCodeAt(i);
		text += code >= 0x20 && code < 0x7f ? words[i]! : "?";
	}
	return text;
}

function withHint(text: string, code: number, reference: string): string {
	const hint = hintFor(code);
	return (hint === "" ? text : text + ": " + hint) + (reference === "" ? "" : "; it names " + printable(reference));
}

function hintFor(code: number): string {
	switch (code) {
		case 0x84: return "does it speak MQTT 5?";
		case 0x85: return "choose another client id";
		case 0x86: return "check user name and password";
		case 0x87: return "check user name, password and the broker's access rules";
		case 0x8e: return "another client has connected with the same client id";
		case 0x9a: return "it keeps no retained messages, and the will asks for one";
		case 0x9b: return "the will asks for a higher QoS than it has";
		default: return "";
	}
}
