/** One line to the live stream. It comes back by itself, from where it broke off, also from a service that restarts. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export class Source {
  /** `tell` hears {kind: "event", body}, {kind: "snapshot"} and {kind: "state", state}. */
  constructor({ events, position, tell }) {
    this.events = events;
    this.position = position;
    this.tell = tell;
    this.pauseMs = FIRST_PAUSE_MS;
    this.open();
  }

  open() {
    this.line = new EventSource(`/api/stream?after=${this.position}`);
    this.line.onopen = () => {
      this.pauseMs = FIRST_PAUSE_MS;
      this.tell({ kind: "state", state: "live" });
    };
    this.line.onerror = () => this.broken();
    for (const name of this.events) {
      this.line.addEventListener(name, (message) => this.heard(message));
    }
    this.line.addEventListener("snapshot", (message) => {
      this.position = Number(message.lastEventId);
      this.tell({ kind: "snapshot", position: this.position });
    });
  }

  heard(message) {
    const body = JSON.parse(message.data);
    if (body.position <= this.position) return;
    this.position = body.position;
    this.tell({ kind: "event", body });
  }

  broken() {
    this.tell({ kind: "state", state: "away" });
    // While it is connecting the browser tries again by itself; after a refusal it has given up.
    if (this.line.readyState !== EventSource.CLOSED) return;
    this.timer = setTimeout(() => this.open(), this.pauseMs * (0.75 + Math.random() / 2));
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.line.close();
  }
}
