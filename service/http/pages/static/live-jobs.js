/** The live list of jobs: rows change in place, new jobs come on top, figures are renewed. */

import "./page.js";
import { announce } from "./announce.js";
import { renew, throttled } from "./reload.js";
import { beforeNextFrame, follow } from "./stream.js";
import { left, showTime } from "./times.js";

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const FIGURES_PAUSE_MS = 700;
/** All tabs get an event at the same time; requests at random times keep them from slowing each other down. */
const FIGURES_SPREAD_MS = 700;
const SEARCH_PAUSE_MS = 250;
const NEEDS_OPERATOR = "needs_operator";

class LiveJobs extends HTMLElement {
  connectedCallback() {
    if (this.changedJobs) return;
    this.changedJobs = new Map();
    this.ended = { completed: 0, failed: 0, cancelled: 0 };
    this.renewList = throttled(() => renew("#main"), 500);
    this.renewFigures = throttled(() => this.fetchFigures(), FIGURES_PAUSE_MS);
    this.searchAsTyped();
    follow({
      events: this.dataset.events.split(" "),
      position: Number(this.dataset.position),
      onEvent: (body) => this.onEvent(body),
      onBehind: () => this.renewList(),
    });
    document.addEventListener("visibilitychange", () => document.hidden || this.renewList());
  }

  onEvent(body) {
    if (this.isListed(body.job)) {
      if (this.changedJobs.size === 0) beforeNextFrame(() => this.show());
      this.changedJobs.set(body.job_id, body.job);
    }
    if (body.status in this.ended && body.event !== "RenderSettled") this.ended[body.status] += 1;
    if (!document.hidden) this.renewFigures();
  }

  /** Tell whether a job is or will be in the list. Most events are of older jobs, for which nothing is drawn. */
  isListed(job) {
    const body = this.querySelector("#jobs");
    if (!body || body.querySelector(`[data-job-id="${CSS.escape(job.job_id)}"]`)) return true;
    return "inserts" in this.dataset && this.passesFilter(job) && this.hasRoomFor(job, body);
  }

  hasRoomFor(job, body) {
    const isFull = body.rows.length >= Number(this.dataset.rows);
    return !isFull || body.rows[body.rows.length - 1].dataset.created < job.created_at;
  }

  show() {
    const jobs = [...this.changedJobs.values()];
    this.changedJobs.clear();
    const body = this.querySelector("#jobs");
    if (!body) {
      this.renewList();
      return;
    }
    const rows = new Map([...body.rows].map((row) => [row.dataset.jobId, row]));
    for (const job of jobs) this.place(body, rows.get(job.job_id), job);
    while (body.rows.length > Number(this.dataset.rows)) body.rows[body.rows.length - 1].remove();
    this.announceEnded();
  }

  place(body, row, job) {
    if (row && !this.passesFilter(job)) this.letGo(row);
    else if (row) fill(row, job);
    else if (this.passesFilter(job) && "inserts" in this.dataset) this.insert(body, job);
  }

  /** A render's id and what a worker waits for are in no event: there the server says whether the job still belongs. */
  letGo(row) {
    const { text, waitingFor } = this.dataset;
    if (text || (waitingFor && waitingFor !== NEEDS_OPERATOR)) this.renewList();
    else row.remove();
  }

  passesFilter(job) {
    const { statusWanted, text, waitingFor } = this.dataset;
    if (statusWanted && job.status !== statusWanted) return false;
    if (waitingFor && !job.waiting_for?.startsWith(waitingFor)) return false;
    const shown = [job.job_id, job.progress.message, job.error_message ?? "", job.waiting_for ?? ""];
    const words = shown.join("\n").toLowerCase();
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

  announceEnded() {
    const ended = Object.entries(this.ended).filter(([, count]) => count > 0);
    if (ended.length > 0) announce(ended.map(([status, count]) => `${count} ${status}`).join(", "));
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

/** Write a job into its row, unless the row has the same or a newer version. */
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
  field("list-price").textContent =
    job.list_price === null ? "" : `${money.format(job.list_price)} at list price, nobody was paid`;
  const time = row.querySelector("time");
  time.dateTime = time.title = job.updated_at;
  showTime(time);
}

customElements.define("live-jobs", LiveJobs);
