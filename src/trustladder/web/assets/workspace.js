// What a script adds to pages that work without one. Each module minds one thing.
import { startTimes } from "./times.js";
import { startLive } from "./live.js";
import { startWriting } from "./writing.js";
import { startKeys } from "./keys.js";
import { startPalette } from "./palette.js";

document.documentElement.classList.add("scripted");
document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
startTimes();
startLive();
startWriting();
startKeys();
startPalette();
