import type { Cloud } from "./cloud.js";
import type { Platform } from "./platform.js";
import { uplinkStateText } from "./uplink-log.js";
import type { Vehicle } from "./vehicle.js";

/** What the console's `status` prints; scripts/demo reads it. */
export function boardStatus(platform: Platform, vehicle: Vehicle, cloud: Cloud, link: string): object {
	const { system } = platform, { uplink } = cloud, { quic, statistics } = uplink;
	return {
		engine: { name: system.engineName, version: system.engineVersion, bits: system.engineBits },
		startReason: system.startReason ?? "",
		memory: {
			arenaBytes: system.arenaBytes, usedBytes: system.usedBytes(), peakBytes: system.peakBytes(),
			libraryHeapBytes: system.libraryHeapBytes(),
		},
		link,
		state: uplinkStateText(uplink.state),
		someip: { received: vehicle.received, dropped: vehicle.dropped, services: vehicle.services, subscriptions: vehicle.subscriptions },
		calls: { requested: cloud.calls?.requested ?? 0, answered: cloud.calls?.answered ?? 0, failed: cloud.calls?.failed ?? 0 },
		routes: { configured: cloud.routes.length, forwarded: cloud.forwarded, unrouted: cloud.unrouted },
		quic: {
			established: quic?.established ?? false, version: quic?.version ?? "", cipher: quic?.cipher ?? "",
			handshakeDatagrams: quic?.handshakeDatagrams ?? 0, handshakeBytes: quic?.handshakeBytes ?? 0, rttMs: quic?.rttMs ?? 0,
			packetsSent: quic?.packetsSent ?? 0, packetsLost: quic?.packetsLost ?? 0,
		},
		mqtt: {
			connected: statistics.connected, published: statistics.published, acknowledged: statistics.acknowledged,
			queued: statistics.queued, overflowed: statistics.overflowed, reconnects: statistics.reconnects,
		},
		lastError: uplink.lastError,
	};
}
