/** Reads an AsyncAPI document from standard input and prints what the official parser finds wrong in it. */

import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const ERROR = 0;
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const errors = diagnostics.filter((one) => one.severity === ERROR);
for (const { code, path, message } of errors) console.log(`${code} ${path.join(".")}: ${message}`);
process.exitCode = document && errors.length === 0 ? 0 : 1;
