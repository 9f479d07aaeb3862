import { STATE_NAMES } from "../someip/e2e/state-machine.js";
import type { Cloud } from "./cloud.js";
import type { Platform } from "./platform.js";
import { hex4, idPair } from "./text.js";
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
		someip: { received: vehicle.received, dropped: vehicle.dropped, services: vehicle.services, subscriptions: vehicle.subscriptions, connections: vehicle.connections },
		e2e: e2eStatus(vehicle),
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

/** One item for each event or method with end-to-end protection, in the order of the configuration. */
function e2eStatus({ e2e }: Vehicle): object[] {
	const list: object[] = [];
	for (let i = 0; e2e !== undefined && i < e2e.length; i++) {
		const { serviceId, instanceId, messageId, checker, states } = e2e.at(i);
		list.push({
			id: `${idPair(serviceId, instanceId)} ${hex4(messageId)}`, state: STATE_NAMES[states.state], ok: checker.ok + checker.someLost, lost: checker.lost,
			repeated: checker.repeated, wrongSequence: checker.wrongSequence, wrong: checker.wrongCrc + checker.wrongDataId + checker.wrongLength,
		});
	}
	return list;
}
