/** The health page asks again while it is looked at. */

import "./page.js";
import { renew, throttled } from "./reload.js";

const PAUSE_MS = 3000;
const ask = throttled(() => renew("#main"), 0);

setInterval(() => document.hidden || ask(), PAUSE_MS);
