/** The measured service, and beside it the same without a protocol: it echoes and floods by raw UDP. */
import { createSocket } from "node:dgram";
import { Application } from "../../firmware/someip/api/application.js";
import { AddressTable } from "../../firmware/wire/address-table.js";
import { clock } from "../../hal/node/clock.js";
import { datagramSocket } from "../../hal/node/datagram-socket.js";
import { random } from "../../hal/node/random.js";
import { timer } from "../../hal/node/timer.js";
import { serve } from "./pinned.js";
import { ECHO, EVENT, EVENTGROUP, NETWORK, PAYLOAD, RAW_PORT, SERVER, SERVICE, SERVICE_PORT, WINDOW } from "./someip-place.js";

const application = new Application({ addresses: new AddressTable(), clock, random, datagramSocket, timer }, { ...NETWORK, address: SERVER });
const service = application.offer({ serviceId: SERVICE, instanceId: 1, majorVersion: 1, port: SERVICE_PORT });
service.method(ECHO, request => request.respond(request.payload, request.payloadOffset, request.payloadEnd));
const event = service.event(EVENT, [service.eventgroup(EVENTGROUP)]), payload = new Uint8Array(PAYLOAD);
application.start();

const raw = createSocket({ type: "udp4", lookup: (name, _options, done) => done(null, name, 4) });
const message = new Uint8Array(16 + PAYLOAD);
let flood: "none" | "raw" | "someip" = "none", credit = 0, port = 0;
// A datagram of one byte is a credit of WINDOW events; everything else is echoed.
raw.on("message", (bytes, from) => {
	if (bytes.length !== 1)
		raw.send(bytes, from.port, from.address);
	else {
		port = from.port;
		credit += WINDOW;
		pour();
	}
});
raw.bind(RAW_PORT, "127.0.0.1");

function pour(): void {
	for (; credit > 0 && flood !== "none"; credit--) {
		if (flood === "raw")
			raw.send(message, port, "127.0.0.1");
		else if (event.notify(payload) < 0)
			throw new Error("an event was refused");
	}
}

serve(({ flood: what }: { flood: typeof flood }) => {
	flood = what;
	credit = 0;
	const { user, system } = process.cpuUsage();
	return user + system;
});
