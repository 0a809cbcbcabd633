/** Announcements for screen readers: at most one in PAUSE_MS, the newest. */

const PAUSE_MS = 8000;
let timer = null;
let announcedAt = 0;

/** Announce `text` now, or PAUSE_MS after the last announcement unless a newer text comes before. */
export function announce(text) {
  const element = document.getElementById("announcer");
  if (!element) return;
  clearTimeout(timer);
  timer = setTimeout(
    () => {
      announcedAt = Date.now();
      element.textContent = text;
    },
    Math.max(0, announcedAt + PAUSE_MS - Date.now()),
  );
}

/** Show whether the live stream is connected. */
export function showConnection(state) {
  const element = document.getElementById("line-state");
  if (!element) return;
  element.hidden = state === "connecting";
  element.dataset.state = state;
  const text = state === "live" ? "Live" : "Reconnecting…";
  if (element.textContent !== text) element.textContent = text;
}
