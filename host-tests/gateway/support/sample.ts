/** A configuration to start from: what a newcomer writes. */
import { encodeUtf8 } from "../../../firmware/wire/utf8.js";
import { readConfiguration, type Configuration } from "../../../firmware/gateway/configuration/configuration.js";

export interface Sample {
	[key: string]: any;
}

export function sample(): Sample {
	return {
		name: "zonal-1",
		vin: "ZNLDEM00000000001",
		network: { address: "10.0.0.2" },
		broker: { url: "mqtt-quic://broker.example", ca: "ca.pem" },
		routes: [
			{ service: "0x1234", instance: "0x0001", eventgroup: "0x0001", event: "0x8001" },
			{ service: "0x1234", instance: "0x0001", eventgroup: "0x0002", event: "0x8002", qos: 1, topic: "car/{vin}/speed" },
		],
	};
}

/** The sample after `change`, read the way the board reads its file. */
export function configured(change: (sample: Sample) => void = () => undefined): Configuration {
	const value = sample();
	change(value);
	return readConfiguration(encodeUtf8(JSON.stringify(value)));
}
