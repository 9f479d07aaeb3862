import type { Update } from "../../firmware/ports/update.js";

/** The chip's two slots (update.c). */
export class EspUpdate implements Update {
	get target(): string {
		return native("xs_update_target").call(this);
	}

	get capacity(): number {
		return native("xs_update_capacity").call(this);
	}

	get isPending(): boolean {
		return native("xs_update_is_pending").call(this);
	}

	get hasRolledBack(): boolean {
		return native("xs_update_has_rolled_back").call(this);
	}

	begin(length: number): void {
		return native("xs_update_begin").call(this, length);
	}

	write(bytes: Uint8Array, offset: number, end: number): void {
		return native("xs_update_write").call(this, bytes, offset, end);
	}

	activate(): void {
		return native("xs_update_activate").call(this);
	}

	abort(): void {
		return native("xs_update_abort").call(this);
	}

	confirm(): void {
		return native("xs_update_confirm").call(this);
	}
}
