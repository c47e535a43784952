import { verdictOf } from "../side.ts";
import { type Alternatives, alternativesOf, ofEachValue, unites } from "./alternatives.ts";
import { areApart } from "./apart.ts";
import type { Branch } from "./branches.ts";
import type { Reader } from "./reader.ts";
import { better, type Judgement, type Look, type Sight, type Step, turned, worse } from "./step.ts";

/** So many pairs of alternatives are judged at one place. */
const mostPairs = 400;

/**
 * Where unions seem to change something, the ways to be of one schema are held against those of the other, however they are written:
 * each way that was taken must be taken by one of today, each that is answered be known from one of before.
 */
export function asCovered({ step, sight, judgeBelow }: Look): Sight {
  const { a, b, direction, judge, change } = step;
  const [mine, theirs] = [unites(a), unites(b)];
  if (!(mine || theirs)) return sight;
  const seen = sight.changes.some(({ breaking }) => breaking) ? "breaks" : judgeBelow();
  if (seen === "same" && sight.changes.length === 0) return sight;
  const [before, after] = [alternativesOf(a), alternativesOf(b)];
  if (!before || !after || before.branches.length * after.branches.length > mostPairs) return sight;
  if (mine && theirs && (before.tagged || after.tagged)) return sight;
  const [narrow, wide] = direction === "request" ? [before, after] : [after, before];
  const schemas = narrow.branches.map(({ schema }) => schema);
  // What is of two of the narrow ones is of two of the wide ones, which `oneOf` refuses.
  if (wide.exclusive && !narrow.exclusive && !areApart(schemas, a.reader)) return sight;
  if (wide.exclusive && seen !== "breaks" && areShut(narrow, wide, step)) {
    const why = `What is of two alternatives is of none: ${verdictOf(direction === "request" ? "narrower" : "wider", direction).why}`;
    change(direction === "request" ? "narrower" : "wider", "oneOf", a.keywords.oneOf, b.keywords.oneOf, "", why);
    return sight;
  }
  const forth = coverOf(before, after, judge, a.reader);
  const back = coverOf(after, before, (other, one) => judge(one, other), b.reader);
  if (forth === "same" && back === "same" && wide.exclusive === narrow.exclusive) return { changes: [], next: [] };
  if (seen !== "breaks" || (direction === "request" ? forth : back) === "breaks") return sight;
  const keyword = Object.keys({ ...b.keywords, ...a.keywords }).find((name) => name === "oneOf" || name === "anyOf")!;
  const known = sight.changes.length;
  change(direction === "request" ? "wider" : "narrower", keyword, a.keywords[keyword], b.keywords[keyword]);
  return { changes: sight.changes.slice(known), next: [] };
}

/** Whether it is plain that values of one of the narrow ones are of two of the wide ones, and have not been of two before. */
function areShut(narrow: Alternatives, wide: Alternatives, { direction, judge }: Step): boolean {
  const asked = direction === "request";
  const way = asked ? turned(direction) : "request";
  const within = (few: Branch, many: Branch) =>
    (asked ? judge(few.schema, many.schema) : judge(many.schema, few.schema)) !== "breaks";
  const around = (few: Branch, many: Branch) =>
    (asked ? judge(few.schema, many.schema, way) : judge(many.schema, few.schema, way)) !== "breaks";
  return narrow.branches.some((one) => {
    const [above, below] = [
      wide.branches.filter((other) => within(one, other)),
      wide.branches.filter((other) => around(one, other)),
    ];
    const both = new Set([...above, ...below]);
    if (above.length === 0 || both.size < 2) return false;
    const others = narrow.exclusive ? narrow.branches.filter((other) => other !== one) : [];
    return !others.some((other) => [...both].some((shared) => around(other, shared) || within(other, shared)));
  });
}

/** What a reader notices who finds each way of the ones among the others. */
function coverOf(
  ones: Alternatives,
  others: Alternatives,
  judge: (one: unknown, other: unknown) => Judgement,
  reader: Reader,
): Judgement {
  const best = (schema: unknown) =>
    others.branches.map((other) => judge(schema, other.schema)).reduce(better, "breaks");
  const found = ones.branches.map(({ schema }) => {
    const whole = best(schema);
    const parts = whole === "breaks" ? ofEachValue(reader.read(schema)) : [];
    return parts.length > 0 ? parts.map(best).reduce(worse, "same") : whole;
  });
  return found.reduce(worse, "same");
}
