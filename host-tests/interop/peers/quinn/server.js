// A QUIC server on quinn, by Deno: `deno run --unstable-net --allow-net --allow-read server.js CERT KEY ALPN STREAMS EARLY`.
// Each stream is echoed, or, where it begins with "GET /N", answered with N bytes. What happens is told
// in lines of JSON, as quic-go/main.go does.
const [cert, key, alpn, streams, early] = Deno.args;
const tell = (event, values = {}) => console.log(JSON.stringify({ event, us: Math.round((performance.timeOrigin + performance.now()) * 1000), ...values }));

const options = {
	cert: Deno.readTextFileSync(cert), key: Deno.readTextFileSync(key), alpnProtocols: alpn.split(","),
	maxIdleTimeout: 30000, maxConcurrentBidirectionalStreams: Number(streams),
};
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const listener = endpoint.listen(options);
tell("listening", { port: endpoint.addr.port });
// The parent's end is ours.
(async () => {
	for await (const _ of Deno.stdin.readable);
	Deno.exit();
})();

let count = 0;
for await (const incoming of listener)
	serve(incoming, ++count).catch(error => tell("failed", { connection: count, reason: String(error) }));

async function serve(incoming, id) {
	const connection = early === "true" ? incoming.accept({ zeroRtt: true }) : await incoming.accept();
	const state = { id, first: true, shaken: early !== "true" };
	connection.handshake.then(() => { state.shaken = true; }, () => {});
	connection.closed.then(({ closeCode, reason }) => tell("closed", { connection: id, code: closeCode, reason, from: `${connection.remoteAddr.hostname}:${connection.remoteAddr.port}` }), () => {});
	datagrams(connection).catch(() => {});
	for await (const stream of connection.incomingBidirectionalStreams)
		handle(connection, stream, state).catch(() => {});
}

async function datagrams(connection) {
	for (;;)
		await connection.sendDatagram(await connection.readDatagram());
}

async function handle(connection, stream, state) {
	const writer = stream.writable.getWriter();
	let text = "";
	for await (const chunk of stream.readable) {
		if (state.first) {
			state.first = false;
			tell("first", { connection: state.id, early: !state.shaken });
		}
		// The protocol is known only when the handshake is over.
		if (text !== "" || (chunk[0] === 0x47 && chunk[1] === 0x45 && chunk[2] === 0x54 && chunk[3] === 0x20)) {
			text += new TextDecoder().decode(chunk);
			continue;
		}
		await writer.write(chunk);
	}
	const request = /^GET \/(\d+)/.exec(text);
	if (request !== null)
		await writer.write(pattern(Number(request[1])));
	await writer.close();
}

function pattern(count) {
	const bytes = new Uint8Array(count);
	for (let i = 0; i < count; i++)
		bytes[i] = i * 31 + (i >> 8);
	return bytes;
}
