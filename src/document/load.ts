import type { Document } from "yaml";
import { readFile } from "#platform";
import { brokenAt } from "./broken-json.ts";
import { exactOf, hasLongIntegers, markScalars, withoutMarks } from "./exact.ts";
import { yaml } from "./late.ts";
import { isObject } from "./pointer.ts";
import { SpecError } from "./spec-error.ts";

/** What the aliases of a YAML text may expand to, in values; a text of a few lines can mean billions. */
const mostValues = 5_000_000;

/** The text of a document. Throws a `SpecError` when the file cannot be read. */
export function readText(file: string | URL): string {
  try {
    return readFile(file);
  } catch (error) {
    throw new SpecError(`Cannot read the document ${file}: ${(error as Error).message}.`);
  }
}

/**
 * The value of a text in YAML 1.2 (with the merge keys of 1.1, which many documents use) or JSON; `name` stands for it in
 * messages. Throws a `SpecError` that names the line and the reason where it is neither.
 */
export function parseText(text: string, name: string): unknown {
  const json = /^\uFEFF?\s*[{[]/.test(text);
  if (json) {
    try {
      return exactOf(text.replace(/^\uFEFF/, ""));
    } catch {
      if (/\.json$/i.test(name)) throw brokenJson(text, name);
      // YAML may begin with a brace too.
    }
  }
  // Nothing but the text decides where a fault lies, and a place for each value would double the memory.
  const { LineCounter, parseDocument: parseYaml } = yaml();
  const lineCounter = new LineCounter();
  const document = parseYaml(text.replace(/^\uFEFF/, ""), {
    merge: true,
    lineCounter,
    prettyErrors: false,
    logLevel: "error",
  });
  const [error] = document.errors;
  if (error) {
    if (json) throw brokenJson(text, name);
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new SpecError(`${name}:${line}:${col} is neither YAML nor JSON: ${error.message}`);
  }
  const exact = hasLongIntegers(text, false) && document.contents !== null;
  if (exact) markScalars(document.contents!);
  const value = exact ? withoutMarks(jsOf(document, name)) : jsOf(document, name);
  if (sizeOf(value, name) > mostValues)
    throw new SpecError(`${name} has aliases that expand to more than ${mostValues} values.`);
  return value;
}

function jsOf(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: -1 });
  } catch (error) {
    throw new SpecError(`${name} is neither YAML nor JSON: ${(error as Error).message}`);
  }
}

function brokenJson(text: string, name: string): SpecError {
  const lines = text.slice(0, brokenAt(text.replace(/^\uFEFF/, ""))).split("\n");
  return new SpecError(
    `${name}:${lines.length}:${lines.at(-1)!.length + 1} is no JSON: there is something else than JSON expects here, or nothing.`,
  );
}

/** How many values there are when each alias is written out. Throws where one holds itself. */
function sizeOf(value: unknown, name: string): number {
  const sizes = new Map<object, number>();
  const open = new Set<object>();
  const visit = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    if (open.has(value)) throw new SpecError(`${name} has an alias that holds itself.`);
    open.add(value);
    let size = 1;
    for (const member of Object.values(value)) size += visit(member);
    open.delete(value);
    sizes.set(value, size);
    return size;
  };
  return visit(value);
}

/** Tells the line, from 1, of a place in a text of YAML or JSON, or of what is nearest around it when there is nothing in that place. */
export function linesOf(text: string): (place: readonly (string | number)[]) => number {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument: parseYaml } = yaml();
  const lineCounter = new LineCounter();
  const document = parseYaml(text, { lineCounter, merge: true, logLevel: "error" });
  return (place) => {
    let offset = 0;
    let node: unknown = document.contents;
    for (const token of place) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(token));
        if (!pair) break;
        offset = startOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(token)];
        offset = startOf(node) ?? offset;
      } else break;
    }
    return Math.max(1, lineCounter.linePos(offset).line);
  };
}

function startOf(node: unknown): number | undefined {
  const range = isObject(node) ? node.range : undefined;
  return Array.isArray(range) ? Number(range[0]) : undefined;
}
