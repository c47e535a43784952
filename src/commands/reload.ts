import { relative } from "node:path";
import { compare, type Difference } from "../document/diff/diff.ts";
import type { Spec } from "../document/spec.ts";
import type { Mock } from "../mock/mock.ts";
import { behaviourOf } from "./connect-mock.ts";
import type { FreshImports } from "./fresh-imports.ts";
import { type InputOptions, type Inputs, readDocument, readInputs } from "./inputs.ts";
import type { Paint } from "./paint.ts";
import { watchFiles } from "./watch.ts";

/** So many breaking changes are named. */
const mostNamed = 5;

export type ReloadOptions = {
  readonly inputs: InputOptions;
  /** What is served now. */
  readonly first: Inputs;
  readonly fresh: FreshImports;
  readonly say: (line: string) => void;
  readonly paint: Paint;
};

/**
 * Reads everything again whenever one of its files changes, and says what that means to clients. What cannot be served is said, and
 * what was served before stays. It keeps no process alive.
 */
export function reloadOnChange(mock: Mock, { inputs, first, fresh, say, paint }: ReloadOptions): void {
  let served = first;
  // Those that a broken document names are watched too: they may be what is to be mended.
  let tried: readonly string[] = [];
  const watching = watchFiles(() => [...new Set([...served.files, ...tried, ...fresh.files])], reload, say);
  fresh.onFile(watching.refresh);

  async function reload(files: readonly string[]): Promise<void> {
    const names = files.map((file) => relative(process.cwd(), file) || file).join(", ");
    try {
      const spec = readDocument(inputs);
      tried = spec.files;
      refuseLost(served.spec, spec);
      const next = await readInputs(spec, inputs, fresh, served);
      // What a module no longer says is as if it had never said it.
      const made = { ...behaviourOf(spec), ...next.given };
      const { handlers = {}, collections = {}, check = () => [], announce = () => undefined } = made;
      await mock.reload({ spec, fixtures: next.fixtures, handlers, collections, check, announce });
      const before = served.spec;
      served = next;
      say(`${paint("cyan", "Reloaded")}, for ${names} changed: ${told(before, spec, paint)}`);
    } catch (error) {
      const [reason, more] = (error as Error).message.split("\n");
      say(`${paint("red", "Not reloaded")}, though ${names} changed; what was served before stays:`);
      say(`  ${reason}${more === undefined ? "" : " ..."}`);
    }
  }
}

/** Refuses a document of which something goes unread that was read before: a start would serve the rest, an edit is not done yet. */
function refuseLost(before: Spec, spec: Spec): void {
  const known = new Set(before.remarks.map(({ text }) => text));
  const [lost] = spec.remarks.filter(({ kind, text }) => /^(unread|dangling)$/.test(kind) && !known.has(text));
  if (lost) throw new Error(`${lost.text}.`);
}

function told(before: Spec, spec: Spec, paint: Paint): string {
  if (before.sha256 === spec.sha256 && before.files.length === 1) return "the document is the same.";
  const changes = changesOf(before, spec);
  if (!changes) return "what clients see of it cannot be told.";
  if (changes.length === 0) return "no client sees a change of the document.";
  const breaking = changes.filter((change) => change.breaking);
  const count = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  const named = breaking
    .slice(0, mostNamed)
    .map(({ at, keyword, why }) => `\n  ${paint("red", "✗")} ${at} ${keyword}: ${why}`);
  const more = breaking.length > mostNamed ? `\n  and ${breaking.length - mostNamed} more` : "";
  const verdict = breaking.length === 0 ? paint("green", "none breaking") : paint("red", `${breaking.length} breaking`);
  return `${count}, ${verdict}${named.join("")}${more}`;
}

function changesOf(before: Spec, spec: Spec): readonly Difference[] | undefined {
  try {
    return compare(before.document, spec.document);
  } catch {
    return undefined;
  }
}
