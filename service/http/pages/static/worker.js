/**
 * One connection for all tabs. A browser opens at most six connections to a host: with one for each tab, the seventh
 * page would wait for ever.
 */

import { Source } from "./source.js";

const MOST_CACHED = 2000;
const ports = new Set();
const cached = [];
let source = null;
let state = "connecting";

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => (data.kind === "join" ? join(port, data) : ports.delete(port));
  port.start();
};

/** Send a tab the events that it has missed, or a snapshot message when they are not cached any more. */
function join(port, { events, position }) {
  ports.add(port);
  source ??= new Source({ events, position, onMessage });
  const cachedAfter = cached.length > 0 ? cached[0].body.position - 1 : source.position;
  if (position < cachedAfter) port.postMessage({ kind: "snapshot" });
  for (const message of cached) {
    if (message.body.position > position) port.postMessage(message);
  }
  port.postMessage({ kind: "state", state });
}

function onMessage(message) {
  if (message.kind === "state") state = message.state;
  if (message.kind === "event" && cached.push(message) > MOST_CACHED) cached.splice(0, MOST_CACHED / 2);
  if (message.kind === "snapshot") cached.length = 0;
  for (const port of ports) port.postMessage(message);
}
