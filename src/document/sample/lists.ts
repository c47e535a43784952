import type { JsonObject } from "../pointer.ts";
import { list } from "../schema.ts";
import { between } from "./random.ts";
import { type At, deepest, isAround, keyOf, type Run } from "./run.ts";

/** No list is made longer, whatever its schema demands. */
const longest = 2000;
/** How often to try for an item that is not there yet. */
const attempts = 12;

/** Makes a list of a plain schema; `undefined` where an item that has to be could not be made. */
export function makeList(plain: JsonObject, run: Run, at: At): readonly unknown[] | undefined {
  const first = list(plain.prefixItems);
  const contained = plain.contains === undefined ? 0 : Number(plain.minContains ?? 1);
  const fewest = Math.max(Number(plain.minItems ?? 0), contained);
  const most = Math.min(
    Number(plain.maxItems ?? Number.POSITIVE_INFINITY),
    plain.items === false ? first.length : Number.POSITIVE_INFINITY,
  );
  if (fewest > most || fewest > longest) return undefined;
  const count = Math.max(fewest, Math.min(most, wantedCount(plain, first.length, run, at)));
  const around = [...at.around, keyOf(plain)];
  const inner: At = { ...at, depth: at.depth + 1, name: "", share: at.share / Math.max(1, count), around };
  const value: unknown[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < count; index++) {
    const own = index < first.length ? first[index] : (plain.items ?? plain.unevaluatedItems ?? true);
    // Behind those that stand at a place of their own, so far as there is room.
    const isContained = index >= Math.min(first.length, count - contained) && value.length < first.length + contained;
    const schema = contained > 0 && isContained ? { allOf: [own, plain.contains] } : own;
    const item = makeItem(
      schema,
      run,
      { ...inner, place: `${at.place}.${index}` },
      plain.uniqueItems ? seen : undefined,
    );
    if (item === undefined) break;
    value.push(item);
  }
  return value.length < fewest ? undefined : value;
}

/** How many items a list has where its schema lets it choose. */
function wantedCount(plain: JsonObject, prefix: number, run: Run, at: At): number {
  if (run.style === "least") return 0;
  const fewest = Number(plain.minItems ?? 0);
  if (at.bare || at.depth > deepest || at.share < 1 || isAround(plain, at)) return fewest;
  if (run.style === "full") return Math.max(1, prefix);
  if (run.style === "random") return fewest + run.random.below(4);
  return Math.max(prefix, between(run.random, 2, 3));
}

/** An item that is not among those `seen`, if they are asked for. */
function makeItem(schema: unknown, run: Run, at: At, seen: Set<string> | undefined): unknown {
  if (!seen) return run.make(schema, run, at);
  for (let attempt = 0; attempt < attempts; attempt++) {
    // The plainest of them is always the same.
    const style = attempt === 0 || run.style === "likely" ? run.style : "random";
    const item = run.make(schema, attempt === 0 ? run : { ...run, style }, at);
    if (item === undefined) return undefined;
    const text = JSON.stringify(item);
    if (seen.has(text)) continue;
    seen.add(text);
    return item;
  }
  const { schemas, view } = run.making;
  const last = schemas
    .alternatives(schema)
    .flatMap((plain) => list(plain.enum))
    .find((item) => !seen.has(JSON.stringify(item)) && schemas.fits(schema, item, view));
  seen.add(JSON.stringify(last));
  return last;
}
