import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject, lookup, pointer, resolvedAt } from "../pointer.ts";
import { asOne, boundOf, spoken } from "./plain.ts";
import { commonStep, isMultiple } from "./steps.ts";

/** Who reads a value that a schema describes: the server (what a client sends), or the client (what it is answered). */
export type Direction = "request" | "answer";

/**
 * What a change does to the values that are allowed: fewer, more, others, or nobody can tell. `harmless` is a change that no
 * client can be hurt by, whoever reads.
 */
export type Effect = "narrower" | "wider" | "different" | "unknown" | "harmless";

/** One change between two documents, as a client sees it. */
export type Change = {
  readonly breaking: boolean;
  readonly effect: Effect;
  /** What a client calls the place: operation, and a dotted path. */
  readonly at: string;
  /** JSON pointer of the object whose member changed: in the new document, or in the old one where the member is gone. */
  readonly place: string;
  /** The member that changed, such as `maxLength`. */
  readonly keyword: string;
  readonly was: unknown;
  readonly is: unknown;
  /** Why it breaks, or why it does not. */
  readonly why: string;
};

/** A document, where each object of it stands, and the schemas that were made of two of its objects. */
export type Side = {
  readonly document: JsonObject;
  readonly places: WeakMap<object, string>;
  readonly joined: WeakMap<object, WeakMap<object, JsonObject>>;
};

/** Takes note of a change. */
export type Note = (change: Change) => void;

/** Makes a side of a comparison. */
export function sideOf(document: JsonObject): Side {
  const places = new WeakMap<object, string>();
  const visit = (value: unknown, place: readonly string[]): void => {
    if (typeof value !== "object" || value === null || places.has(value)) return;
    places.set(value, `#${pointer(place)}`);
    for (const [name, member] of Object.entries(value)) visit(member, [...place, name]);
  };
  visit(document, []);
  return { document, places, joined: new WeakMap() };
}

/** What stands behind any `$ref`. */
export function resolve({ document }: Side, value: unknown): JsonObject {
  return resolvedAt(document, value, [])[0];
}

/** The verdict on an effect: a request must not take less, an answer must not be more. */
export function verdictOf(effect: Effect, direction: Direction): Pick<Change, "breaking" | "effect" | "why"> {
  const request = direction === "request";
  switch (effect) {
    case "harmless":
      return { breaking: false, effect, why: "No client is hurt by it." };
    case "narrower":
      return request
        ? { breaking: true, effect, why: "What clients send today may be refused." }
        : { breaking: false, effect, why: "Every answer is still one that clients know." };
    case "wider":
      return request
        ? { breaking: false, effect, why: "Whatever clients send today is still taken." }
        : { breaking: true, effect, why: "Clients may be answered what they were never promised." };
    case "different":
      return {
        breaking: true,
        effect,
        why: request
          ? "What clients send today may be refused, or be taken for something else."
          : "Clients may be answered something else than they were promised.",
      };
    case "unknown":
      return {
        breaking: true,
        effect,
        why: "It cannot be judged whether this allows more or less, so it counts as breaking.",
      };
  }
}

/** From a keyword's values before and after, `undefined` where there is none, to what it does to the values allowed. */
type Rule = (was: unknown, is: unknown, direction: Direction) => Effect | undefined;

/** More of the number allows less. */
function atLeast(was: unknown, is: unknown): Effect | undefined {
  const [a, b] = [Number(was ?? Number.NEGATIVE_INFINITY), Number(is ?? Number.NEGATIVE_INFINITY)];
  return b > a ? "narrower" : b < a ? "wider" : undefined;
}

/** More of the number allows more. */
function atMost(was: unknown, is: unknown): Effect | undefined {
  const [a, b] = [Number(was ?? Number.POSITIVE_INFINITY), Number(is ?? Number.POSITIVE_INFINITY)];
  return b < a ? "narrower" : b > a ? "wider" : undefined;
}

/** A condition that is there or not; of two different ones nobody can tell which allows more. */
function condition(was: unknown, is: unknown): Effect {
  return was === undefined ? "narrower" : is === undefined ? "wider" : "unknown";
}

/** Conditions that must all hold: more of them allow less. */
function conditions(was: readonly unknown[], is: readonly unknown[]): Effect | undefined {
  const effect = setsOf(was, is);
  if (effect === "different") return "unknown";
  return effect === "wider" ? "narrower" : effect === "narrower" ? "wider" : undefined;
}

