import type { EngineCost, System } from "../../firmware/ports/system.js";
import { engine } from "./engine.js";

/** The XS engine and its memory (system.c). */
class EngineSystem implements System {
	get engineName(): string {
		return "xs";
	}

	get engineVersion(): string {
		return native("xs_system_engine_version").call(this);
	}

	get engineBits(): number {
		return native("xs_system_engine_bits").call(this);
	}

	get startReason(): string {
		return native("xs_system_start_reason").call(this);
	}

	get arenaBytes(): number {
		return native("xs_system_arena_bytes").call(this);
	}

	usedBytes(): number {
		return native("xs_system_used_bytes").call(this);
	}

	peakBytes(): number {
		return native("xs_system_peak_bytes").call(this);
	}

	/** The most that the crypto library ever held. */
	libraryHeapBytes(): number {
		return native("xs_system_library_heap_bytes").call(this);
	}

	cost(): EngineCost {
		const slots = engine.slotsAllocated(), chunkBytes = engine.chunkBytesAllocated(), meter = engine.meter();
		engine.collect();
		return {
			slots, chunkBytes, meter, collections: engine.collections(), slotBytes: engine.slotBytes(),
			liveBytes: engine.liveBytes(), peakLiveBytes: engine.peakLiveBytes(),
			stackBytes: engine.stackBytes(), stackPeakBytes: engine.stackPeakBytes(),
		};
	}

	exit(status: number): void {
		return native("xs_system_exit").call(this, status);
	}
}

export const system: System = Object.freeze(new EngineSystem());
