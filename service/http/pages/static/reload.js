/** Loads the page again from the server and changes only what is different. */

import { morph } from "./morph.js";
import { showTimes } from "./times.js";

/** Fetch the page at `address` and renew the element of `selector`. Return whether it was possible. */
export async function renew(selector, address = location.href) {
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (response.redirected && new URL(response.url).pathname === "/login") {
    location.assign(response.url);
    return false;
  }
  // While a part of the service is unavailable the page stays as it is; its head says that the stream is not connected.
  if (!response.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(selector);
  const old = document.querySelector(selector);
  if (!fresh || !old) return false;
  showTimes(fresh);
  morph(old, document.adoptNode(fresh));
  return true;
}

/** Return a function that runs `work` one at a time, with pauses. A call while it runs makes it run once more. */
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
