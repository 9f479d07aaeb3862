/** The end-to-end protection of one method at its server: of each client its own counters. */
import { E2E_CLIENTS_MAX } from "../../config.js";
import { ProtectedMessage, type E2eOptions } from "./e2e-table.js";

export class ClientChecks {
	#messages: ProtectedMessage[] = [];
	#owners: number[] = [];
	/** The one that has not called for longest, first. */
	#order: number[] = [];

	/** Throws a RangeError where the options contradict each other. */
	constructor(serviceId: number, methodId: number, options: E2eOptions) {
		for (let i = 0; i < E2E_CLIENTS_MAX; i++) {
			this.#messages.push(new ProtectedMessage(serviceId, 0, methodId, options));
			this.#owners.push(-1);
			this.#order.push(i);
		}
	}

	/** Those of the client with this number; of an unknown one they begin anew. */
	of(owner: number): ProtectedMessage {
		const owners = this.#owners, order = this.#order;
		let place = 0;
		while (place < order.length - 1 && owners[order[place]!] !== owner)
			place++;
		let index = order[place]!;
		if (owners[index] !== owner) {
			place = 0;
			index = order[0]!;
			owners[index] = owner;
			this.#messages[index]!.checker.reset();
			this.#messages[index]!.protector.counter = 0;
		}
		for (; place + 1 < order.length; place++)
			order[place] = order[place + 1]!;
		order[place] = index;
		return this.#messages[index]!;
	}
}