/** What each member asks for, one by one. */
function dependencies(given: unknown): readonly unknown[] {
  const entries = Object.entries(isObject(given) ? given : {});
  return entries.flatMap(([name, needs]) => asList(needs).map((need) => [name, need]));
}

function ofBoth(one: Effect | undefined, other: Effect | undefined): Effect | undefined {
  return one === undefined || one === other ? other : other === undefined ? one : "different";
}

/** Formats that include another one. */
const widerFormats: Readonly<Record<string, readonly string[]>> = {
  int32: ["int64"],
  float: ["double"],
  email: ["idn-email"],
  hostname: ["idn-hostname"],
  uri: ["uri-reference", "iri", "iri-reference"],
};

/** Keywords that decide by their values alone. A keyword that is not in any table cannot be judged. */
const rules: Readonly<Record<string, Rule>> = {
  type: (was, is) => setsOf(was ?? everyType, is ?? everyType),
  enum: (was, is) => (was && is ? setsOf(was, is) : condition(was, is)),
  minLength: atLeast,
  minItems: atLeast,
  minProperties: atLeast,
  maxLength: atMost,
  maxItems: atMost,
  maxProperties: atMost,
  // A list of patterns asks for all of them.
  pattern: (was, is) => conditions(asList(was ?? []), asList(is ?? [])),
  format: (was, is) =>
    widerFormats[String(was)]?.includes(String(is))
      ? "wider"
      : widerFormats[String(is)]?.includes(String(was))
        ? "narrower"
        : condition(was, is),
  multipleOf: (was, is) => {
    if (was === undefined || is === undefined) return condition(was, is);
    if (isMultiple(Number(is), Number(was))) return "narrower";
    return isMultiple(Number(was), Number(is)) ? "wider" : "different";
  },
  uniqueItems: (was, is) => (was === is ? "harmless" : is ? "narrower" : "wider"),
  not: condition,
  if: condition,
  contains: (was, is) => {
    if (!Array.isArray(was) || !Array.isArray(is) || !isDeepStrictEqual(was[0], is[0])) return condition(was, is);
    return ofBoth(atLeast(was[1] ?? 1, is[1] ?? 1), atMost(was[2] ?? undefined, is[2] ?? undefined));
  },
  dependentRequired: (was, is) => conditions(dependencies(was), dependencies(is)),
  dependentSchemas: condition,
  contentEncoding: condition,
  contentMediaType: condition,
  // A default is what a request means that leaves the field out; in an answer it means nothing.
  default: (was, _, direction) => (direction === "answer" || was === undefined ? "harmless" : "different"),
  deprecated: () => "harmless",
};

/** What a keyword with other values means to a client, where there is more to say than that it is another. */
const reasons: Readonly<Record<string, string>> = {
  default: "A request that leaves it out means something else than before.",
};

/** Keywords that say nothing about which values are allowed, or that other tables read. */
const silent = new Set(
  "title description examples example externalDocs xml $comment $schema $id $anchor $defs definitions readOnly writeOnly".split(
    " ",
  ),
);

const everyType = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** Walks two schemas side by side. `at` is what a client calls the place. */
export type Walk = (was: unknown, is: unknown, direction: Direction, at: string) => void;

/** Makes the walk through the schemas of two documents. */
export function createWalk(old: Side, now: Side, note: Note): Walk {
  const readOld = createReader(old);
  const readNew = createReader(now);
  const pairOf = createPairNames();
  const sights = new Map<string, Sight>();
  const judged = new Map<string, Judgement>();
  // Pairs that were walked to the end without a change, so that what many operations share is walked once.
  const equal = new Set<string>();

  return (...start) => {
    let changes = 0;
    const seen = explore(start, (change) => {
      changes++;
      note(change);
    });
    if (changes === 0) for (const pair of seen) equal.add(pair);
  };

  /**
   * Goes through a pair of schemas and all that they hold, each pair once: one that comes again is a recursive schema. A queue
   * and no recursion, for schemas may be nested deeper than the stack; it also meets every place on its shortest way.
   */
  function explore(start: Parameters<Walk>, note: Note): Set<string> {
    const [was, is, direction, at] = start;
    const queue: Stop[] = [{ pair: pairOf(was, is, direction), was, is, direction, at }];
    const seen = new Set<string>();
    for (const { pair, was, is, direction, at } of queue) {
      if (equal.has(pair) || seen.has(pair)) continue;
      if (isObject(was) || isObject(is)) seen.add(pair);
      const sight = sights.get(pair) ?? sightOf(was, is, direction, { readOld, readNew, pairOf, judge });
      sights.set(pair, sight);
      for (const change of sight.changes) note({ ...change, at: at + change.at });
      for (const below of sight.next) if (!seen.has(below.pair)) queue.push({ ...below, at: at + below.at });
    }
    return seen;
  }

  /** What a reader notices if one schema takes the place of the other. Of a pair that is being looked at: nothing. */
  function judge(was: unknown, is: unknown, direction: Direction): Judgement {
    const pair = pairOf(was, is, direction);
    const known = judged.get(pair);
    if (known !== undefined) return known;
    const [before, seen] = [judged.size, sights.size];
    judged.set(pair, "same");
    let found: Judgement = "same";
    explore([was, is, direction, ""], ({ breaking }) => {
      if (found !== "breaks") found = breaking ? "breaks" : "harmless";
    });
    if ((found as Judgement) !== "same") {
      // What was found on an assumption that has failed is looked at again.
      for (const other of [...judged.keys()].slice(before)) judged.delete(other);
      for (const other of [...sights.keys()].slice(seen)) sights.delete(other);
    }
    judged.set(pair, found);
    return found;
  }
}

