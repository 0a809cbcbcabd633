/** One job, moving: figures at once, everything else as the server draws it. */

import "./page.js";
import "./version-slider.js";
import { announce } from "./announce.js";
import { renew, throttled } from "./reload.js";
import { beforeNextImage, follow } from "./stream.js";
import { left } from "./times.js";

const RENEW_PAUSE_MS = 250;
const STEP_TO_SAY = 25;
/** Why a job stands still may change without any event. */
const LOOK_AGAIN_MS = 5000;
const ENDED = new Set(["completed", "failed", "cancelled"]);

class LiveJob extends HTMLElement {
  connectedCallback() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    this.main = this.closest("main");
    this.saidPercent = 0;
    this.renew = throttled(() => renew("#main"), RENEW_PAUSE_MS);
    follow({
      events: this.dataset.events.split(" "),
      position: Number(this.main.dataset.position),
      onEvent: (body) => body.job_id === this.main.dataset.jobId && this.heard(body),
      onBehind: () => this.renew(),
    });
    setInterval(() => this.lookAgain(), LOOK_AGAIN_MS);
  }

  lookAgain() {
    if (!document.hidden && "newest" in this.main.dataset && !ENDED.has(this.main.dataset.status)) this.renew();
  }

  heard(body) {
    const isPast = !("newest" in this.main.dataset);
    if (!isPast) beforeNextImage(() => this.show(body));
    this.renew();
  }

  show({ job }) {
    if (job.version <= Number(this.main.dataset.version)) return;
    const before = this.main.dataset.status;
    this.main.dataset.status = job.status;
    this.main.dataset.version = job.version;
    document.title = `${job.progress.percent} % · ${job.job_id} · Reelwright`;
    write("status", job.status);
    write("percent", `${job.progress.percent} %`);
    write("message", job.progress.message);
    write("left", left(job));
    document.getElementById("status").dataset.status = job.status;
    document.getElementById("bar")?.setAttribute("value", job.progress.percent);
    this.say(job, before);
  }

  say(job, before) {
    const { percent, message } = job.progress;
    if (job.status !== before) announce(`${job.status}: ${message}`);
    else if (percent >= this.saidPercent + STEP_TO_SAY) announce(`${percent} percent`);
    else return;
    this.saidPercent = percent;
  }
}

function write(id, text) {
  const place = document.getElementById(id);
  if (place) place.textContent = text;
}

customElements.define("live-job", LiveJob);
