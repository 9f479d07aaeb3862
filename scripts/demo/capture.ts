/** Understands a recording of SOME/IP traffic: who offered what, who subscribed, and every event that was sent. */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import pcap from "pcap-parser";
import { LINK_TYPES, segmentOf, type Segment } from "./ip-packet.js";
import { NOTIFICATION, OFFER, SD_METHOD, SD_SERVICE, SUBSCRIBE, SUBSCRIBE_ACK, TP_BIT, readMessages, readSd, readTpSegment,
	type Endpoint, type Message, type SdEntry } from "./someip-reader.js";

/** What a recorded server offered. The first offer of a (service, instance) counts. */
export interface RecordedService {
	service: number;
	instance: number;
	major: number;
	minor: number;
	/** Seconds. */
	ttl: number;
	/** UDP port that its events came from. */
	port: number;
	/** It offered a TCP endpoint as well: that is not replayed. */
	hasTcp: boolean;
	eventgroups: RecordedEventgroup[];
}

export interface RecordedEventgroup {
	eventgroup: number;
	/** Of the server's acknowledgement. */
	multicast: Endpoint | undefined;
}

/** One datagram to send again, as it was. */
export interface RecordedDatagram {
	/** ms since the first one of the recording. */
	time: number;
	bytes: Buffer;
	/** Whose events these are; `multicast` where they went to a group, else they go to the subscriber. */
	service: number;
	instance: number;
	eventgroup: number;
	multicast: Endpoint | undefined;
	/** How many events are complete with it. */
	completes: number;
}

/** One complete event (several TP segments are one). */
export interface RecordedEvent {
	service: number;
	instance: number;
	eventgroup: number;
	event: number;
	payload: Buffer;
}

export interface RecordedServer {
	/** Its address in the recording. */
	address: string;
	services: RecordedService[];
	datagrams: RecordedDatagram[];
}

/** What a route of gateway.json needs to know. */
export interface RecordedRoute {
	service: number;
	instance: number;
	eventgroup: number;
	event: number;
	major: number;
}

export interface Recording {
	servers: RecordedServer[];
	events: RecordedEvent[];
	routes: RecordedRoute[];
	/** SD group and port that the offers went to. */
	sdGroup: string;
	sdPort: number;
	/** ms from the first event to the last. */
	duration: number;
	/** What is not replayed, and why, for people. */
	notes: string[];
}

interface Captured {
	/** ms. */
	time: number;
	segment: Segment;
}

/** Reads a pcap file. Throws with a message that says what to do where it cannot be read or has no events. */
export async function readCapture(file: string): Promise<Recording> {
	const name = basename(file), notes: string[] = [];
	const segments = await readSegments(file, notes);
	const datagrams: { time: number, segment: Segment, messages: Message[] }[] = [];
	for (const { time, segment } of segments) {
		const messages = segment.protocol === "udp" ? readMessages(segment.payload) : undefined;
		if (messages !== undefined && messages.length > 0)
			datagrams.push({ time, segment, messages });
	}
	const directory = new Directory();
	for (const { segment, messages } of datagrams) {
		for (const message of messages) {
			if (message.service === SD_SERVICE && message.method === SD_METHOD)
				directory.learn(segment, readSd(message) ?? []);
		}
	}
	if (directory.servers.size === 0)
		throw new Error(`${name}: nobody offers a service with an IPv4 UDP endpoint in this recording; record the service discovery (UDP port 30490) too`);
	directory.noteTcp(segments, notes);

	const events: RecordedEvent[] = [], assembly = new Map<string, TpAssembly>();
	let start: number | undefined, last = 0, foreign = 0, unsubscribed = 0;
	for (const { time, segment, messages } of datagrams) {
		const server = directory.servers.get(segment.source);
		const notifications = messages.filter(message => (message.type & ~TP_BIT) === NOTIFICATION && message.service !== SD_SERVICE);
		if (server === undefined || notifications.length === 0)
			continue;
		const offered = (message: Message) => server.services.find(known => known.service === message.service && known.port === segment.sourcePort);
		const service = offered(notifications[0]!), group = service && directory.eventgroupOf(segment, service);
		if (service === undefined || group === undefined) {
			unsubscribed++;
			continue;
		}
		if (group === "another subscriber") {
			foreign++;
			continue;
		}
		start ??= time;
		last = time;
		const before = events.length, datagram = {
			time: Math.round((time - start) * 1000) / 1000,
			bytes: notifications.length === messages.length ? segment.payload : Buffer.concat(notifications.map(({ bytes }) => bytes)),
			service: service.service, instance: service.instance, eventgroup: group.eventgroup,
			multicast: isMulticast(segment.destination) ? { address: segment.destination, port: segment.destinationPort } : undefined,
			completes: 0,
		};
		server.datagrams.push(datagram);
		for (const message of notifications) {
			// Several services may share a port, and then a datagram.
			const own = offered(message), ownGroup = own && directory.eventgroupOf(segment, own);
			const payload = (message.type & TP_BIT) === 0 ? message.payload : assemble(assembly, segment, message);
			if (own !== undefined && typeof ownGroup === "object" && payload !== undefined)
				events.push({ service: own.service, instance: own.instance, eventgroup: ownGroup.eventgroup, event: message.method, payload });
		}
		datagram.completes = events.length - before;
	}
	if (foreign > 0)
		notes.push(`${foreign} event datagrams to further subscribers: one subscriber is replayed`);
	if (unsubscribed > 0)
		notes.push(`${unsubscribed} event datagrams without an offer and a subscription in the recording`);
	if (assembly.size > 0)
		notes.push(`${assembly.size} events whose segments are not all in the recording`);
	if (events.length === 0)
		throw new Error(`${name}: no events over UDP to a subscriber in this recording${notes.length ? ` (${notes.join("; ")})` : ""}`);
	return {
		servers: [...directory.servers.values()].filter(server => server.services.length > 0),
		events, routes: routesOf(events, directory), sdGroup: directory.sdGroup, sdPort: directory.sdPort, duration: Math.round(last - start!), notes,
	};
}

