import { isDeepStrictEqual } from "node:util";
import { isImpossible } from "./alternatives.ts";
import { compareOthers, comparePatterns, comparePrefix, compareProperties, compareRequired } from "./members.ts";
import { boundOf, decided, everyValueOf, isPlainlyOf, typeBoundBy } from "./plain.ts";
import { listIn, objectIn, type Schema } from "./reader.ts";
import { atLeast, atMost, condition, isSilent, ofBoth, opposite, reasons, rules } from "./rules.ts";
import { relation, type Step } from "./step.ts";
import { compareSpread, compareSubtypes, compareUnion, unpaired } from "./unions.ts";
import { compareXml } from "./xml.ts";

/** Compares two schemas as far as their own keywords go. */
export function compareKeywords(step: Step): void {
  const { a, b, change } = step;
  const [never, neverNow] = [isImpossible(a), isImpossible(b)];
  if (never || neverNow) {
    if (!never) change("narrower", "not", undefined, {});
    else if (!neverNow) change("wider", "not", {}, undefined);
    return;
  }
  compareXml(step);
  if (compareSpread(step)) return;

  // Values of two kinds have nothing else to compare.
  const [types, otherTypes] = [listIn(a, "type"), listIn(b, "type")];
  if (types.length > 0 && otherTypes.length > 0 && !types.some((type) => otherTypes.includes(type))) {
    change("different", "type", types, otherTypes);
    return;
  }

  const counts = (keyword: string) => {
    const type = typeBoundBy(keyword);
    return type === undefined || [types, otherTypes].every((list) => isAmong(type, list));
  };
  const listed = compareValues(step);
  if (counts("minimum") && !listed) for (const way of ["low", "high"] as const) compareBounds(way, step);
  for (const keyword of new Set([...Object.keys(a.keywords), ...Object.keys(b.keywords)])) {
    // Of a type that only one of them knows, its own keywords are no matter.
    if (bounds.has(keyword) || !counts(keyword) || (listed && (keyword === "enum" || decided.has(keyword)))) continue;
    const [before, after] = [a.keywords[keyword], b.keywords[keyword]];
    const into = applicators[keyword];
    if (into) into(step);
    else if (!isSilent(keyword) && !isDeepStrictEqual(before, after)) {
      const rule = rules[keyword];
      const few = keyword === "enum";
      const values = few
        ? [before ?? everyValueOf(a.keywords.type), after ?? everyValueOf(b.keywords.type)]
        : [before, after];
      const effect = rule ? rule(values[0], values[1], step) : "unknown";
      const why = effect === "different" ? reasons[keyword] : undefined;
      if (effect) change(effect, keyword, before, after, "", why);
    }
  }
}

/** Values that are listed on one side only: whether each is one of the other side. Tells whether that is plain. */
function compareValues({ a, b, change }: Step): boolean {
  const [before, after] = [a.keywords.enum, b.keywords.enum];
  const [values, by] = Array.isArray(before) ? [before, b] : [after, a];
  if (Array.isArray(before) === Array.isArray(after) || !Array.isArray(values)) return false;
  if (!values.every((value) => isPlainlyOf(by.keywords, value))) return false;
  change(values === before ? "wider" : "narrower", "enum", before, after);
  return true;
}

/** Whether a list of types has one; all are in none at all. */
function isAmong(type: string, list: readonly unknown[]): boolean {
  return list.length === 0 || list.includes(type) || (type === "number" && list.includes("integer"));
}

const bounds = new Set(["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"]);

function compareBounds(way: "low" | "high", { a, b, change }: Step): void {
  const [was, is] = [boundOf(a.keywords, way), boundOf(b.keywords, way)];
  if (was?.value === is?.value && was?.open === is?.open) return;
  const usual = way === "low" ? "minimum" : "maximum";
  const keyword = is?.keyword ?? was?.keyword ?? usual;
  const rule = way === "low" ? atLeast : atMost;
  const effect = rule(was?.value, is?.value) ?? (is?.open ? "narrower" : "wider");
  change(effect, keyword, was && a.keywords[was.keyword], is && b.keywords[is.keyword]);
}

