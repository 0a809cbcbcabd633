/** What every page has: times in the reader's own zone, buttons that copy, announcements for screen readers. */

import "./copy-text.js";
import { showTimes } from "./times.js";

showTimes(document);
