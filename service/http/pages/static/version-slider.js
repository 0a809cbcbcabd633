/** The slider through a job's versions: the page follows the thumb, and the address follows the page. */

import { renew } from "./reload.js";

class VersionSlider extends HTMLElement {
  connectedCallback() {
    if (this.isReady) return;
    this.isReady = true;
    this.addEventListener("input", () => this.go());
  }

  /** Fetch one version at a time; while one is on its way only the newest wish is kept. */
  async go() {
    if (this.isGoing) return;
    this.isGoing = true;
    let shown = null;
    while (shown !== this.slider.value) {
      shown = this.slider.value;
      const isNewest = shown === this.slider.max;
      const address = isNewest ? location.pathname : `${location.pathname}?version=${shown}`;
      history.replaceState(null, "", address);
      await renew("#main", address);
    }
    this.isGoing = false;
  }

  get slider() {
    return this.querySelector("#version");
  }
}

customElements.define("version-slider", VersionSlider);