/** How much a reader notices of a change: nothing, nothing that hurts, or what breaks it. */
type Judgement = "same" | "harmless" | "breaks";

/** Makes names for pairs of schemas, the same for the same two objects. */
function createPairNames(): (was: unknown, is: unknown, direction: Direction) => string {
  const numbers = new WeakMap<object, number>();
  let last = 0;
  const numberOf = (value: unknown) => {
    if (!isObject(value)) return `${value}`;
    if (!numbers.has(value)) numbers.set(value, ++last);
    return numbers.get(value);
  };
  return (was, is, direction) => `${direction} ${numberOf(was)} ${numberOf(is)}`;
}

type Means = {
  readonly readOld: (schema: unknown) => Schema;
  readonly readNew: (schema: unknown) => Schema;
  readonly pairOf: ReturnType<typeof createPairNames>;
  readonly judge: Step["judge"];
};

/** What two schemas show of themselves, and the pairs below them. */
function sightOf(was: unknown, is: unknown, direction: Direction, { readOld, readNew, pairOf, judge }: Means): Sight {
  const [a, b] = [readOld(was), readNew(is)];
  const [changes, next]: [Change[], Stop[]] = [[], []];
  const walk: Walk = (was, is, direction, at) =>
    next.push({ pair: pairOf(was, is, direction), was, is, direction, at });
  const change: Step["change"] = (effect, keyword, was, is, where = "", why) => {
    const { place } = is === undefined ? a : b;
    changes.push({ ...verdictOf(effect, direction), ...(why ? { why } : {}), at: where, place, keyword, was, is });
  };
  compareKeywords(was, is, { a, b, direction, at: "", walk, judge, change });
  return { changes, next };
}

/** Compares two schemas as far as their own keywords go. */
function compareKeywords(was: unknown, is: unknown, step: Step): void {
  const { a, b, direction, change } = step;
  const same = sameIn(step);
  // One schema that has become an alternative among others, or the other way round.
  for (const keyword of ["oneOf", "anyOf"] as const) {
    const [mine, theirs] = [branchesOf(a, keyword), branchesOf(b, keyword)];
    if (mine.length === 0 && isOnly(b, keyword) && theirs.some(({ schema }) => same(was, schema))) {
      change("wider", keyword, undefined, theirs.map(nameOf));
      return;
    }
    if (theirs.length === 0 && isOnly(a, keyword) && mine.some(({ schema }) => same(schema, is))) {
      change("narrower", keyword, mine.map(nameOf), undefined);
      return;
    }
  }

  // Values of two kinds have nothing else to compare.
  const [types, otherTypes] = [listIn(a, "type"), listIn(b, "type")];
  const apart = types.length > 0 && otherTypes.length > 0 && !types.some((type) => otherTypes.includes(type));
  if (apart) {
    change("different", "type", types, otherTypes);
    return;
  }

  for (const way of ["low", "high"] as const) compareBounds(way, step);
  for (const keyword of new Set([...Object.keys(a.keywords), ...Object.keys(b.keywords)])) {
    if (bounds.has(keyword)) continue;
    const [before, after] = [a.keywords[keyword], b.keywords[keyword]];
    const into = applicators[keyword];
    if (into) into(step);
    else if (!isSilent(keyword) && !isDeepStrictEqual(before, after)) {
      const rule = rules[keyword];
      const effect = rule ? rule(before, after, direction) : "unknown";
      const why = effect === "different" ? reasons[keyword] : undefined;
      if (effect) change(effect, keyword, before, after, "", why);
    }
  }
}

