/** A command with a button that copies it. */

const SHOWN_MS = 1500;

class CopyText extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    // Without a secure origin there is no clipboard: people can select the text and copy it.
    if (!navigator.clipboard || this.isReady) return;
    this.isReady = true;
    button.hidden = false;
    this.name = button.textContent;
    this.addEventListener("click", (event) => event.target.closest("button") && this.copy(event.target));
  }

  async copy(button) {
    try {
      await navigator.clipboard.writeText(this.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = this.name), SHOWN_MS);
  }
}

customElements.define("copy-text", CopyText);
