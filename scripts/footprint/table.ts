import type { Footprint } from "./footprint.js";

/** The figures for people. */
export function printFootprint(result: Footprint): void {
	const { engine, arenaBytes, byteCodeBytes, owners, preloaded } = result;
	title(`${engine.name} ${engine.version}, ${engine.bits}-bit: a handshake and ${result.events} events to the broker`);
	row("arena", arenaBytes, `chunks, slots and ${result.stackBytes} bytes of stack`);
	row("ever claimed of it", result.peakBytes, `${Math.floor(100 * (arenaBytes - result.peakBytes) / arenaBytes)} % were never needed`);
	row("in use, garbage collected", result.liveBytes, `most ever ${result.peakLiveBytes}`);
	row("deepest use of the stack", result.stackPeakBytes, `of ${result.stackBytes}`);
	row("crypto library's heap", result.libraryHeapBytes, "most ever, outside of the arena");
	row("engine's name tables", result.tableBytes, "outside of the arena");
	title("per event");
	row("slots allocated", result.slotsPerEvent);
	row("bytes of chunks allocated", result.chunkBytesPerEvent);
	row("computation", result.meterPerEvent, `units of the engine; QoS 0 ${result.meterPerEventQos0}, QoS 1 ${result.meterPerEventQos1}`);
	for (const { place, slotsPerEvent, chunkBytesPerEvent, why } of result.allocations)
		row(`  ${place}`, slotsPerEvent, `slots, ${chunkBytesPerEvent} bytes: ${why}`);
	title("per round of a stage: computation, slots, bytes of chunks");
	for (const { stage, slots, chunkBytes, meter } of result.stages)
		row(stage, meter, `${slots} ${chunkBytes}`);
	title("in use, by owner: bytes of buffers");
	for (const [owner, bytes] of Object.entries(owners.buffers))
		row(owner, bytes);
	title(`in use, by class: bytes of slots (${owners.slotBytes} in all)`);
	for (const [owner, bytes] of Object.entries(owners.slots).slice(0, 16))
		row(owner, bytes);
	title("flash: byte code");
	for (const [room, bytes] of Object.entries(byteCodeBytes.rooms).sort(([, a], [, b]) => b - a))
		row(room, bytes);
	row("in all", byteCodeBytes.total, `and ${preloaded.slotBytes + preloaded.chunkBytes} bytes of preloaded objects, the engine's included`);
	title("flash: machine code");
	for (const [room, bytes] of Object.entries(result.nativeText))
		row(room, bytes);
	row("natives", result.nativeTextBytes, `the engine has ${result.engineTextBytes}, the PC's host program ${result.hostTextBytes}`);
}

function title(text: string): void {
	console.log(`\n${text}`);
}

function row(name: string, value: number, note = ""): void {
	console.log(`  ${name.padEnd(70)}${String(value).padStart(9)}${note ? `  ${note}` : ""}`);
}