/** Whether two schemas say the same, whatever they are called. */
function sameIn({ judge, direction }: Step) {
  return (one: unknown, other: unknown): boolean => judge(one, other, direction) === "same";
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

/** A pair of schemas on the way, with what tells it from others. */
type Stop = {
  readonly pair: string;
  readonly was: unknown;
  readonly is: unknown;
  readonly direction: Direction;
  readonly at: string;
};

/** What there is to see at a pair of schemas: their own changes, and the pairs below; places are relative to this one. */
type Sight = { readonly changes: readonly Change[]; readonly next: readonly Stop[] };

/** Whether a schema says nothing but the alternatives. */
function isOnly({ keywords }: Schema, keyword: string): boolean {
  return Object.keys(keywords).every((name) => name === keyword || name === "discriminator" || isSilent(name));
}

function isSilent(keyword: string): boolean {
  return silent.has(keyword) || keyword.startsWith("x-");
}

type Step = {
  readonly a: Schema;
  readonly b: Schema;
  readonly direction: Direction;
  readonly at: string;
  readonly walk: Walk;
  readonly judge: (was: unknown, is: unknown, direction: Direction) => Judgement;
  readonly change: (effect: Effect, keyword: string, was: unknown, is: unknown, at?: string, why?: string) => void;
};

/** Keywords that hold schemas: each walks on into them. */
const applicators: Readonly<Record<string, (step: Step) => void>> = {
  properties({ a, b, direction, at, walk, change }) {
    const [before, after] = [fieldsOf(a, direction), fieldsOf(b, direction)];
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [before.get(name), after.get(name)];
      const where = `${at}.${name}`;
      if (was !== undefined && is !== undefined) walk(was, is, direction, where);
      // What it was, or is now, as one of the members that nothing names.
      else if (was === undefined && !isHidden(a, name, direction) && isObject(a.keywords.additionalProperties))
        walk(a.keywords.additionalProperties, is, direction, where);
      else if (is === undefined && !isHidden(b, name, direction) && isObject(b.keywords.additionalProperties))
        walk(was, b.keywords.additionalProperties, direction, where);
      else if (was !== undefined) {
        const why =
          direction === "answer"
            ? "Clients that read the field find it no more."
            : "Clients that send the field are refused or not understood.";
        change("different", "properties", name, undefined, where, why);
      } else if (direction === "answer" || !namesOf(b, "required").includes(name)) {
        const why = direction === "answer" ? "Clients pass over fields that they do not know." : "It may be left out.";
        change("harmless", "properties", undefined, name, where, why);
      }
    }
  },
  required({ a, b, direction, at, change }) {
    const seen = (schema: Schema) => namesOf(schema, "required").filter((name) => !isHidden(schema, name, direction));
    const [before, after] = [seen(a), seen(b)];
    const [fields, left] = [fieldsOf(a, direction), fieldsOf(b, direction)];
    // Of a field that is gone, or that this direction never sees, its requirement is not worth a word.
    const counts = (name: string) => (fields.has(name) ? left.has(name) : !isHidden(b, name, direction));
    for (const name of after.filter((name) => !before.includes(name) && counts(name)))
      change("narrower", "required", undefined, name, `${at}.${name}`);
    for (const name of before.filter((name) => !after.includes(name) && counts(name)))
      change("wider", "required", name, undefined, `${at}.${name}`);
  },
  additionalProperties: (step) => others("additionalProperties", step),
  unevaluatedProperties: (step) => others("unevaluatedProperties", step),
  patternProperties({ a, b, direction, at, walk }) {
    const [before, after] = [objectIn(a, "patternProperties"), objectIn(b, "patternProperties")];
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const where = `${at}./${name}/`;
      if (name in before && name in after) walk(before[name], after[name], direction, where);
      else walk(before[name] ?? othersOf(a), after[name] ?? othersOf(b), direction, where);
    }
  },
  propertyNames: ({ a, b, direction, at, walk }) =>
    walk(a.keywords.propertyNames ?? true, b.keywords.propertyNames ?? true, direction, `${at}.(name)`),
  items: ({ a, b, direction, at, walk }) =>
    walk(a.keywords.items ?? true, b.keywords.items ?? true, direction, `${at}[]`),
  prefixItems({ a, b, direction, at, walk }) {
    const [before, after] = [listIn(a, "prefixItems"), listIn(b, "prefixItems")];
    // Behind the last of them, `items` speaks.
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      const was = before[index] ?? a.keywords.items ?? true;
      walk(was, after[index] ?? b.keywords.items ?? true, direction, `${at}[${index}]`);
    }
  },
  /** What is left of them could not be made one with the rest: the same ones are passed over, the others met in order. */
  allOf(step) {
    const { a, b, direction, at, walk } = step;
    const [before, after] = unpaired(listIn(a, "allOf"), listIn(b, "allOf"), sameIn(step));
    for (let index = 0; index < Math.max(before.length, after.length); index++)
      walk(before[index] ?? true, after[index] ?? true, direction, at);
  },
  discriminator({ a, b, direction, at, walk, change }) {
    const [was, is] = [objectIn(a, "discriminator"), objectIn(b, "discriminator")];
    if (was.propertyName !== is.propertyName)
      change(
        was.propertyName && is.propertyName ? "different" : "harmless",
        "discriminator",
        was.propertyName,
        is.propertyName,
      );
    // Where alternatives are listed, their own walk names them by their tags.
    if ([a, b].some(({ keywords }) => keywords.oneOf ?? keywords.anyOf)) return;
    const [before, after] = [subtypesOf(a), subtypesOf(b)];
    for (const tag of new Set([...before.keys(), ...after.keys()])) {
      if (before.has(tag) && after.has(tag)) walk(before.get(tag), after.get(tag), direction, `${at} (${tag})`);
      else if (before.has(tag)) change("narrower", "discriminator", tag, undefined);
      else change("wider", "discriminator", undefined, tag);
    }
  },
  oneOf: (step) => union("oneOf", step),
  anyOf: (step) => union("anyOf", step),
};

