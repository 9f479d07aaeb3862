/** Limits of every Storage, those of the board's NVS partition. */

/** Bytes of a value; `write` returns false for a longer one. */
export const STORAGE_VALUE_MAX = 4096;
/** Keys of a store; `write` returns false where a new key would be one more. */
export const STORAGE_ENTRIES_MAX = 64;

const KEY_LENGTH_MAX = 15;
const KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/** Throws a RangeError where `key` is none that NVS and a file name both take. */
export function checkKey(key: string): void {
	let good = key.length > 0 && key.length <= KEY_LENGTH_MAX;
	for (let i = 0; good && i < key.length; i++)
		good = KEY_CHARACTERS.includes(key.charAt(i));
	if (!good)
		throw new RangeError(`storage: key "${key}", expected 1 to ${KEY_LENGTH_MAX} letters, digits, - or _`);
}
