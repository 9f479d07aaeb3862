import type { System } from "../../firmware/ports/system.js";

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

	exit(status: number): void {
		return native("xs_system_exit").call(this, status);
	}
}

export const system: System = new EngineSystem();
