// Writing: drafts that survive a reload, macros, and replies that are held for a moment before they go.

const kept = (area) => `trustladder draft ${area.dataset.draft}`;

function restore() {
  for (const area of document.querySelectorAll("[data-draft]")) {
    if (!area.value) area.value = sessionStorage.getItem(kept(area)) ?? "";
  }
}

function keep(area) {
  if (area.value) sessionStorage.setItem(kept(area), area.value);
  else sessionStorage.removeItem(kept(area));
}

function insert(area, text) {
  area.focus();
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  keep(area);
}

let held = null; // { form, bar, timer, ticking }

export function takeBack() {
  if (!held) return false;
  const { form, bar, timer, ticking } = held;
  clearTimeout(timer);
  clearInterval(ticking);
  bar.remove();
  form.removeAttribute("hx-morph-skip");
  held = null;
  form.querySelector("textarea").readOnly = false;
  form.querySelector("textarea").focus();
  return true;
}

function send(form) {
  takeBack();
  if (!form.isConnected) { // somebody else took the ticket meanwhile; the text is still in the draft
    document.getElementById("announce").textContent = "Not sent: the ticket has moved";
    return;
  }
  form.dataset.released = "";
  form.requestSubmit();
}

function hold(form) {
  if (held) takeBack();
  let seconds = Number(form.dataset.hold);
  const bar = document.createElement("p");
  bar.className = "held";
  bar.setAttribute("role", "status");
  const count = document.createElement("span");
  count.textContent = `Goes out in ${seconds} s`;
  const undo = document.createElement("button");
  undo.type = "button";
  undo.dataset.act = "undo";
  undo.textContent = "Take it back";
  undo.addEventListener("click", takeBack);
  const now = document.createElement("button");
  now.type = "button";
  now.className = "quiet";
  now.textContent = "Send now";
  now.addEventListener("click", () => send(form));
  bar.append(count, undo, now);
  form.append(bar);
  form.setAttribute("hx-morph-skip", ""); // what arrives meanwhile leaves it alone
  form.querySelector("textarea").readOnly = true;
  held = {
    form,
    bar,
    timer: setTimeout(() => send(form), seconds * 1000),
    ticking: setInterval(() => { count.textContent = `Goes out in ${--seconds} s`; }, 1000),
  };
}

// Colleagues who have the ticket open are told that somebody writes, at most every few seconds.
const TELL_MS = 3000;
let told = 0;
function tellColleagues(area) {
  const path = area.closest("[data-path]")?.dataset.path;
  if (!path || Date.now() - told < TELL_MS) return;
  told = Date.now();
  fetch(`${path}/writing`, { method: "POST" }).catch(() => {}); // nobody misses it
}

// Leaving the page is not taking back: what was sent goes out, also when somebody has written meanwhile.
function release() {
  if (!held) return;
  const { form } = held;
  const data = new FormData(form);
  data.delete("seen");
  navigator.sendBeacon(form.action, data);
  sessionStorage.removeItem(kept(form.querySelector("textarea")));
  held = null;
}

export function startWriting() {
  restore();
  document.addEventListener("input", (event) => {
    if (!event.target.dataset?.draft) return;
    keep(event.target);
    tellColleagues(event.target);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("hold" in form.dataset)) return;
    if ("released" in form.dataset) { delete form.dataset.released; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    hold(form);
  }, true);
  document.addEventListener("click", (event) => {
    const macro = event.target.closest("[data-macro]");
    const line = event.target.closest("[data-say]");
    if (macro) { event.preventDefault(); insert(document.getElementById("reply"), macro.dataset.macro); }
    if (line) document.getElementById("say").value = line.dataset.say;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
    }
  });
  // What was accepted is no draft any more; what was refused comes back in the box.
  document.addEventListener("htmx:after:request", (event) => {
    const form = event.detail.ctx.sourceElement;
    const area = form?.matches?.(".box") ? form.querySelector("textarea") : null;
    if (area && event.detail.ctx.response?.raw?.ok) { area.value = ""; keep(area); }
  });
  document.addEventListener("htmx:after:swap", () => restore());
  addEventListener("pagehide", release);
}
