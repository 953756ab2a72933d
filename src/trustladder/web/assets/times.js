// Times that stay true while a page is open, in the reader's own zone.
const MINUTE = 60, HOUR = 3600, DAY = 86400;
const EVERY_MS = 10_000, SOON_MS = 300_000;

function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
  if (s < DAY) return `${Math.floor(s / HOUR)} h ${String(Math.floor((s % HOUR) / MINUTE)).padStart(2, "0")} min`;
  return `${Math.floor(s / DAY)} d ${Math.floor((s % DAY) / HOUR)} h`;
}

const clock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function show(time, text) {
  if (time.textContent.trim() !== text) time.textContent = text;
}

export function tell(root = document) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = Date.parse(time.dateTime);
    if ("since" in time.dataset) show(time, duration((now - at) / 1000));
    else if ("due" in time.dataset) {
      time.classList.toggle("over", at < now);
      time.classList.toggle("soon", at >= now && at - now < SOON_MS);
      show(time, at < now ? `late by ${duration((now - at) / 1000)}` : `in ${duration((at - now) / 1000)}`);
    } else show(time, clock.format(at));
    time.title = new Date(at).toLocaleString();
  }
}

export function startTimes() {
  tell();
  setInterval(() => tell(), EVERY_MS);
  document.addEventListener("htmx:after:swap", () => tell());
}
