/** The data partition (data-partition.c): where the configuration and what it names lie. */
class DataPartition {
	/** Mounts it at /data. True: it had no file system and is empty now. Throws in words where there is no such partition. */
	mount(): boolean {
		return native("xs_data_mount").call(this);
	}
}

export const dataPartition = Object.freeze(new DataPartition());