/** What the fields are that no other keyword names: none, any, or those of a schema. */
function others(keyword: string, { a, b, direction, at, walk, change }: Step): void {
  const [was, is] = [a.keywords[keyword] ?? true, b.keywords[keyword] ?? true];
  if (is === false) {
    if (was !== false) change("narrower", keyword, was, is);
  } else if (was !== false) walk(was, is, direction, `${at}.*`);
  // New fields in an answer hurt nobody, whether they are named or not.
  else change(direction === "answer" ? "harmless" : "wider", keyword, was, is);
}

function othersOf({ keywords }: Schema): unknown {
  return keywords.additionalProperties ?? true;
}

/**
 * Alternatives: first those of one tag are walked side by side, then those that say the same are passed over, then those of one
 * name and those where one can stand for the other; what is left is gone or new.
 */
function union(keyword: "oneOf" | "anyOf", { a, b, direction, at, walk, judge, change }: Step): void {
  const other = keyword === "oneOf" ? "anyOf" : "oneOf";
  const before = branchesOf(a, keyword);
  const own = branchesOf(b, keyword);
  const crossed = own.length === 0 && branchesOf(a, other).length === 0;
  const after = crossed ? branchesOf(b, other) : own;
  // Met at the other keyword.
  if (before.length === 0 && branchesOf(a, other).length > 0 && branchesOf(b, other).length === 0) return;
  if (before.length === 0 || after.length === 0) {
    const names = (list: readonly Branch[]) => (list.length > 0 ? list.map(nameOf) : undefined);
    change(before.length === 0 ? "narrower" : "wider", keyword, names(before), names(after));
    return;
  }
  const pair = (given: Unpaired, like: (one: Branch, other: Branch) => boolean, silent = false) =>
    unpaired(...given, (one, other) => {
      const found = like(one, other);
      if (found && !silent) walk(one.schema, other.schema, direction, `${at} (${other.name})`);
      return found;
    });
  const free = (one: Branch, other: Branch) => !one.tagged && !other.tagged;
  const judged = (one: Branch, other: Branch) => judge(one.schema, other.schema, direction);
  const turned = direction === "request" ? "answer" : "request";
  // One that can stand for the other, whichever of them.
  const near = (one: Branch, other: Branch) =>
    judged(one, other) === "harmless" || judge(one.schema, other.schema, turned) === "harmless";
  let left: Unpaired = pair(
    [before, after],
    (one, other) => !free(one, other) && one.named && other.named && one.name === other.name,
  );
  left = pair(left, (one, other) => free(one, other) && judged(one, other) === "same", true);
  left = pair(left, (one, other) => free(one, other) && one.component && other.component && one.name === other.name);
  left = pair(left, (one, other) => free(one, other) && !(one.component && other.component) && near(one, other));
  left = pair(left, (one, other) => one.named && other.named && one.name === other.name);
  const [gone, added] = left;
  const [one, only] = [gone[0], added[0]];
  if (one && only && gone.length === 1 && added.length === 1 && free(one, only)) {
    walk(one.schema, only.schema, direction, `${at} (${only.name})`);
    return;
  }
  for (const { name } of gone) change("narrower", keyword, name, undefined);
  for (const { name } of added) change("wider", keyword, undefined, name);
  if (crossed && !areApart(before, a.side)) change(keyword === "oneOf" ? "wider" : "narrower", keyword, keyword, other);
}

