/** What every page has: times in the reader's own zone, buttons that copy, news for those who listen to a page. */

import "./copy-text.js";
import { showTimes } from "./times.js";

showTimes(document);
