/** Shows times in the time zone and format of the reader; the server sends UTC. */

const sameDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const otherDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Show every time below `root`. May be repeated. */
export function showTimes(root) {
  for (const element of root.querySelectorAll("time[data-show]")) {
    showTime(element);
  }
}

export function showTime(element) {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const clockOnly = element.dataset.show === "clock" || at.toDateString() === new Date().toDateString();
  const text = (clockOnly ? sameDay : otherDay).format(at);
  if (element.textContent !== text) element.textContent = text;
}

/** Return a duration as the server writes it. */
export function span(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Return the time that is left for a job, an empty text when it is not known. */
export function left(job) {
  const seconds = job.progress.estimated_completion_seconds;
  return seconds ? `about ${span(seconds)} left` : "";
}
