import type { Node } from "yaml";
import { yaml } from "./late.ts";
import { isObject } from "./pointer.ts";

/** Integers that no number of this language holds, as they were written: by the object or list that they are in, and their name there. */
const written = new WeakMap<object, Map<string, string>>();
let isUsed = false;

/** What stands for such an integer while a text is read or written; no text that anybody means begins so. */
const mark = "\u0000integer:";

/** Whether a text may hold an integer of more than 53 bits; where it is JSON, that is told from its neighbours. */
export function hasLongIntegers(text: string, isJson: boolean): boolean {
  return (isJson ? /[:[,]\s*-?\d{16,}\s*[,}\]]/ : /(?:[:[,]\s*|-\s+|^\s*)[-+]?\d{16}/m).test(text);
}

/** The value of a JSON text, its integers to the last digit. Throws as `JSON.parse` does. */
export function exactOf(json: string): unknown {
  return hasLongIntegers(json, true) ? withoutMarks(JSON.parse(markIntegers(json))) : JSON.parse(json);
}

/** A JSON text with its long integers as texts with a mark. */
function markIntegers(json: string): string {
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? JSON.stringify(mark + token) : token,
  );
}

/** Marks the long integers of a YAML document. */
export function markScalars(document: Node): void {
  const { isScalar, visit } = yaml();
  visit(document, {
    Scalar(role, node) {
      if (role === "key" || !isScalar(node) || typeof node.value !== "number" || Number.isSafeInteger(node.value))
        return;
      if (/^[-+]?\d+$/.test(node.source ?? "")) node.value = mark + node.source!.replace(/^\+/, "");
    },
  });
}

/** The value of a text with marks: the nearest numbers in their places, which are remembered as they were written. */
export function withoutMarks(value: unknown, seen = new Set<object>()): unknown {
  if (typeof value === "string" && value.startsWith(mark)) return Number(value.slice(mark.length));
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  const owner = value as Record<string, unknown>;
  for (const [name, member] of Object.entries(owner)) {
    if (typeof member === "string" && member.startsWith(mark)) {
      const known = written.get(owner) ?? new Map<string, string>();
      written.set(owner, known.set(name, member.slice(mark.length)));
      isUsed = true;
      owner[name] = Number(member.slice(mark.length));
    } else withoutMarks(member, seen);
  }
  return value;
}

/** A value as JSON; the integers of a document to the last digit, where they stand in the objects that they were written in. */
export function jsonOf(value: unknown): string {
  if (!isUsed || typeof value !== "object" || value === null) return JSON.stringify(value);
  let found = false;
  const text = JSON.stringify(value, function (this: unknown, name: string, member: unknown) {
    const digits =
      (isObject(this) || Array.isArray(this)) && typeof member === "number" ? written.get(this)?.get(name) : undefined;
    if (digits === undefined || Number(digits) !== member) return member;
    found = true;
    return mark + digits;
  });
  return found ? text.replaceAll(/"\\u0000integer:(-?\d+)"/g, "$1") : text;
}
