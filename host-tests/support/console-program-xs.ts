import { SystemConsole } from "../../hal/system/console.js";
import { SystemLog } from "../../hal/system/log.js";
import { system } from "../../hal/system/system.js";
import { timer } from "../../hal/system/timer.js";
import { talk } from "./console-program.js";

export default function main(): void {
	talk(new SystemLog(), new SystemConsole(), system, timer);
}
