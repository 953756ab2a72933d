// Live pages that hold still: nothing moves under a pointer or a focus, it is announced instead.

function busy(part) {
  return part.matches(":hover") || part.contains(document.activeElement);
}

function button(part) {
  return document.querySelector(`[data-refresh="#${CSS.escape(part.id)}"]`);
}

function refresh(part) {
  part.removeAttribute("data-stale");
  const news = button(part);
  if (news) news.hidden = true;
  part.dispatchEvent(new CustomEvent("tl-refresh"));
}

function moved() {
  for (const part of document.querySelectorAll("[data-still]")) {
    if (!busy(part)) refresh(part);
    else {
      part.setAttribute("data-stale", "");
      const news = button(part);
      if (news) news.hidden = false;
    }
  }
}

function letGo() {
  for (const part of document.querySelectorAll("[data-stale]")) if (!busy(part)) refresh(part);
}

// A page that lost its place (a button that is gone) says what happened where the eye is sent.
function keepFocus() {
  if (document.activeElement === document.body) document.getElementById("notice")?.focus({ preventScroll: true });
}

// What a colleague or the customer writes while the page is open is marked, and one line says so where it is out of sight.
let known = new Set(), fresh = new Set();
const turns = () => document.querySelectorAll("[data-from]");
const seenNow = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) document.getElementById("just-written").hidden = true;
});

function markNew() {
  let newest = null;
  for (const turn of turns()) {
    if (!known.has(turn.id)) { known.add(turn.id); fresh.add(turn.id); newest = turn; }
    turn.classList.toggle("fresh", fresh.has(turn.id)); // a swap has taken the mark away
  }
  const line = document.getElementById("just-written");
  if (!newest || !line) return;
  const link = document.createElement("a");
  link.href = `#${newest.id}`;
  link.textContent = "Read it";
  const who = document.createElement("strong");
  who.textContent = `${newest.dataset.from} has just written.`;
  line.replaceChildren(who, " ", link);
  line.hidden = false;
  seenNow.disconnect();
  seenNow.observe(newest);
}

export function startLive() {
  for (const turn of turns()) known.add(turn.id);
  document.addEventListener("htmx:after:swap", markNew);
  let connected = false, planned = 0;
  document.addEventListener("tl-tickets", () => {
    planned ||= setTimeout(() => { planned = 0; moved(); }, 700);
  });
  document.addEventListener("pointerleave", letGo, true);
  document.addEventListener("focusout", () => setTimeout(letGo), true);
  // A connection that comes back may have missed something.
  document.addEventListener("htmx:sse:after:connection", (event) => {
    if (connected) for (const name of ["tl-tickets", "tl-ticket"]) htmx.trigger(event.target, name);
    connected = true;
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-refresh], [data-reload]");
    if (target?.dataset.refresh) refresh(document.querySelector(target.dataset.refresh));
    else if (target) location.reload();
  });
  document.addEventListener("change", (event) => event.target.closest("[data-submits]")?.form.requestSubmit());
  document.addEventListener("htmx:after:swap", () => setTimeout(keepFocus));
}
