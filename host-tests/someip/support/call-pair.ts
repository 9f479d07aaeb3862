/** A client and a server over a simulated link with a fake clock; beside them the pair whose consumer finds the service. */
import { Client, CALL_NONE, type ClientOptions } from "../../../firmware/someip/client.js";
import type { E2eOptions } from "../../../firmware/someip/e2e/e2e-table.js";
import { REQUEST_NONE, Server, type ServerOptions } from "../../../firmware/someip/server.js";
import type { RemoteService } from "../../../firmware/someip/service-table.js";
import { NO_TIMEOUT } from "../../../firmware/wire/time.js";
import { FaultyLink, type LinkOptions } from "../../support/faulty-link.js";
import { CLIENT, offerSimple, Pair, SERVER, SERVICE_PORT } from "./pair.js";

export const SERVICE = 0x1234, ECHO = 0x0001, NOTE = 0x0002, CLIENT_ID = 0x4a01, CALL_PORT = 41000;

export interface EndedCall {
	request: number;
	returnCode: number;
	isLocal: boolean;
	payload: Uint8Array;
	time: number;
}

export class CallPair {
	readonly sd: Pair;
	readonly client: Client;
	server: Server;
	readonly toServer: FaultyLink;
	readonly toClient: FaultyLink;
	ended: EndedCall[] = [];
	/** Payloads of requests, of both kinds. */
	requests: Uint8Array[] = [];
	/** What the application does with a request; default: answers with what it got. */
	onRequest: (server: Server) => void = server => { server.respond(server.request, server.payload, server.payloadOffset, server.payloadEnd); };
	#buffer = new Uint8Array(1500);
	#takeBack: (() => void)[] = [];
	#serverOptions: ServerOptions;

	/** `link`: of requests and responses; service discovery goes without a fault. */
	constructor(link: LinkOptions = {}, client: Partial<ClientOptions> = {}, server: ServerOptions = {}) {
		this.sd = new Pair();
		offerSimple(this.sd.provider);
		this.sd.consumer.require(SERVICE, 1);
		this.client = new Client({ clientId: CLIENT_ID, ...client });
		this.server = new Server(server);
		this.#serverOptions = server;
		const service = this.server.service(SERVICE, 1, SERVICE_PORT);
		this.server.addMethod(service, ECHO);
		this.server.addMethod(service, NOTE, true);
		const seed = link.seed ?? 1;
		this.toServer = new FaultyLink(this.sd.clock, { ...link, seed });
		this.toClient = new FaultyLink(this.sd.clock, { ...link, seed: seed + 1 });
		this.sd.onTold = () => this.drain();
	}

	/** The server's ECHO is protected end to end. */
	protect(e2e: E2eOptions): void {
		this.server = new Server(this.#serverOptions);
		this.server.addMethod(this.server.service(SERVICE, 1, SERVICE_PORT), ECHO, false, e2e);
	}

	get now(): number {
		return this.sd.clock.now();
	}

	/** The service, where it is found. */
	get service(): RemoteService | undefined {
		return this.sd.consumer.services.callable(SERVICE, 1, 0xff);
	}

	/** Until the service is found. */
	start(): void {
		this.sd.start();
		this.advance(500);
	}

	advance(ms: number): void {
		this.sd.clock.advance(ms);
		this.drain();
	}

	call(bytes: Uint8Array, timeout = 1000, method = ECHO): number {
		const request = this.client.call(this.service, method, bytes, 0, bytes.length, timeout, this.now);
		this.drain();
		return request;
	}

	/** Gives a datagram to the client, or to the server. */
	giveClient(bytes: Uint8Array, address = SERVER, port = SERVICE_PORT): void {
		this.#buffer.set(bytes);
		this.client.begin(this.#buffer, bytes.length, address, port);
		this.drain();
	}

	giveServer(bytes: Uint8Array, localPort = SERVICE_PORT): void {
		this.#buffer.set(bytes);
		const server = this.server;
		server.begin(this.#buffer, bytes.length, CLIENT, CALL_PORT, localPort);
		for (let code = server.next(this.now); code !== REQUEST_NONE; code = server.next(this.now)) {
			this.requests.push(server.payload.slice(server.payloadOffset, server.payloadEnd));
			this.onRequest(server);
		}
		this.drain();
	}

	drain(): void {
		const { client, server, now } = this, out = new Uint8Array(1500);
		while (client.next(now) !== CALL_NONE)
			this.ended.push({ request: client.request, returnCode: client.returnCode, isLocal: client.isLocal, payload: client.payload.slice(client.payloadOffset, client.payloadEnd), time: now });
		for (let length = client.pollTransmit(out, now); length > 0; length = client.pollTransmit(out, now))
			this.toServer.send(out, 0, length, datagram => this.giveServer(datagram));
		for (let length = server.pollTransmit(out, now); length > 0; length = server.pollTransmit(out, now))
			this.toClient.send(out, 0, length, datagram => this.giveClient(datagram, SERVER, server.sourcePort));
		for (const takeBack of this.#takeBack)
			takeBack();
		this.#takeBack = [];
		for (const core of [client, server]) {
			const delay = core.pollTimeout(now);
			if (delay !== NO_TIMEOUT)
				this.#takeBack.push(this.sd.clock.at(delay, () => this.drain()));
		}
	}
}
