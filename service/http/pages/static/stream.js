/** What a page hears of the live stream: through the worker that all tabs share, or alone where there is none. */

import { showLine } from "./announce.js";
import { Source } from "./source.js";

const HIDDEN_SPREAD_MS = 4000;

/**
 * Follow the stream behind `position`. `onEvent` gets each event once and in order; `onBehind` means that some were
 * not kept and the page has to be made anew. Returns a function that ends it.
 */
export function follow({ events, position, onEvent, onBehind }) {
  let wasAway = false;
  const hear = (message) => {
    if (message.kind === "event") onEvent(message.body);
    if (message.kind === "snapshot") onBehind();
    if (message.kind === "state") {
      showLine(message.state);
      // Back again something may have changed; away it may be that the login has ended, and the page leads there.
      if (message.state === "away" || wasAway) onBehind();
      wasAway = message.state === "away";
    }
  };
  return globalThis.SharedWorker ? share(events, position, hear) : alone(events, position, hear);
}

function share(events, position, hear) {
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "reelwright" });
  worker.port.onmessage = ({ data }) => hear(data);
  worker.port.start();
  worker.port.postMessage({ kind: "join", events, position });
  const leave = () => worker.port.postMessage({ kind: "leave" });
  addEventListener("pagehide", leave);
  return leave;
}

/** Without a worker a hidden tab gives its line up, so that those that are looked at get one. */
function alone(events, position, hear) {
  let source = new Source({ events, position, tell: hear });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else source = new Source({ events, position: source.position, tell: hear });
  });
  return () => source.close();
}

/**
 * Run `work` before the next image; in a hidden tab, which has none, in a while. Browsers wake all hidden tabs at the
 * same moment of a second: spread over some of these they leave room for the tab that is looked at.
 */
export function beforeNextImage(work) {
  if (document.hidden) setTimeout(work, 1000 + HIDDEN_SPREAD_MS * Math.random());
  else requestAnimationFrame(work);
}