type Unpaired = [readonly Branch[], readonly Branch[]];

/** Whether it is plain that no value is of two alternatives: by their types, or by the values of a member that all must have. */
function areApart(branches: readonly Branch[], side: Side): boolean {
  const schemas = branches.map(({ schema }) => resolve(side, schema));
  return schemas.every((one, index) => schemas.slice(0, index).every((other) => apart(one, other, side)));
}

function apart(one: JsonObject, other: JsonObject, side: Side): boolean {
  const [mine, theirs] = [one, other].map(({ type }) =>
    asList(type ?? everyType).map((name) => (name === "integer" ? "number" : name)),
  );
  if (!mine!.some((type) => theirs!.includes(type))) return true;
  const member = (schema: JsonObject, name: unknown) => {
    const found = isObject(schema.properties) ? schema.properties[String(name)] : undefined;
    return isObject(found) ? resolve(side, found) : {};
  };
  const values = (schema: JsonObject) =>
    "const" in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : undefined;
  const closed = (schema: JsonObject, by: JsonObject) =>
    schema.additionalProperties === false &&
    asList(by.required ?? []).some((name) => !(isObject(schema.properties) && String(name) in schema.properties));
  if (closed(one, other) || closed(other, one)) return true;
  return asList(one.required ?? [])
    .filter((name) => asList(other.required ?? []).includes(name))
    .some((name) => {
      const [a, b] = [member(one, name), member(other, name)];
      const [before, after] = [values(a), values(b)];
      if (before && after) return !before.some((value) => after.includes(value));
      return a.type !== undefined && b.type !== undefined && apart({ type: a.type }, { type: b.type }, side);
    });
}

/**
 * What is left of two lists when each item has been paired with one of the other that is like it: the nearest by its place, so that
 * the pairs are the same from either side.
 */
function unpaired<T>(before: readonly T[], after: readonly T[], like: (one: T, other: T) => boolean): [T[], T[]] {
  const [gone, added] = [new Set(before.keys()), new Set(after.keys())];
  const far = Math.max(before.length, after.length);
  for (let distance = 0; distance < far; distance++) {
    for (let place = 0; place + distance < far; place++) {
      const ends = [place, place + distance] as const;
      for (const [i, j] of distance === 0 ? [ends] : [ends, [ends[1], ends[0]] as const]) {
        if (!gone.has(i) || !added.has(j) || !like(before[i]!, after[j]!)) continue;
        gone.delete(i);
        added.delete(j);
      }
    }
  }
  return [[...gone].map((index) => before[index]!), [...added].map((index) => after[index]!)];
}

type Branch = {
  readonly name: string;
  /** Whether it has a name of its own, or is only called something. */
  readonly named: boolean;
  /** Whether the name goes over the wire. */
  readonly tagged: boolean;
  /** Whether it is named as a component. */
  readonly component: boolean;
  readonly schema: unknown;
};

