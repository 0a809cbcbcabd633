/** News for screen readers: the last word of a while, never a stream of figures. */

const PAUSE_MS = 8000;
let waiting = null;
let saidAt = 0;

/** Say `text` now, or, so soon after the last one, a little later and only the newest. */
export function announce(text) {
  const place = document.getElementById("announcer");
  if (!place) return;
  clearTimeout(waiting);
  waiting = setTimeout(
    () => {
      saidAt = Date.now();
      place.textContent = text;
    },
    Math.max(0, saidAt + PAUSE_MS - Date.now()),
  );
}

/** Show whether the live stream is connected. */
export function showLine(state) {
  const place = document.getElementById("line-state");
  if (!place) return;
  place.hidden = state === "connecting";
  place.dataset.state = state;
  const text = state === "live" ? "Live" : "Reconnecting…";
  if (place.textContent !== text) place.textContent = text;
}
