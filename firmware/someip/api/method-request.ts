/** A request that a client sent: what a method's handler is given. There is one, used again for each. */
import type { Value } from "../payload/type.js";
import { E_MALFORMED_MESSAGE, E_NOT_OK } from "../return-code.js";
import type { Server } from "../server.js";
import type { PayloadCodec } from "./payload-codec.js";

/** Answers `request`, or defers it. Where it does neither, the answer is an empty E_OK; where it throws, it is E_NOT_OK. */
export type MethodHandler = (request: MethodRequest) => void;

export class MethodRequest {
	readonly #server: Server;
	/** 0: nobody waits for an answer (any more). */
	#id = 0;

	constructor(server: Server) {
		this.#server = server;
	}

	/** The parameters are payload[payloadOffset, payloadEnd), valid until the handler returns. */
	get payload(): Uint8Array {
		return this.#server.payload;
	}

	get payloadOffset(): number {
		return this.#server.payloadOffset;
	}

	get payloadEnd(): number {
		return this.#server.payloadEnd;
	}

	get clientId(): number {
		return this.#server.clientId;
	}

	get clientAddress(): number {
		return this.#server.clientAddress;
	}

	/** Answers with bytes[offset, end), of which a copy is taken. What does not fit the queue of answers is refused with E_NOT_OK. */
	respond(bytes: Uint8Array, offset = 0, end = bytes.length): void {
		const id = this.#take();
		if (id !== 0 && this.#server.respond(id, bytes, offset, end) < 0)
			this.#end(id, E_NOT_OK);
	}

	/** Answers with an error: a code of return-code.ts, or the service's own (0x20…0x3f). bytes[offset, end) says more, in a message
	 *  of type ERROR (feat_req_someip_101); what does not fit the queue of answers is left out. */
	refuse(returnCode: number, bytes?: Uint8Array, offset = 0, end = bytes?.length): void {
		const id = this.#take();
		if (id !== 0 && (bytes === undefined || this.#server.refuse(id, returnCode, bytes, offset, end) < 0))
			this.#end(id, returnCode);
	}

	/** The answer comes later, by Application.respond or refuse with the number that is returned (0: none is wanted). */
	defer(): number {
		return this.#take();
	}

	/** Runs `handler` for the request that the server tells of. */
	handle(handler: MethodHandler): void {
		this.#id = this.#server.request;
		try {
			handler(this);
			this.respond(this.#server.payload, 0, 0);
		}
		finally {
			this.refuse(E_NOT_OK);
		}
	}

	// Where not even the error has room nobody would try again: a client that reads nothing keeps no place from the others.
	#end(id: number, returnCode: number): void {
		if (this.#server.refuse(id, returnCode) < 0)
			this.#server.forget(id);
	}

	#take(): number {
		const id = this.#id;
		this.#id = 0;
		return id;
	}
}

/** A handler that is given a value and returns one. A request that does not decode is answered with E_MALFORMED_MESSAGE.
 *  `output` undefined: the answer is empty. */
export function typed(input: PayloadCodec | undefined, output: PayloadCodec | undefined, body: (value: Value, request: MethodRequest) => Value): MethodHandler {
	return request => {
		const value = input?.decode(request.payload, request.payloadOffset, request.payloadEnd);
		if (input !== undefined && input.error !== 0)
			return request.refuse(E_MALFORMED_MESSAGE);
		const result = body(value, request);
		if (output === undefined)
			return;
		const length = output.encode(result);
		if (length < 0)
			request.refuse(E_NOT_OK);
		else
			request.respond(output.bytes, 0, length);
	};
}
