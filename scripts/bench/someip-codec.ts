/** What the codec takes per message, in ns: a request of 32 bytes written and read, an SD message with an offer of four options read. */
import { Message, TYPE_REQUEST, writeHeader } from "../../firmware/someip/header.js";
import { Reader } from "../../firmware/someip/payload/reader.js";
import { Writer } from "../../firmware/someip/payload/writer.js";
import { NETWORK_ORDER } from "../../firmware/someip/payload/layout.js";
import { SdReader } from "../../firmware/someip/sd/sd-reader.js";
import { Topology } from "../../firmware/someip/sd/topology.js";
import { median, serve } from "./pinned.js";
import { PAYLOAD } from "./someip-place.js";

/** Short batches: most of them are not interrupted. */
const ROUNDS = 5_000, BATCHES = 400, WARM_UP = 40;

/** Medians of batches, ns per round. */
function measure(work: (round: number) => number): number {
	const times: number[] = [];
	let sum = 0;
	for (let batch = -WARM_UP; batch < BATCHES; batch++) {
		const from = process.hrtime.bigint();
		for (let round = 0; round < ROUNDS; round++)
			sum += work(round);
		if (batch >= 0)
			times.push(Number(process.hrtime.bigint() - from) / ROUNDS);
	}
	if (sum === 0)
		throw new Error("nothing was measured");
	return median(times);
}

function request(): number {
	const bytes = new Uint8Array(1500), message = new Message(), reader = new Reader(NETWORK_ORDER), writer = new Writer(NETWORK_ORDER);
	message.attach(bytes);
	reader.attach(bytes);
	writer.attach(bytes);
	return measure(round => {
		const at = writeHeader(bytes, 0, 0x1234, 0x0001, PAYLOAD, 0x4a01, round & 0xffff, 1, TYPE_REQUEST);
		writer.begin(0, at, bytes.length);
		for (let i = 0; i < PAYLOAD; i += 4)
			writer.uint32(round + i);
		const length = message.wrap(0, at + writer.length);
		reader.begin(0, message.payloadOffset, message.payloadEnd);
		let sum = length + message.sessionId;
		for (let i = 0; i < PAYLOAD; i += 4)
			sum += reader.uint32();
		if (reader.error !== 0 || length !== 16 + PAYLOAD)
			throw new Error("the codec does not read what it wrote");
		return sum;
	});
}

/** An offer with a UDP and a TCP endpoint, load balancing and a configuration option. */
function offer(): number {
	const options = "000904000a0000010011772d" + "000904000a0000010006772d" + "0005020000010001" + "00090100" + "066b65793d766c" + "00";
	const entries = "01000040123400010100000300000000", size = (hex: string): string => (hex.length / 2).toString(16).padStart(8, "0");
	const body = `c0000000${size(entries)}${entries}${size(options)}${options}`, bytes = Buffer.from(`ffff8100${(body.length / 2 + 8).toString(16).padStart(8, "0")}0000000101010200${body}`, "hex");
	const message = new Message(), reader = new SdReader(new Topology(0x0a000002, 0xffffff00, true));
	return measure(() => {
		message.attach(bytes);
		if (message.wrap(0, bytes.length) < 0 || reader.open(bytes, message.payloadOffset, message.payloadEnd) !== 0)
			throw new Error("the message is not read");
		reader.entry(0);
		if (reader.endpoints() !== 0 || reader.optionCount !== 4)
			throw new Error("the options are not read");
		return reader.udpPort + reader.tcpPort;
	});
}

serve(() => ({ codecNs: request(), sdOfferDecodeNs: offer() }));
