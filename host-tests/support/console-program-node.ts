import { NodeConsole } from "../../hal/node/console.js";
import { NodeLog } from "../../hal/node/log.js";
import { system } from "../../hal/node/system.js";
import { timer } from "../../hal/node/timer.js";
import { talk } from "./console-program.js";

talk(new NodeLog(), new NodeConsole(), system, timer);
