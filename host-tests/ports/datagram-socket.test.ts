import { datagramSocket } from "#hal";
import { datagramSocketContract } from "./datagram-socket-contract.js";

datagramSocketContract("datagram socket", datagramSocket);
