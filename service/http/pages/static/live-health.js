/** The health page loads itself again while it is visible. */

import "./page.js";
import { renew, throttled } from "./reload.js";

const PAUSE_MS = 3000;
const renewPage = throttled(() => renew("#main"), 0);

setInterval(() => document.hidden || renewPage(), PAUSE_MS);
