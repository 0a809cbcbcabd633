/** What every page has: times in the reader's time zone, and buttons that copy. */

import "./copy-text.js";
import { showTimes } from "./times.js";

showTimes(document);
