/** The multicast endpoints that subscriptions were told of, each once, and which of them the application knows. */
import { SD_GROUPS_MAX } from "../config.js";

export class MulticastGroup {
	address = 0;
	port = 0;
	users = 0;
	joined = false;
}

export class MulticastGroups {
	#groups: MulticastGroup[] = [];

	/** Adds a user; false where the table is full. */
	use(address: number, port: number): boolean {
		let group = this.#find(address, port);
		if (group === undefined) {
			group = this.#vacant();
			if (group === undefined)
				return false;
			group.address = address;
			group.port = port;
		}
		group.users++;
		return true;
	}

	release(address: number, port: number): void {
		const group = this.#find(address, port);
		if (group !== undefined && group.users > 0)
			group.users--;
	}

	/** A group that was to be left or joined; its `joined` is turned to what it is to be. undefined: none. */
	pollChange(): MulticastGroup | undefined {
		const groups = this.#groups;
		for (let i = 0; i < groups.length; i++) {
			const group = groups[i]!;
			if (group.joined !== group.users > 0) {
				group.joined = !group.joined;
				return group;
			}
		}
		return undefined;
	}

	#find(address: number, port: number): MulticastGroup | undefined {
		const groups = this.#groups;
		for (let i = 0; i < groups.length; i++)
			if (groups[i]!.address === address && groups[i]!.port === port)
				return groups[i];
		return undefined;
	}

	#vacant(): MulticastGroup | undefined {
		const groups = this.#groups;
		for (let i = 0; i < groups.length; i++)
			if (groups[i]!.users === 0 && !groups[i]!.joined)
				return groups[i];
		if (groups.length === SD_GROUPS_MAX)
			return undefined;
		const group = new MulticastGroup();
		groups.push(group);
		return group;
	}
}
