import { isObject, type JsonObject, type Violation } from "../document/validator.ts";
import type { Found } from "./stand-ins.ts";

/** What was left out of records, so that the rest of them can be served. */
export type LeftOut = {
  readonly collection: keyof Found;
  /** The index of the record among those that were given. */
  readonly index: number;
  /** Such as `billing.address`; empty where it is the whole record. */
  readonly member: string;
  /** What the document finds wrong first. */
  readonly violation: Violation;
};

type Draft = { -readonly [K in keyof Found]: (JsonObject | undefined)[] };

/**
 * Leaves out of records what the document refuses, and no more: the member that is wrong, or what cannot be without it. `check`
 * tells what is wrong, in places such as `customers.0.billing.email`.
 */
export function fittingRecords(
  given: Found,
  check: (records: Found) => readonly Violation[],
): { readonly records: Found; readonly leftOut: readonly LeftOut[] } {
  const draft: Draft = { customers: [...given.customers], paymentProfiles: [...given.paymentProfiles] };
  const leftOut = new Map<string, LeftOut>();
  for (;;) {
    const indexes = { customers: presentIn(draft.customers), paymentProfiles: presentIn(draft.paymentProfiles) };
    const records = {
      customers: draft.customers.filter(isObject),
      paymentProfiles: draft.paymentProfiles.filter(isObject),
    };
    const violations = check(records);
    if (violations.length === 0) return { records, leftOut: [...leftOut.values()] };
    const seen = new Set<string>();
    for (const violation of violations) {
      const [name, place, ...path] = violation.property.split(".");
      const collection = name as keyof Found;
      const index = indexes[collection][Number(place)]!;
      const record = draft[collection][index];
      // One a round: what is left out of a list moves those behind it.
      const key = `${collection}.${index}`;
      if (!record || seen.has(key)) continue;
      seen.add(key);
      const wrong = existing(record, path);
      const next = without(record, wrong) as JsonObject | undefined;
      draft[collection][index] = next;
      const inside = [...leftOut].filter(([at]) => at.startsWith(`${key}.${wrong.join(".")}`));
      const first = inside[0]?.[1].violation ?? violation;
      for (const [at] of inside) leftOut.delete(at);
      leftOut.set(`${key}.${wrong.join(".")}`, { collection, index, member: wrong.join("."), violation: first });
    }
  }
}

function presentIn(records: readonly unknown[]): number[] {
  return records.flatMap((record, index) => (record === undefined ? [] : [index]));
}

/** As much of a path as there is in a value. */
function existing(value: unknown, [name, ...rest]: readonly string[]): string[] {
  const isThere = typeof value === "object" && value !== null && name !== undefined && Object.hasOwn(value, name);
  return isThere ? [name, ...existing((value as JsonObject)[name], rest)] : [];
}

function without(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return undefined;
  const member = without((value as JsonObject)[name], rest);
  if (Array.isArray(value))
    return value.flatMap((item, index) => (index !== Number(name) ? [item] : member === undefined ? [] : [member]));
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(
    entries.flatMap(([own, one]) => (own !== name ? [[own, one]] : member === undefined ? [] : [[own, member]])),
  );
}
