/** The slider through the versions of a job: it shows each version, and changes the address of the page. */

import { renew } from "./reload.js";

class VersionSlider extends HTMLElement {
  connectedCallback() {
    if (this.isReady) return;
    this.isReady = true;
    this.addEventListener("input", () => this.showVersion());
  }

  /** Fetch one version at a time, then the one at which the slider stands. */
  async showVersion() {
    if (this.isFetching) return;
    this.isFetching = true;
    let shown = null;
    while (shown !== this.slider.value) {
      shown = this.slider.value;
      const isNewest = shown === this.slider.max;
      const address = isNewest ? location.pathname : `${location.pathname}?version=${shown}`;
      history.replaceState(null, "", address);
      await renew("#main", address);
    }
    this.isFetching = false;
  }

  get slider() {
    return this.querySelector("#version");
  }
}

customElements.define("version-slider", VersionSlider);
