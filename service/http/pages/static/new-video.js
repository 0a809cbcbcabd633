/** The form for a storyboard with scripts: files, more scenes, previews, the estimate. */

import "./page.js";

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const TYPES = ["image/jpeg", "image/png", "image/webp"];

class NewVideo extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.scenes = this.querySelector("#scenes");
    this.tools = this.querySelector("#tools");
    this.tools.hidden = false;
    this.count = this.scenes.children.length;
    for (const scene of this.scenes.children) this.prepare(scene);
    this.querySelector("#add-scene").addEventListener("click", () => this.add().querySelector("input").focus());
    this.querySelector("#files").addEventListener("change", ({ target }) => this.upload(target.files));
    this.form.addEventListener("input", () => this.estimate());
    this.acceptDrops();
    this.estimate();
  }

  prepare(scene) {
    const remove = scene.querySelector(".remove");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      scene.remove();
      this.estimate();
    });
    const address = scene.querySelector("[name^=image_url]");
    address.addEventListener("change", () => preview(scene, address.value));
    if (address.value) preview(scene, address.value);
  }

  add() {
    this.count += 1;
    const scene = this.querySelector("#scene-template").content.firstElementChild.cloneNode(true);
    for (const field of scene.querySelectorAll("input")) {
      field.id = field.name = field.name.replace(/-0$/, `-${this.count}`);
    }
    for (const label of scene.querySelectorAll("label")) label.htmlFor = label.htmlFor.replace(/-0$/, `-${this.count}`);
    this.scenes.append(scene);
    this.prepare(scene);
    this.estimate();
    return scene;
  }

  /** Upload one file after the other; each takes the first scene that has no image yet. */
  async upload(files) {
    this.showProblem("");
    for (const file of files) {
      if (this.scenes.children.length > Number(this.dataset.mostScenes)) break;
      try {
        await this.uploadOne(file);
      } catch (error) {
        this.showProblem(`${file.name}: ${error.message}`);
        return;
      }
    }
    this.estimate();
  }

  async uploadOne(file) {
    if (!TYPES.includes(file.type)) throw new Error("not a JPEG, PNG or WebP image");
    if (file.size > Number(this.dataset.largestBytes)) throw new Error("larger than 25 MB");
    const response = await fetch("/api/images", { method: "POST", headers: { "Content-Type": file.type }, body: file });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${answer.detail}. ${answer.hint}`);
    const free = [...this.scenes.children].find((scene) => !scene.querySelector("[name^=image_url]").value);
    const scene = free ?? this.add();
    scene.querySelector("[name^=image_url]").value = answer.image_url;
    preview(scene, answer.image_url);
  }

  acceptDrops() {
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.tools.classList.add("over");
    });
    this.addEventListener("dragleave", () => this.tools.classList.remove("over"));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.tools.classList.remove("over");
      this.upload(event.dataTransfer.files);
    });
  }

  estimate() {
    const filled = [...this.scenes.children].filter((scene) => scene.querySelector("[name^=image_url]").value);
    const seconds = filled.reduce((sum, scene) => sum + Number(scene.querySelector("[name^=seconds]").value || 3), 0);
    const images = filled.length * Number(this.dataset.pricePerImage);
    const cost = images + Number(this.dataset.pricePerVideo) + seconds * Number(this.dataset.pricePerSecond);
    const scenes = `${filled.length} ${filled.length === 1 ? "scene" : "scenes"}`;
    const unbilled = "unbilled" in this.dataset ? " at list price, nobody is paid" : "";
    this.querySelector("#estimate").textContent = filled.length
      ? `${scenes}, ${seconds.toFixed(1)} s: about ${money.format(cost)}${unbilled}`
      : "";
  }

  showProblem(text) {
    this.querySelector("#form-problem").textContent = text;
  }
}

/** Show an uploaded image. Images of other hosts are fetched by the service, never by this page. */
function preview(scene, address) {
  const image = scene.querySelector(".preview");
  const isOurs = /^\/api\/images\/[0-9a-f]{64}$/.test(address);
  image.hidden = !isOurs;
  if (isOurs) image.src = address;
}

customElements.define("new-video", NewVideo);