async function readSegments(file: string, notes: string[]): Promise<Captured[]> {
	const name = basename(file);
	if (!existsSync(file))
		throw new Error(`${file}: there is no such file`);
	const bytes = readFileSync(file), magic = bytes.length < 24 ? "" : bytes.toString("hex", 0, 4);
	if (magic === "0a0d0d0a" || magic === "4d3cb2a1" || magic === "a1b23c4d")
		throw new Error(`${name} is ${magic === "0a0d0d0a" ? "a pcapng file" : "a pcap file with nanoseconds"}: convert it with "editcap -F pcap ${name} ${name.replace(/\.\w+$/, "")}.converted.pcap"`);
	if (magic !== "d4c3b2a1" && magic !== "a1b2c3d4")
		throw new Error(`${name} is not a pcap file`);
	const segments: Captured[] = [];
	let linkType = -1, fragments = 0;
	await new Promise<void>((resolve, reject) => {
		// In one piece: the library joins pieces with a deprecated constructor.
		pcap.parse(Readable.from([bytes]))
			.on("globalHeader", header => { linkType = header.linkLayerType; })
			.on("packet", ({ header, data }) => {
				const segment = segmentOf(data, linkType);
				if (segment === "fragment")
					fragments++;
				else if (segment !== undefined)
					segments.push({ time: header.timestampSeconds * 1000 + header.timestampMicroseconds / 1000, segment });
			})
			.on("error", reject).on("end", resolve);
	});
	if (!LINK_TYPES.includes(linkType))
		throw new Error(`${name}: link type ${linkType} is not read here; record on an Ethernet interface`);
	if (fragments > 0)
		notes.push(`${fragments} packets that are IP fragments or were cut by the recorder`);
	return segments;
}

/** What service discovery said, over the whole recording. */
class Directory {
	readonly servers = new Map<string, RecordedServer>();
	sdGroup = "224.244.224.245";
	sdPort = 30490;
	#subscribers: { endpoint: Endpoint, server: string, service: number, instance: number, eventgroup: number }[] = [];