/** Keywords that hold schemas: each walks on into them, or asks how they are to each other. */
const applicators: Readonly<Record<string, (step: Step) => void>> = {
  properties: compareProperties,
  required: compareRequired,
  additionalProperties: (step) => compareOthers("additionalProperties", step),
  unevaluatedProperties: (step) => compareOthers("unevaluatedProperties", step),
  patternProperties: comparePatterns,
  propertyNames: (step) => goOn("propertyNames", ".(name)", step),
  items: (step) => goOn("items", "[]", step),
  unevaluatedItems: (step) => goOn("unevaluatedItems", "[]", step),
  contentSchema: (step) => goOn("contentSchema", "", step),
  prefixItems: comparePrefix,
  dependentSchemas(step) {
    const [before, after] = [objectIn(step.a, "dependentSchemas"), objectIn(step.b, "dependentSchemas")];
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      compareBeside("dependentSchemas", before[name] ?? true, after[name] ?? true, step);
  },
  not(step) {
    const [was, is] = [step.a.keywords.not, step.b.keywords.not];
    const effect =
      was === undefined || is === undefined ? condition(was, is) : opposite(relation(step, was, is) ?? "harmless");
    if (effect !== "harmless") step.change(effect, "not", was, is);
  },
  if(step) {
    const [was, is] = [listIn(step.a, "if"), listIn(step.b, "if")];
    if (was.length === 0 || is.length === 0) step.change(was.length === 0 ? "narrower" : "wider", "if", was[0], is[0]);
    else if (relation(step, was[0], is[0]) !== undefined) step.change("unknown", "if", was[0], is[0]);
    else for (const branch of [1, 2]) compareBeside("if", was[branch], is[branch], step);
  },
  contains: compareContains,
  /** What is left of them could not be made one with the rest: the same ones are passed over, the others met in order. */
  allOf({ a, b, walk, judge, change }) {
    const same = (one: unknown, other: unknown) => judge(one, other) === "same";
    const [before, after] = unpaired(listIn(a, "allOf"), listIn(b, "allOf"), same);
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      const [was, is] = [before[index], after[index]];
      if (was !== undefined && is !== undefined) walk(was, is, "");
      else change(was === undefined ? "narrower" : "wider", "allOf", was, is);
    }
  },
  discriminator: compareSubtypes,
  oneOf: (step) => compareUnion("oneOf", step),
  anyOf: (step) => compareUnion("anyOf", step),
};

/** What holds in some cases only, beside what always holds; only together do they say which values there are. */
function compareBeside(keyword: string, was: unknown, is: unknown, step: Step): void {
  if (step.judge(was, is) === "same") return;
  const whole = ({ keywords, reader }: Schema, given: unknown) => {
    const { [keyword]: _, ...own } = keywords;
    const rest = reader.memo(keywords, `without ${keyword}`, () => reader.maker.of(own));
    return reader.maker.both(rest, given);
  };
  const effect = relation(step, whole(step.a, was), whole(step.b, is));
  if (effect) step.change(effect, keyword, was, is);
}

function goOn(keyword: string, at: string, { a, b, walk }: Step): void {
  walk(a.keywords[keyword] ?? true, b.keywords[keyword] ?? true, at, true);
}

/** `contains` and how often: at least, at most. */
function compareContains(step: Step): void {
  const [was, is] = [listIn(step.a, "contains"), listIn(step.b, "contains")];
  const tell = (effect: "narrower" | "wider" | "different" | "unknown" | "harmless" | undefined) =>
    effect && step.change(effect, "contains", was[0], is[0]);
  if (was.length === 0 || is.length === 0) return void tell(was.length === 0 ? "narrower" : "wider");
  const effect = relation(step, was[0], is[0]);
  // What more items count as may be too many of them.
  if (effect && (was[2] !== undefined || is[2] !== undefined)) return void tell("unknown");
  tell(ofBoth(effect, ofBoth(atLeast(was[1], is[1]), atMost(was[2] ?? undefined, is[2] ?? undefined))));
}
