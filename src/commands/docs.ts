import { readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isShipped, loadSpec } from "../connect/spec.ts";
import { FolderError, makeFolder } from "../contract/folder.ts";
import { type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { docsSite, type Results, resultsOf, type DocsOptions as Shown } from "../reference/reference.ts";

/** The options of `understudy docs`, as the command line gives them. */
export type DocsOptions = { readonly out: string; readonly spec?: string; readonly report?: string };

/** Writes the reference as a static page. `fail` ends the command with one line that says why. */
export async function docs({ out, spec: file, report }: DocsOptions, fail: (message: string) => never): Promise<void> {
  const results = report === undefined ? undefined : readResults(report);
  if (report !== undefined && !results) fail(`--report "${report}" is no report.json, and no folder with one.`);
  try {
    const spec = loadSpec(file);
    const unchecked = uncheckedIn(spec);
    if (unchecked) console.error(unchecked);
    const [page] = await writeDocs(spec, out, { results });
    console.log(`Open ${page}`);
  } catch (error) {
    if (error instanceof FolderError) fail(`--out "${out}": ${error.message}.`);
    if (error instanceof SpecError || (error as NodeJS.ErrnoException).code) fail((error as Error).message);
    throw error;
  }
}

/** Writes the files of the reference to a folder; answers with their paths, the page first. Throws a `FolderError`. */
export async function writeDocs(spec: Spec, folder: string, shown: Omit<Shown, "hasClient"> = {}): Promise<string[]> {
  makeFolder(folder);
  const files = [...docsSite(spec, { ...shown, hasClient: isShipped(spec) })].map(
    ([name, content]) => [join(folder, name), content] as const,
  );
  for (const [path, content] of files) await writeFile(path, content);
  return files.map(([path]) => path);
}

/** What a `report.json`, or the one of a folder, has found; `undefined` where there is none. */
function readResults(path: string): Results | undefined {
  try {
    const file = statSync(path).isDirectory() ? join(path, "report.json") : path;
    return resultsOf(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