/** The schemas that a discriminator tells apart by their tags. */
function subtypesOf(schema: Schema): Map<string, unknown> {
  const { mapping } = objectIn(schema, "discriminator");
  const entries = Object.entries(isObject(mapping) ? mapping : {});
  return new Map(
    entries.map(([tag, target]) => {
      const ref = /[#/]/.test(String(target)) ? String(target) : `#/components/schemas/${target}`;
      return [tag, lookup(schema.side.document, ref)];
    }),
  );
}

function nameOf(branch: Branch): string {
  return branch.name;
}

/** The alternatives of a union, by what tells them apart: the tag on the wire, else the name of the component. */
function branchesOf(schema: Schema, keyword: "oneOf" | "anyOf"): Branch[] {
  const { discriminator } = schema.keywords;
  const mapping = isObject(discriminator) && isObject(discriminator.mapping) ? discriminator.mapping : {};
  return listIn(schema, keyword).flatMap((given, index) => {
    const ref = isObject(given) && typeof given.$ref === "string" ? given.$ref : undefined;
    const own = ref?.split("/").at(-1);
    const tags = Object.entries(mapping).filter(([, target]) => target === ref || target === own);
    const title = isObject(given) && typeof given.title === "string" ? given.title : undefined;
    const type = isObject(given) && typeof given.type === "string" ? given.type : undefined;
    const name = own || title;
    const told = {
      named: Boolean(name),
      tagged: isObject(discriminator) && Boolean(own),
      component: Boolean(own),
      schema: given,
    };
    if (tags.length > 0) return tags.map(([tag]) => ({ ...told, name: tag, named: true }));
    return [{ ...told, name: name || type || `alternative ${index + 1}` }];
  });
}

/** A schema made ready for the comparison: no `$ref`, no `allOf` that can be helped, the dialects of 3.0 and 3.1 alike. */
type Schema = { readonly place: string; readonly keywords: JsonObject; readonly side: Side };

/** Makes the reader of one document's schemas. */
function createReader(side: Side): (schema: unknown) => Schema {
  const { document, places } = side;
  const refsHideSiblings = String(document.openapi).startsWith("3.0.");
  const known = new WeakMap<object, Schema>();

  /** The parts that must all hold: the schema itself, what it refers to, what its `allOf` lists. */
  function partsOf(schema: unknown, around: readonly unknown[]): JsonObject[] {
    if (schema === false) return [{ not: {} }];
    // What is already among the parts adds nothing.
    if (!isObject(schema) || around.includes(schema)) return [];
    const inner = [...around, schema];
    const { $ref, allOf, ...own } = schema;
    const target = typeof $ref === "string" ? partsOf(lookup(document, $ref), inner) : [];
    const listed = Array.isArray(allOf) ? allOf.flatMap((part) => partsOf(part, inner)) : [];
    if (target.length > 0 && refsHideSiblings) return target;
    const { rest, parts } = unionsOf(own, inner);
    return [...(Object.keys(rest).length > 0 ? [normal(rest)] : []), ...target, ...listed, ...parts];
  }

  /** Alternatives that can be said without: a single one, those of different types, and those that list values. */
  function unionsOf(schema: JsonObject, around: readonly unknown[]): { rest: JsonObject; parts: JsonObject[] } {
    const rest: Record<string, unknown> = { ...schema };
    const parts = (["oneOf", "anyOf"] as const).flatMap((keyword) => {
      const branches = schema[keyword];
      if (!Array.isArray(branches) || branches.length === 0 || isObject(schema.discriminator)) return [];
      if (branches.some((branch) => !isObject(branch) || around.includes(branch))) return [];
      const [only] = branches;
      if (branches.length === 1) {
        delete rest[keyword];
        return partsOf(only, around);
      }
      const one = asOne(
        branches.map((branch) => merged(partsOf(branch, around), side)),
        isSilent,
      );
      if (!one) return [];
      delete rest[keyword];
      return [one];
    });
    return { rest, parts };
  }

  return function read(schema) {
    if (!isObject(schema)) return { place: "#", keywords: schema === false ? { not: {} } : {}, side };
    const before = known.get(schema);
    if (before) return before;
    const found = { place: places.get(defining(schema)) ?? "#", keywords: merged(partsOf(schema, []), side), side };
    known.set(schema, found);
    return found;
  };

  /** The object that a reader would change: behind a `$ref` that stands alone. */
  function defining(schema: JsonObject): JsonObject {
    const bare = typeof schema.$ref === "string" && Object.keys(schema).every((name) => name === "$ref");
    return bare ? resolve(side, schema) : schema;
  }
}

/** The same schema in the words of JSON Schema 2020-12, with what belongs together under one keyword. */
function normal(schema: JsonObject): JsonObject {
  const { if: condition, then, else: otherwise, contains, minContains, maxContains, ...rest } = schema;
  const all: Record<string, unknown> = { ...spoken(rest) };
  if (condition !== undefined) all.if = [condition, then, otherwise];
  if (contains !== undefined) all.contains = [contains, minContains, maxContains];
  for (const [exclusive, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof all[exclusive] !== "boolean") continue;
    if (all[exclusive]) all[exclusive] = all[bound];
    else delete all[exclusive];
    if (schema[exclusive] === true) delete all[bound];
  }
  if ("const" in schema) all.enum = [schema.const];
  if (typeof all.type === "string") all.type = [all.type];
  if (schema.nullable === true && Array.isArray(all.type)) all.type = [...all.type, "null"];
  if (Array.isArray(all.enum)) all.type ??= [...new Set(all.enum.map(typeOf))];
  // Every integer is a number.
  if (asList(all.type).includes("number")) all.type = [...new Set([...asList(all.type), "integer"])];
  delete all.const;
  delete all.nullable;
  return all;
}

/** How two values of one keyword become one; what is in no table and differs stays apart. */
const mergers: Readonly<Record<string, (a: unknown, b: unknown, side: Side) => unknown>> = {
  required: (a, b) => [...new Set([...asList(a), ...asList(b)])],
  type: (a, b) => asList(a).filter((type) => asList(b).includes(type)),
  enum: (a, b) => asList(a).filter((value) => asList(b).some((other) => isDeepStrictEqual(value, other))),
  properties(a, b, side) {
    const all: Record<string, unknown> = { ...(a as JsonObject) };
    for (const [name, schema] of Object.entries(b as JsonObject))
      all[name] = name in all ? both(all[name], schema, side) : schema;
    return all;
  },
  items: both,
  pattern: (a, b) => [...new Set([...asList(a), ...asList(b)])],
  multipleOf: (a, b) => commonStep(Number(a), Number(b)),
  minimum: larger,
  exclusiveMinimum: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  ...Object.fromEntries(Object.entries(rules).flatMap(([keyword, rule]) => boundMerger(keyword, rule))),
};

function boundMerger(keyword: string, rule: Rule) {
  if (rule === atLeast) return [[keyword, larger] as const];
  return rule === atMost ? [[keyword, smaller] as const] : [];
}

function larger(a: unknown, b: unknown): number {
  return Math.max(Number(a), Number(b));
}

function smaller(a: unknown, b: unknown): number {
  return Math.min(Number(a), Number(b));
}

/** A schema that is both; always the same one of the same two, or a recursive schema would never end. */
function both(a: unknown, b: unknown, { places, joined }: Side): unknown {
  if (a === true || isDeepStrictEqual(a, b)) return b;
  if (!isObject(a) || !isObject(b)) return b === true ? a : false;
  const others = joined.get(a) ?? new WeakMap<object, JsonObject>();
  joined.set(a, others);
  const schema = others.get(b) ?? { allOf: [a, b] };
  others.set(b, schema);
  places.set(schema, places.get(b) ?? "#");
  return schema;
}

/** The parts of an `allOf` as one schema. What cannot be made one stays in an `allOf` of its own. */
function merged(parts: readonly JsonObject[], side: Side): JsonObject {
  const all: Record<string, unknown> = {};
  const apart: unknown[] = [];
  for (const part of parts) {
    // A closed part speaks of its own fields only; made one with the others it would be less closed.
    const elsewhere = parts.some((other) => other !== part && isObject(other.properties));
    if (elsewhere && part.additionalProperties !== undefined && part.additionalProperties !== true) {
      apart.push(part);
      continue;
    }
    for (const [keyword, value] of Object.entries(part)) {
      const merge = mergers[keyword];
      if (!(keyword in all) || isSilent(keyword)) all[keyword] = value;
      else if (isDeepStrictEqual(all[keyword], value)) continue;
      else if (merge) all[keyword] = merge(all[keyword], value, side);
      else apart.push({ [keyword]: value });
    }
  }
  return apart.length > 0 ? { ...all, allOf: apart } : all;
}

/** The fields that a direction sees: https://spec.openapis.org/oas/v3.0.3#fixed-fields-19 (readOnly, writeOnly). */
function fieldsOf(schema: Schema, direction: Direction): Map<string, unknown> {
  return new Map(Object.entries(objectIn(schema, "properties")).filter(([name]) => !isHidden(schema, name, direction)));
}

function isHidden(schema: Schema, name: string, direction: Direction): boolean {
  const given = objectIn(schema, "properties")[name];
  const hidden = direction === "request" ? "readOnly" : "writeOnly";
  return isObject(given) && (given[hidden] === true || resolve(schema.side, given)[hidden] === true);
}

function namesOf(schema: Schema, keyword: string): string[] {
  return listIn(schema, keyword).map(String);
}

function listIn({ keywords }: Schema, keyword: string): readonly unknown[] {
  return asList(keywords[keyword] ?? []);
}

function objectIn({ keywords }: Schema, keyword: string): JsonObject {
  const value = keywords[keyword];
  return isObject(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function setsOf(was: unknown, is: unknown): Effect | undefined {
  const [before, after] = [asList(was), asList(is)];
  const within = (small: readonly unknown[], large: readonly unknown[]) =>
    small.every((one) => large.some((other) => isDeepStrictEqual(one, other)));
  if (within(before, after)) return within(after, before) ? undefined : "wider";
  return within(after, before) ? "narrower" : "different";
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}