	learn(segment: Segment, entries: SdEntry[]): void {
		for (const entry of entries) {
			if (entry.ttl === 0)
				continue;
			if (entry.type === OFFER && entry.udp !== undefined)
				this.#learnOffer(segment, entry, entry.udp);
			else if (entry.type === SUBSCRIBE && entry.udp !== undefined) {
				this.#eventgroup(segment.destination, entry);
				this.#subscribers.push({
					endpoint: entry.udp, server: segment.destination, service: entry.service, instance: entry.instance, eventgroup: entry.eventgroup,
				});
			}
			else if (entry.type === SUBSCRIBE_ACK) {
				const group = this.#eventgroup(segment.source, entry);
				if (group !== undefined && entry.multicast !== undefined)
					group.multicast = entry.multicast;
			}
		}
	}

	#learnOffer(segment: Segment, entry: SdEntry, endpoint: Endpoint): void {
		if (isMulticast(segment.destination)) {
			this.sdGroup = segment.destination;
			this.sdPort = segment.destinationPort;
		}
		let server = this.servers.get(endpoint.address);
		if (server === undefined)
			this.servers.set(endpoint.address, server = { address: endpoint.address, services: [], datagrams: [] });
		if (this.#find(endpoint.address, entry) === undefined) {
			const { service, instance, major, minor, ttl } = entry;
			server.services.push({ service, instance, major, minor, ttl, port: endpoint.port, hasTcp: entry.tcp !== undefined, eventgroups: [] });
		}
	}

	#find(address: string, { service, instance }: { service: number, instance: number }): RecordedService | undefined {
		return this.servers.get(address)?.services.find(known => known.service === service && known.instance === instance);
	}

	#eventgroup(address: string, entry: SdEntry): RecordedEventgroup | undefined {
		const service = this.#find(address, entry);
		if (service === undefined)
			return undefined;
		let group = service.eventgroups.find(known => known.eventgroup === entry.eventgroup);
		if (group === undefined)
			service.eventgroups.push(group = { eventgroup: entry.eventgroup, multicast: undefined });
		return group;
	}

	/** The group that a datagram of events belongs to. Where one endpoint subscribed to several groups of a service,
	 *  which event is in which does not show: the first is taken. */
	eventgroupOf(segment: Segment, service: RecordedService): RecordedEventgroup | "another subscriber" | undefined {
		if (isMulticast(segment.destination)) {
			return service.eventgroups.find(group =>
				group.multicast?.address === segment.destination && group.multicast.port === segment.destinationPort);
		}
		const wanted = this.#subscribers.filter(known => known.server === segment.source && known.service === service.service &&
			known.instance === service.instance);
		const own = wanted.find(known => known.endpoint.address === segment.destination && known.endpoint.port === segment.destinationPort);
		if (own === undefined)
			return undefined;
		const first = wanted.find(known => known.eventgroup === own.eventgroup)!;
		if (first.endpoint.address !== own.endpoint.address || first.endpoint.port !== own.endpoint.port)
			return "another subscriber";
		return service.eventgroups.find(group => group.eventgroup === own.eventgroup);
	}

	noteTcp(segments: Captured[], notes: string[]): void {
		const offered = [...this.servers.values()].some(server => server.services.some(service => service.hasTcp));
		// A keep-alive probe carries one byte.
		const sent = segments.filter(({ segment }) => segment.protocol === "tcp" && this.servers.has(segment.source) && segment.payload.length > 1);
		if (sent.length > 0)
			notes.push(`${sent.length} TCP segments with data from a server: only events over UDP are replayed`);
		else if (offered)
			notes.push("TCP endpoints were offered, and no data was sent there: the UDP endpoints alone are offered again");
	}
}

interface TpAssembly {
	parts: Map<number, Buffer>;
	end: number | undefined;
}

// The whole payload once the last missing segment has come.
function assemble(assembly: Map<string, TpAssembly>, segment: Segment, message: Message): Buffer | undefined {
	const part = readTpSegment(message);
	if (part === undefined)
		return undefined;
	const key = [segment.source, segment.sourcePort, segment.destination, segment.destinationPort,
		message.service, message.method, message.client, message.session].join(" ");
	let whole = assembly.get(key);
	if (whole === undefined)
		assembly.set(key, whole = { parts: new Map(), end: undefined });
	whole.parts.set(part.offset, part.bytes);
	if (!part.more)
		whole.end = part.offset + part.bytes.length;
	const parts: Buffer[] = [];
	let at = 0;
	for (let next = whole.parts.get(0); next !== undefined && next.length > 0; next = whole.parts.get(at)) {
		parts.push(next);
		at += next.length;
	}
	if (at !== whole.end)
		return undefined;
	assembly.delete(key);
	return Buffer.concat(parts);
}

function routesOf(events: RecordedEvent[], directory: Directory): RecordedRoute[] {
	const routes = new Map<string, RecordedRoute>();
	const services = [...directory.servers.values()].flatMap(server => server.services);
	for (const { service, instance, eventgroup, event } of events) {
		const { major } = services.find(known => known.service === service && known.instance === instance)!;
		routes.set(`${service} ${instance} ${event}`, { service, instance, eventgroup, event, major });
	}
	return [...routes.values()];
}

function isMulticast(address: string): boolean {
	const first = Number(address.split(".")[0]);
	return first >= 224 && first < 240;
}
