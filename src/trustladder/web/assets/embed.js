// The embedded card: only its times move.
import { startTimes } from "./times.js";

startTimes();
