/** A light on the board. */
export interface Led {
	set(on: boolean): void;
}
