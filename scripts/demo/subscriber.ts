/** Somebody who listens to the broker: counts what is delivered. MQTT 5 on mosquitto's TCP port. */
import { connectAsync } from "mqtt";

export interface Subscriber {
	/** Messages received so far, and their payload bytes. */
	readonly count: number;
	readonly bytes: number;
	stop(): Promise<void>;
}

export interface SubscriberOptions {
	username?: string;
	password?: string;
}

/** Subscribes at QoS 1 and resolves once the broker has granted it: every message from then on is counted. The client
 *  connects again where the broker was away. `onMessage` gets topic, payload and whether it was a retained message. */
export async function countDelivered(mqttPort: number, filter: string,
	onMessage: (topic: string, payload: Buffer, retained: boolean) => void = () => {}, options: SubscriberOptions = {}): Promise<Subscriber> {
	let count = 0, bytes = 0;
	const client = await connectAsync({
		host: "127.0.0.1", port: mqttPort, protocolVersion: 5, clean: true, reconnectPeriod: 500, connectTimeout: 20_000, ...options,
	});
	client.on("message", (topic, payload, packet) => {
		count++;
		bytes += payload.length;
		onMessage(topic, payload, packet.retain);
	});
	client.on("error", () => { /* it connects again */ });
	const [granted] = await client.subscribeAsync(filter, { qos: 1 });
	if (granted === undefined || granted.qos > 2)
		throw new Error(`the broker refuses the subscription to ${filter}`);
	return {
		get count() {
			return count;
		},
		get bytes() {
			return bytes;
		},
		async stop() {
			await client.endAsync(true);
		},
	};
}
