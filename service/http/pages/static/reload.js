/** The page once more, from the server: what it shows now, worked into what is open. */

import { morph } from "./morph.js";
import { showTimes } from "./times.js";

/** Fetch this page, or another address of it, and renew what `selector` names. Tells whether that could be done. */
export async function renew(selector, address = location.href) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (response.redirected && new URL(response.url).pathname === "/login") {
    location.assign(response.url);
    return false;
  }
  // What is shown stays while a part of the service is away; the head of the page says that the live stream is not connected.
  if (!response.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(selector);
  const old = document.querySelector(selector);
  if (!fresh || !old) return false;
  showTimes(fresh);
  morph(old, document.adoptNode(fresh));
  return true;
}

/** Return a function that runs `work` at most every `pauseMs`, one at a time; a call meanwhile means once more. */
export function throttled(work, pauseMs) {
  let running = false;
  let again = false;
  return async function call() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } catch (error) {
      console.warn("Not renewed:", error);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    running = false;
    if (again) {
      again = false;
      call();
    }
  };
}
