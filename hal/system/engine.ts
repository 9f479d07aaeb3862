/** What the XS engine measures (engine.c): for footprint and for specs that hold the firmware to a budget.
 *  Counters are modulo 2^32: use differences. Reading them allocates nothing. */
class Engine {
	/** Bytes of chunks, slots and stack in use; without `collect` garbage counts as well. */
	usedBytes(collect: boolean): number {
		return native("xs_engine_used_bytes").call(this, collect);
	}

	/** Bytes of the arena ever claimed: collecting was not enough to stay below it. */
	peakBytes(): number {
		return native("xs_engine_peak_bytes").call(this);
	}

	/** Bytes of chunks and slots: the most that ever survived a collection. */
	peakLiveBytes(): number {
		return native("xs_engine_peak_live_bytes").call(this);
	}

	/** Bytes of chunks and slots that survived the last collection. */
	liveBytes(): number {
		return native("xs_engine_live_bytes").call(this);
	}

	/** Bytes of the stack in all. */
	stackBytes(): number {
		return native("xs_engine_stack_bytes").call(this);
	}

	/** Bytes of the stack's deepest use. */
	stackPeakBytes(): number {
		return native("xs_engine_stack_peak_bytes").call(this);
	}

	/** Slots allocated since the start, whether collected or not. */
	slotsAllocated(): number {
		return native("xs_engine_slots_allocated").call(this);
	}

	/** Bytes of chunks allocated since the start, whether collected or not. */
	chunkBytesAllocated(): number {
		return native("xs_engine_chunk_bytes_allocated").call(this);
	}

	/** Byte codes and weighted built-ins so far. The same at every run, whatever the machine; reading costs a few. */
	meter(): number {
		return native("xs_engine_meter").call(this);
	}

	/** Collections so far. */
	collections(): number {
		return native("xs_engine_collections").call(this);
	}

	/** Bytes of one slot. */
	slotBytes(): number {
		return native("xs_engine_slot_bytes").call(this);
	}

	/** Collects garbage and compacts chunks. */
	collect(): void {
		return native("xs_engine_collect").call(this);
	}
}

export const engine = Object.freeze(new Engine());
