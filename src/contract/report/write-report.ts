import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Comparison } from "./compare.ts";
import { harTextOf } from "./har.ts";
import { htmlOf } from "./html-report.ts";
import { jsonOf } from "./json.ts";
import { junitOf } from "./junit.ts";
import type { Report } from "./report.ts";

/** Writes the files of a report into a directory, which it makes; answers their paths. `version` is that of this program. */
export async function writeReport(
  report: Report,
  directory: string,
  options: { readonly version?: string; readonly comparison?: Comparison | undefined } = {},
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const files = {
    "report.json": jsonOf(report),
    "junit.xml": junitOf(report),
    "report.html": htmlOf(report, options.comparison),
    "run.har": harTextOf(report, options.version ?? ""),
  };
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, text);
    paths.push(path);
  }
  return paths;
}
