// Single-key shortcuts. They can be switched off, and they are silent while one writes.
import { takeBack } from "./writing.js";

const SWITCH = "trustladder shortcuts";
export const shortcutsOn = () => localStorage.getItem(SWITCH) !== "off";

const rows = () => [...document.querySelectorAll("[data-list] > [data-row]")];
const chosen = () => document.querySelector("[data-row][aria-current]");

function choose(row) {
  chosen()?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  const link = row.querySelector("a");
  link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement.closest?.("[data-row]") ?? chosen());
  choose(all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
}

// The act of the page; in a list, accepting is for the chosen row.
export function act(name) {
  if (name === "undo" && takeBack()) return;
  const place = name === "accept" && rows().length ? (chosen() ?? rows()[0]) : document;
  const target = place.querySelector(`[data-act="${name}"]`);
  if (!target) return say(`Nothing here to ${name} now`);
  if (target.matches("summary")) {
    const box = target.closest("details");
    box.open = true;
    box.querySelector("select, input:not([type=hidden])").focus();
  } else if (target.matches("textarea")) target.focus();
  else target.click();
}

function say(text) {
  document.getElementById("announce").textContent = text;
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => act("accept"),
  r: () => act("reply"),
  n: () => act("note"),
  e: () => act("resolve"),
  b: () => act("return"),
  t: () => act("next"),
  z: () => act("undo"),
  g: () => { location.href = "/queue"; },
  "?": () => document.getElementById("help").showModal(),
};

// The numbered answers of a page.
function keyed(key) {
  const target = /^[1-9]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
  return target && (() => target.click());
}

const writing = (element) => element.matches("input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select, [contenteditable]");

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape" && writing(event.target) && !document.querySelector("dialog[open]")) event.target.blur();
  if (!shortcutsOn() || writing(event.target) || document.querySelector("dialog[open]")) return;
  const run = KEYS[event.key] ?? keyed(event.key);
  if (run) { event.preventDefault(); run(); }
}

export function startKeys() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-row]");
    if (row && row !== chosen()) { chosen()?.removeAttribute("aria-current"); row.setAttribute("aria-current", "true"); }
  });
  for (const box of document.querySelectorAll("[data-shortcuts]")) {
    box.checked = shortcutsOn();
    box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
  }
  document.querySelector("[data-help]")?.addEventListener("click", (event) => {
    if (document.querySelector("main .keys")) return;
    event.preventDefault();
    document.getElementById("help").showModal();
  });
}
