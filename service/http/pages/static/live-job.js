/** The live page of one job: numbers change at once, all else as the server renders it. */

import "./page.js";
import "./version-slider.js";
import { announce } from "./announce.js";
import { renew, throttled } from "./reload.js";
import { beforeNextFrame, follow } from "./stream.js";
import { left } from "./times.js";

const RENEW_PAUSE_MS = 250;
const ANNOUNCED_PERCENT_STEP = 25;
/** Why a job waits may change without an event. */
const LOOK_AGAIN_MS = 5000;
const ENDED = new Set(["completed", "failed", "cancelled"]);

class LiveJob extends HTMLElement {
  connectedCallback() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    this.main = this.closest("main");
    this.announcedPercent = 0;
    this.announcedStatus = this.main.dataset.status;
    this.renew = throttled(() => renew("#main"), RENEW_PAUSE_MS);
    follow({
      events: this.dataset.events.split(" "),
      position: Number(this.main.dataset.position),
      onEvent: (body) => body.job_id === this.main.dataset.jobId && this.onEvent(body),
      onBehind: () => this.renew(),
    });
    setInterval(() => this.lookAgain(), LOOK_AGAIN_MS);
  }

  lookAgain() {
    if (!document.hidden && "newest" in this.main.dataset && !ENDED.has(this.main.dataset.status)) this.renew();
  }

  onEvent(body) {
    const isPast = !("newest" in this.main.dataset);
    if (!isPast) beforeNextFrame(() => this.show(body));
    this.renew();
  }

  show({ job }) {
    this.announce(job);
    // The page may have been loaded again meanwhile, and show this event or a later one.
    if (job.version <= Number(this.main.dataset.version)) return;
    this.main.dataset.status = job.status;
    this.main.dataset.version = job.version;
    document.title = `${job.progress.percent} % · ${job.job_id} · Reelwright`;
    write("status", job.status);
    write("percent", `${job.progress.percent} %`);
    write("message", job.progress.message);
    write("left", left(job));
    document.getElementById("status").dataset.status = job.status;
    document.getElementById("bar")?.setAttribute("value", job.progress.percent);
  }

  announce(job) {
    const { percent, message } = job.progress;
    if (job.status !== this.announcedStatus) announce(`${job.status}: ${message}`);
    else if (percent >= this.announcedPercent + ANNOUNCED_PERCENT_STEP) announce(`${percent} percent`);
    else return;
    this.announcedStatus = job.status;
    this.announcedPercent = percent;
  }
}

function write(id, text) {
  const element = document.getElementById(id);
  if (element) element.textContent = text;
}

customElements.define("live-job", LiveJob);
