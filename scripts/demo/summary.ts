/** How a run of the demo ended: for people, and as the JSON object of `npm start -- --json`. */
import type { BoardStatus } from "./board-process.js";
import type { Comparison } from "./delivery.js";
import { kib } from "./status-line.js";

export interface Outcome {
	/** The board's last answer; undefined where it gave none. */
	board: BoardStatus | undefined;
	/** Exit status of the board after `quit`. */
	exitStatus: number;
	/** Event messages that a subscriber of the broker received. */
	delivered: number;
	/** Present where the vehicle was a recording. */
	comparison: Comparison | undefined;
}

/** Success is events at the broker; of a recording all of them, byte for byte and none too many. */
export function succeeded({ exitStatus, delivered, comparison }: Outcome): boolean {
	return exitStatus === 0 && delivered > 0
		&& (comparison === undefined || comparison.missing === 0 && comparison.unexpected === 0);
}

export function jsonOf({ board, delivered, comparison }: Outcome): object {
	return {
		engine: board?.engine, memory: board?.memory, someip: board?.someip, quic: board?.quic, mqtt: board?.mqtt,
		broker: { delivered }, ...comparison === undefined ? {} : { recording: comparison },
	};
}

export function summaryOf(outcome: Outcome): string[] {
	const { board, delivered, comparison, exitStatus } = outcome;
	const lines = [""];
	if (board !== undefined) {
		const { engine, memory, someip, quic, mqtt } = board;
		lines.push(
			`engine    ${engine.name} ${engine.version}, ${engine.bits}-bit`,
			`memory    ${kib(memory.usedBytes)} of ${kib(memory.arenaBytes)} KiB, peak ${kib(memory.peakBytes)} KiB; crypto library ${kib(memory.libraryHeapBytes)} KiB beside it`,
			`someip    ${someip.received} events received, ${someip.dropped} dropped, ${someip.services} services, ${someip.subscriptions} subscriptions`,
			`quic      v${quic.version} ${quic.cipher}, handshake ${quic.handshakeDatagrams} datagrams ${quic.handshakeBytes} bytes, rtt ${quic.rttMs} ms, ${quic.packetsSent} packets sent, ${quic.packetsLost} lost`,
			`mqtt      ${mqtt.published} published, ${mqtt.acknowledged} acknowledged, ${mqtt.overflowed} overflowed`,
		);
	}
	lines.push(`broker    ${delivered} events delivered`);
	if (comparison !== undefined)
		lines.push(`recording ${comparison.recorded} events recorded, ${comparison.matched} delivered byte for byte, ${comparison.missing} missing, ${comparison.unexpected} unexpected`);
	if (exitStatus !== 0)
		lines.push(`board     ended with status ${exitStatus}`);
	return lines;
}
