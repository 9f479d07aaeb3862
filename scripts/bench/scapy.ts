import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { CORE } from "./pinned.js";

const PYTHON = "/usr/bin/python3";
const SCRIPT = `
import time, statistics
from scapy.all import load_contrib, raw
load_contrib('automotive.someip')
from scapy.contrib.automotive.someip import SOMEIP
from scapy.packet import Raw
payload = bytes(32)
def once():
    data = raw(SOMEIP(srv_id=0x1234, method_id=1, client_id=0x4a01, session_id=1, iface_ver=1, msg_type=0) / Raw(payload))
    assert SOMEIP(data).srv_id == 0x1234
for _ in range(200): once()
times = []
for _ in range(7):
    start = time.perf_counter()
    for _ in range(300): once()
    times.append((time.perf_counter() - start) / 300)
print(statistics.median(times) * 1e9)
`;

/** ns that scapy takes to build and dissect a request of 32 bytes; undefined where there is none. */
export function scapyCodecNs(): number | undefined {
	if (!existsSync(PYTHON))
		return undefined;
	try {
		return Number(execFileSync("taskset", ["-c", `${CORE}`, PYTHON, "-c", SCRIPT], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
	}
	catch {
		return undefined;
	}
}
