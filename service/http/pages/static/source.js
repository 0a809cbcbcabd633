/** One connection to the live stream. It reconnects by itself and goes on after the last event that it got. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export class Source {
  /** `onMessage` gets {kind: "event", body}, {kind: "snapshot"} and {kind: "state", state}. */
  constructor({ events, position, onMessage }) {
    this.events = events;
    this.position = position;
    this.onMessage = onMessage;
    this.pauseMs = FIRST_PAUSE_MS;
    this.open();
  }

  open() {
    this.connection = new EventSource(`/api/stream?after=${this.position}`);
    this.connection.onopen = () => {
      this.pauseMs = FIRST_PAUSE_MS;
      this.onMessage({ kind: "state", state: "live" });
    };
    this.connection.onerror = () => this.onError();
    for (const name of this.events) {
      this.connection.addEventListener(name, (message) => this.onEvent(message));
    }
    this.connection.addEventListener("snapshot", (message) => {
      this.position = Number(message.lastEventId);
      this.onMessage({ kind: "snapshot", position: this.position });
    });
  }

  onEvent(message) {
    const body = JSON.parse(message.data);
    if (body.position <= this.position) return;
    this.position = body.position;
    this.onMessage({ kind: "event", body });
  }

  onError() {
    this.onMessage({ kind: "state", state: "away" });
    // The browser reconnects by itself, but not after the server has refused.
    if (this.connection.readyState !== EventSource.CLOSED) return;
    this.timer = setTimeout(() => this.open(), this.pauseMs * (0.75 + Math.random() / 2));
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.connection.close();
  }
}
