export const LEVEL_ERROR = 0;
export const LEVEL_WARN = 1;
export const LEVEL_INFO = 2;
export const LEVEL_DEBUG = 3;

/** The serial log: `I (12345) sd: service 1234.0001 offered by 10.0.0.1:30509`. */
export interface Log {
	/** Calls below this importance are dropped; ask before building a costly text. The console sets it. */
	level: number;
	write(level: number, module: string, text: string): void;
}
