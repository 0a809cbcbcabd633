/** The live stream for a page: from a worker that all tabs share, or from its own connection without one. */

import { showConnection } from "./announce.js";
import { Source } from "./source.js";

const HIDDEN_SPREAD_MS = 4000;

/**
 * Follow the stream after `position`. `onEvent` gets each event once, in order; `onBehind` is called when events may
 * be missing and the page must be loaded again. Return a function that ends it.
 */
export function follow({ events, position, onEvent, onBehind }) {
  let wasAway = false;
  const onMessage = (message) => {
    if (message.kind === "event") onEvent(message.body);
    if (message.kind === "snapshot") onBehind();
    if (message.kind === "state") {
      showConnection(message.state);
      // After a reconnection events may be missing; without a connection the login may have expired.
      if (message.state === "away" || wasAway) onBehind();
      wasAway = message.state === "away";
    }
  };
  return globalThis.SharedWorker ? followShared(events, position, onMessage) : followAlone(events, position, onMessage);
}

function followShared(events, position, onMessage) {
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "reelwright" });
  worker.port.onmessage = ({ data }) => onMessage(data);
  worker.port.start();
  worker.port.postMessage({ kind: "join", events, position });
  const leave = () => worker.port.postMessage({ kind: "leave" });
  addEventListener("pagehide", leave);
  return leave;
}

/** Without a worker a hidden tab closes its connection, because a browser opens only a few. */
function followAlone(events, position, onMessage) {
  let source = new Source({ events, position, onMessage });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else source = new Source({ events, position: source.position, onMessage });
  });
  return () => source.close();
}

/**
 * Run `work` before the next frame, in a hidden tab some seconds later. Browsers run the timers of all hidden tabs at
 * the same moment of each second; a random delay keeps them from slowing down the visible tab.
 */
export function beforeNextFrame(work) {
  if (document.hidden) setTimeout(work, 1000 + HIDDEN_SPREAD_MS * Math.random());
  else requestAnimationFrame(work);
}
