// The command palette: pages, what can be done here, and tickets, by Ctrl-K or Cmd-K.
import { act } from "./keys.js";

const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const ACTS = {
  accept: ["Accept or take over", "a"],
  next: ["Take the next ticket", "t"],
  reply: ["Reply to the customer", "r"],
  note: ["Write an internal note", "n"],
  resolve: ["Resolve", "e"],
  return: ["Return to a queue", "b"],
  "hand-back": ["Hand back to automation", ""],
  restated: ["Customer had to restate", ""],
  reopen: ["Open it again", ""],
  up: ["Send it up", ""],
  undo: ["Undo", "z"],
};

function commands() {
  const pages = [...document.querySelectorAll(".top nav a, .top .me")].map((link) => ({
    name: link.textContent.trim().replace(/\s+/g, " "), hint: "page", run: () => { location.href = link.href; },
  }));
  const acts = Object.entries(ACTS)
    .filter(([name]) => document.querySelector(`[data-act="${name}"]`))
    .map(([name, [words, key]]) => ({ name: words, hint: key || "here", run: () => act(name) }));
  const macros = [...document.querySelectorAll("[data-macro]")].map((link) => ({
    name: `Begin the reply: ${link.textContent}`, hint: "macro", run: () => link.click(),
  }));
  return [...acts, ...pages, ...macros];
}

function option(command, index) {
  const item = document.createElement("li");
  item.role = "option";
  item.id = `command-${index}`;
  const name = document.createElement("span");
  name.textContent = command.name;
  const hint = document.createElement("span");
  hint.className = "soft";
  hint.textContent = command.hint;
  item.append(name, hint);
  item.addEventListener("click", () => { dialog.close(); command.run(); });
  return item;
}

function mark(item) {
  for (const other of list.children) other.setAttribute("aria-selected", String(other === item));
  if (item) { input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
  else input.removeAttribute("aria-activedescendant");
}

let asked = 0;
async function fill() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = commands().filter((it) => words.every((word) => it.name.toLowerCase().includes(word)));
  list.replaceChildren(...fitting.map(option));
  mark(list.firstElementChild);
  const mine = ++asked;
  if (!words.length) return;
  const answer = await fetch(`/find?part=true&q=${encodeURIComponent(input.value)}`);
  const text = answer.ok ? await answer.text() : "";
  if (mine !== asked) return; // typed on meanwhile
  const found = new DOMParser().parseFromString(text, "text/html").querySelectorAll("li");
  for (const item of found) {
    item.addEventListener("click", () => { location.href = item.dataset.href; });
    list.append(item);
  }
  if (!list.querySelector("[aria-selected=true]")) mark(list.firstElementChild);
}

function move(by) {
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  mark(items[(at + by + items.length) % items.length]);
}

function open(text = "") {
  dialog.showModal();
  input.value = text;
  fill();
}

export function startPalette() {
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (dialog.open) dialog.close(); else open();
  });
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); move(1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); move(-1); }
    else if (event.key === "Enter") { event.preventDefault(); list.querySelector("[aria-selected=true]")?.click(); }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
