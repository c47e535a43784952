import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isShipped, loadSpec } from "../connect/spec.ts";
import { FolderError, makeFolder } from "../contract/folder.ts";
import { RunError } from "../contract/guest.ts";
import { readReport } from "../contract/report/compare.ts";
import { type Spec, SpecError, uncheckedIn } from "../document/spec.ts";
import { docsSite, resultsOf, type DocsOptions as Shown } from "../reference/reference.ts";

/** The options of `understudy docs`, as the command line gives them. */
export type DocsOptions = { readonly out: string; readonly spec?: string; readonly report?: string };

/** Writes the reference as a static page. `fail` ends the command with one line that says why. */
export async function docs({ out, spec: file, report }: DocsOptions, fail: (message: string) => never): Promise<void> {
  try {
    const results = report === undefined ? undefined : resultsOf(await readReport(report));
    const spec = loadSpec(file);
    const unchecked = uncheckedIn(spec);
    if (unchecked) console.error(unchecked);
    const [page] = await writeDocs(spec, out, { results });
    console.log(`Open ${page}`);
  } catch (error) {
    if (error instanceof FolderError) fail(`--out "${out}": ${error.message}.`);
    if (error instanceof RunError) fail(`--report ${error.message}`);
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
