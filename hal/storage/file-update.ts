import type { FileStore } from "../../firmware/ports/file-store.js";
import type { Update } from "../../firmware/ports/update.js";

const CONFIRMED = 0, NEW = 1, ON_TRIAL = 2;
const STATE = "slots", FRESH = "slots~";

/** A board's two slots as files of a folder, and what its loader does at a start: slot-0 and slot-1, and in `slots` two bytes:
 *  which of them is to run, and whether it is CONFIRMED, NEW or ON_TRIAL. For a PC. */
export class FileUpdate implements Update {
	readonly target = "pc";
	readonly capacity: number;
	readonly hasRolledBack: boolean;
	#store: FileStore;
	#folder: string;
	#active: number;
	#status: number;
	#isOpen = false;
	#isReplaced = false;

	/** `folder` ends with a slash. */
	constructor(store: FileStore, folder: string, capacity: number) {
		this.#store = store;
		this.#folder = folder;
		this.capacity = capacity;
		const state = store.readFile(folder + STATE), isWhole = state !== undefined && state.length === 2;
		this.#active = isWhole ? state[0]! & 1 : 0;
		this.#status = isWhole ? state[1]! : CONFIRMED;
		this.hasRolledBack = this.#status === ON_TRIAL;
		if (this.hasRolledBack)
			this.#save(this.#active ^ 1, CONFIRMED);
		else if (this.#status === NEW)
			this.#save(this.#active, ON_TRIAL);
	}

	get isPending(): boolean {
		return this.#status === ON_TRIAL;
	}

	/** The file of the image that runs. */
	get running(): string {
		return this.#slot(this.#active);
	}

	begin(length: number): void {
		if (length > this.capacity)
			throw new RangeError(`a slot has ${this.capacity} bytes`);
		// What was put in place before is no more.
		if (this.#isReplaced)
			this.#write(this.#active, this.#status);
		this.#isReplaced = false;
		this.#store.writeFile(this.#slot(this.#active ^ 1), new Uint8Array(0), false);
		this.#isOpen = true;
	}

	write(bytes: Uint8Array, offset: number, end: number): void {
		this.#store.writeFile(this.#slot(this.#active ^ 1), bytes.slice(offset, end), true);
	}

	activate(): void {
		if (!this.#isOpen)
			throw new Error("no slot is open");
		this.#isOpen = false;
		// What runs until then is the image of before.
		this.#write(this.#active ^ 1, NEW);
		this.#isReplaced = true;
	}

	abort(): void {
		if (this.#isOpen)
			this.#store.deleteFile(this.#slot(this.#active ^ 1));
		this.#isOpen = false;
	}

	confirm(): void {
		if (this.isPending)
			this.#save(this.#active, CONFIRMED);
	}

	#slot(which: number): string {
		return `${this.#folder}slot-${which}`;
	}

	#save(active: number, status: number): void {
		this.#write(active, status);
		this.#active = active;
		this.#status = status;
	}

	/** Whole, or as it was. */
	#write(active: number, status: number): void {
		this.#store.writeFile(this.#folder + FRESH, new Uint8Array([active, status]), false);
		this.#store.renameFile(this.#folder + FRESH, this.#folder + STATE);
	}
}
