/** Which messages are protected end to end, and how it stands with each. */
import { DROP_E2E_ERROR, DROP_E2E_REPEATED, DROP_E2E_WRONG_SEQUENCE } from "../drop.js";
import { DEFAULT_OFFSET } from "./profile.js";
import { CHECK_OK, CHECK_OK_SOME_LOST, CHECK_REPEATED, CHECK_WRONG_SEQUENCE, Checker, Protector, type CheckerOptions } from "./protection.js";
import { StateMachine, type StateMachineOptions } from "./state-machine.js";

export interface E2eOptions extends CheckerOptions {
	/** Default: the window of the last ten, all but one of which are to be right. */
	readonly stateMachine?: StateMachineOptions;
}

/** Ten messages, of which one may be wrong. */
const DEFAULT_STATES: StateMachineOptions = Object.freeze({
	windowSizeValid: 10, windowSizeInit: 3, windowSizeInvalid: 10, minOkStateInit: 1, maxErrorStateInit: 1, minOkStateValid: 1, maxErrorStateValid: 1, minOkStateInvalid: 3, maxErrorStateInvalid: 1,
});

/** One event or method of one service instance. */
export class ProtectedMessage {
	readonly checker: Checker;
	/** Of the other direction: a method's requests at the client, its responses at the server. */
	readonly protector: Protector;
	readonly states: StateMachine;
	readonly serviceId: number;
	readonly instanceId: number;
	readonly messageId: number;
	/** The sender's life that the counter belongs to. */
	#life = 0;

	/** Throws a RangeError where the options contradict each other. */
	constructor(serviceId: number, instanceId: number, messageId: number, options: E2eOptions) {
		this.serviceId = serviceId;
		this.instanceId = instanceId;
		this.messageId = messageId;
		if ((options.offset ?? DEFAULT_OFFSET) < DEFAULT_OFFSET)
			throw new RangeError(`E2E ${options.profile}: offset must be at least ${DEFAULT_OFFSET}, behind the return code`);
		this.checker = new Checker(options);
		this.protector = new Protector(options);
		this.states = new StateMachine(options.stateMachine ?? DEFAULT_STATES);
	}

	/** Checks the message with the payload bytes[at, end), its header before it. `life`: of the sender, whose counter begins
	 *  anywhere after a restart. Returns the CHECK_*. */
	check(bytes: Uint8Array, at: number, end: number, life: number): number {
		if (life !== this.#life)
			this.checker.reset();
		this.#life = life;
		const status = this.checker.check(bytes, at - DEFAULT_OFFSET, end);
		this.states.add(status);
		return status;
	}

	/** Takes the E2E header out of the payload at bytes[at…]; returns where the payload begins now. */
	strip(bytes: Uint8Array, at: number): number {
		const { offset, headerLength } = this.checker;
		if (offset > DEFAULT_OFFSET)
			bytes.copyWithin(at + headerLength, at, at + offset - DEFAULT_OFFSET);
		return at + headerLength;
	}
}

/** The DROP_* of a message that must not be used, 0 of one that may. */
export function dropOf(status: number): number {
	return status === CHECK_OK || status === CHECK_OK_SOME_LOST ? 0
		: status === CHECK_REPEATED ? DROP_E2E_REPEATED : status === CHECK_WRONG_SEQUENCE ? DROP_E2E_WRONG_SEQUENCE : DROP_E2E_ERROR;
}

export class E2eTable {
	#messages: ProtectedMessage[] = [];

	get length(): number {
		return this.#messages.length;
	}

	at(index: number): ProtectedMessage {
		return this.#messages[index]!;
	}

	/** At set-up. Throws a RangeError where the options contradict each other. */
	add(serviceId: number, instanceId: number, messageId: number, options: E2eOptions): ProtectedMessage {
		const message = new ProtectedMessage(serviceId, instanceId, messageId, options);
		this.#messages.push(message);
		return message;
	}

	find(serviceId: number, instanceId: number, messageId: number): ProtectedMessage | undefined {
		const messages = this.#messages;
		for (let i = 0; i < messages.length; i++) {
			const message = messages[i]!;
			if (message.messageId === messageId && message.serviceId === serviceId && message.instanceId === instanceId)
				return message;
		}
		return undefined;
	}
}
