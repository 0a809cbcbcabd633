/**
 * One line for all tabs. Browsers open at most six connections to a place: with one for each tab, the seventh page
 * would wait for ever.
 */

import { Source } from "./source.js";

const MOST_KEPT = 2000;
const ports = new Set();
const kept = [];
let source = null;
let state = "connecting";

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => (data.kind === "join" ? join(port, data) : ports.delete(port));
  port.start();
};

/** Give a tab what it has missed since its page was made; where that is not known any more it must ask again. */
function join(port, { events, position }) {
  ports.add(port);
  source ??= new Source({ events, position, tell });
  const begins = kept.length > 0 ? kept[0].body.position - 1 : source.position;
  if (position < begins) port.postMessage({ kind: "snapshot" });
  for (const message of kept) {
    if (message.body.position > position) port.postMessage(message);
  }
  port.postMessage({ kind: "state", state });
}

function tell(message) {
  if (message.kind === "state") state = message.state;
  if (message.kind === "event" && kept.push(message) > MOST_KEPT) kept.splice(0, MOST_KEPT / 2);
  if (message.kind === "snapshot") kept.length = 0;
  for (const port of ports) port.postMessage(message);
}
