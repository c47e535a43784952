import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../folder.ts";
import type { Comparison } from "./compare.ts";
import { badgeOf, coverageOf } from "./coverage-files.ts";
import { harTextOf } from "./har.ts";
import { htmlOf } from "./html-report.ts";
import { jsonOf } from "./json.ts";
import { junitOf } from "./junit.ts";
import type { Report } from "./report.ts";

/**
 * Writes the files of a report into a directory, which it makes; answers their paths. Waits for nothing, so that it can be the last
 * that a process does. Where a file cannot be written the others are, and the first error is thrown. `version` is that of this program.
 */
export function writeReport(
  report: Report,
  directory: string,
  options: { readonly version?: string; readonly comparison?: Comparison | undefined } = {},
): string[] {
  makeFolder(directory);
  const files: Record<string, () => string> = {
    "report.json": () => jsonOf(report),
    "junit.xml": () => junitOf(report),
    "report.html": () => htmlOf(report, options.comparison),
    "run.har": () => harTextOf(report, options.version ?? ""),
    "coverage.json": () => coverageOf(report),
    "badge.svg": () => badgeOf(report),
  };
  const errors: unknown[] = [];
  for (const [name, textOf] of Object.entries(files)) {
    try {
      writeFileSync(join(directory, name), textOf());
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return Object.keys(files).map((name) => join(directory, name));
}
