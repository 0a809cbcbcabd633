/** The list of jobs, moving: rows change in place, new jobs come in on top, figures follow. */

import "./page.js";
import { announce } from "./announce.js";
import { renew, throttled } from "./reload.js";
import { beforeNextImage, follow } from "./stream.js";
import { left, showTime } from "./times.js";

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const FIGURES_PAUSE_MS = 700;
/** Tabs hear of a change together: did all of them ask at once, each would keep the others from drawing. */
const FIGURES_SPREAD_MS = 700;
const SEARCH_PAUSE_MS = 250;

class LiveJobs extends HTMLElement {
  connectedCallback() {
    if (this.waiting) return;
    this.waiting = new Map();
    this.ended = { completed: 0, failed: 0, cancelled: 0 };
    this.renewList = throttled(() => renew("#main"), 500);
    this.renewFigures = throttled(() => this.fetchFigures(), FIGURES_PAUSE_MS);
    this.searchAsTyped();
    follow({
      events: this.dataset.events.split(" "),
      position: Number(this.dataset.position),
      onEvent: (body) => this.heard(body),
      onBehind: () => this.renewList(),
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.renewList());
  }

  heard(body) {
    if (this.concerns(body.job)) {
      if (this.waiting.size === 0) beforeNextImage(() => this.show());
      this.waiting.set(body.job_id, body.job);
    }
    if (body.status in this.ended && body.event !== "RenderSettled") this.ended[body.status] += 1;
    if (!document.hidden) this.renewFigures();
  }

  /** Most of what moves is older than the last row; without this check the page would be drawn for all of it. */
  concerns(job) {
    const body = this.querySelector("#jobs");
    if (!body || body.querySelector(`[data-job-id="${CSS.escape(job.job_id)}"]`)) return true;
    return "inserts" in this.dataset && this.wants(job) && this.hasRoomFor(job, body);
  }

  hasRoomFor(job, body) {
    const isFull = body.rows.length >= Number(this.dataset.rows);
    return !isFull || body.rows[body.rows.length - 1].dataset.created < job.created_at;
  }

  show() {
    const jobs = [...this.waiting.values()];
    this.waiting.clear();
    const body = this.querySelector("#jobs");
    if (!body) {
      this.renewList();
      return;
    }
    const rows = new Map([...body.rows].map((row) => [row.dataset.jobId, row]));
    for (const job of jobs) this.place(body, rows.get(job.job_id), job);
    while (body.rows.length > Number(this.dataset.rows)) body.rows[body.rows.length - 1].remove();
    this.sayWhatEnded();
  }

  place(body, row, job) {
    if (row && !this.wants(job)) row.remove();
    else if (row) fill(row, job);
    else if (this.wants(job) && "inserts" in this.dataset) this.insert(body, job);
  }

  wants(job) {
    const { statusWanted, text } = this.dataset;
    if (statusWanted && job.status !== statusWanted) return false;
    const words = [job.job_id, job.progress.message, job.error_message ?? ""].join("\n").toLowerCase();
    return !text || words.includes(text.toLowerCase());
  }

  insert(body, job) {
    if (!this.hasRoomFor(job, body)) return;
    const row = this.querySelector("#job-row").content.firstElementChild.cloneNode(true);
    fill(row, job);
    const older = [...body.rows].find((other) => other.dataset.created < job.created_at);
    body.insertBefore(row, older ?? null);
  }

  async fetchFigures() {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * FIGURES_SPREAD_MS));
    await renew("#overview", `/overview${location.search}`);
  }

  sayWhatEnded() {
    const said = Object.entries(this.ended).filter(([, count]) => count > 0);
    if (said.length > 0) announce(said.map(([status, count]) => `${count} ${status}`).join(", "));
  }

  searchAsTyped() {
    const field = document.getElementById("q");
    let timer = null;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.search(field), SEARCH_PAUSE_MS);
    });
  }

  async search(field) {
    const address = `/?${new URLSearchParams([...new FormData(field.form)].filter(([, value]) => value))}`;
    history.replaceState(null, "", address);
    await renew("#main", address);
  }
}

/** Write what is known of a job into its row; what is older than the row is left alone. */
function fill(row, job) {
  if (job.version <= Number(row.dataset.version)) return;
  Object.assign(row.dataset, {
    jobId: job.job_id,
    status: job.status,
    version: job.version,
    created: job.created_at,
  });
  const field = (name) => row.querySelector(`[data-field="${name}"]`);
  const link = field("job_id");
  link.href = `/jobs/${job.job_id}`;
  link.textContent = job.job_id;
  field("status").textContent = job.status;
  field("status").dataset.status = job.status;
  field("bar").value = job.progress.percent;
  field("percent").textContent = `${job.progress.percent} %`;
  field("left").textContent = left(job);
  field("headline").textContent = job.error_message ?? job.waiting_for ?? job.progress.message;
  field("cost").textContent = money.format(job.actual_cost);
  field("estimate").textContent = job.estimated_cost === null ? "" : ` of ${money.format(job.estimated_cost)}`;
  const time = row.querySelector("time");
  time.dateTime = time.title = job.updated_at;
  showTime(time);
}

customElements.define("live-jobs", LiveJobs);
