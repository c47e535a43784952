import fc from "fast-check";
import { formats } from "../../document/formats.ts";
import { type Alternatives, list, propertiesOf, requiredOf, same, typesOf } from "../../document/schema.ts";
import { isObject, type JsonObject } from "../../document/validator.ts";

/** What values are made from, beside their schema. */
export type Making = {
  readonly alternatives: Alternatives;
  /**
   * The values of a member of this name that mean something to the target, where that is not for the schema to say: an
   * identifier. None at all: leave it out, or make it null.
   */
  readonly known: (name: string) => readonly unknown[] | undefined;
};

/** Marks a schema of several parameters, which is no JSON value of its own. */
export const isPart = "x-understudy-part";
/** Marks a schema whose text goes into a header, where not every letter can stand. */
export const inHeader = "x-understudy-in-header";

/** How deep optional members are made; a schema that contains itself has no end. */
const deepest = 4;
/** Even required members end somewhere. */
const abyss = 12;
const mostBoundaries = 240;
/** A schema of many unions has more forms than anybody waits for. */
const mostForms = 12;
/** Lengths at which servers and their databases are known to give way. */
const lengths = [1, 16, 32, 50, 64, 100, 128, 200, 255, 256, 500, 512, 1000, 1024, 2000, 4000];
const longestInHeader = 1000;

/** The smallest value that a schema suggests: its own example, else what it requires and no more. */
export function simplest(schema: unknown, making: Making, name = "", depth = 0): unknown {
  const known = knownOf(schema, making, name);
  if (known) return known[0];
  const [plain] = making.alternatives(schema);
  return plain ? smallest(plain, making, depth) : undefined;
}

/** The known values of a member, `null` among them where its schema allows that. */
function knownOf(schema: unknown, making: Making, name: string): readonly unknown[] | undefined {
  const known = name === "" ? undefined : making.known(name);
  const nullable = known && making.alternatives(schema).some((plain) => typesOf(plain).includes("null"));
  return nullable ? [...known, null] : known;
}

function smallest(plain: JsonObject, making: Making, depth: number): unknown {
  if ("const" in plain) return plain.const;
  const [type] = typesOf(plain);
  if (type === "object") return objectOf(plain, making, depth, (member) => requiredOf(plain).includes(member));
  const given = [...list(plain.examples), ...(("example" in plain ? [plain.example] : []) as unknown[])];
  if (given.length > 0 && type !== "array") return given[0];
  if (Array.isArray(plain.enum)) return plain.enum[0];
  switch (type) {
    case "array":
      return depth > abyss ? [] : itemsOf(plain, making, Number(plain.minItems ?? 0), depth);
    case "integer":
    case "number":
      return numbersOf(plain, type === "integer")[0] ?? 1;
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return textsOf(plain)[0] ?? "text";
  }
}

/** The value of an object with all that it requires and those of its other members that are wanted. */
function objectOf(
  plain: JsonObject,
  making: Making,
  depth: number,
  wanted: (name: string) => boolean,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  if (depth > abyss) return value;
  for (const [name, schema] of Object.entries({
    ...Object.fromEntries(requiredOf(plain).map((member) => [member, {}])),
    ...propertiesOf(plain),
  })) {
    if (!requiredOf(plain).includes(name) && (!wanted(name) || depth > deepest)) continue;
    const known = simplest(schema, making, name, depth + 1);
    const made =
      known === undefined && requiredOf(plain).includes(name) ? simplest(schema, making, "", depth + 1) : known;
    if (made !== undefined) value[name] = made;
  }
  for (let extra = 1; Object.keys(value).length < Number(plain.minProperties ?? 0) && extra < 20; extra++)
    value[`key${extra}`] = isObject(plain.additionalProperties)
      ? simplest(plain.additionalProperties, making, "", depth + 1)
      : "text";
  return value;
}

/** The values of a schema with every member that it names, one for each form of it and of its members. */
export function fullest(schema: unknown, making: Making, name = "", depth = 0): readonly unknown[] {
  const known = knownOf(schema, making, name);
  if (known) return known.slice(0, 1);
  return making.alternatives(schema).flatMap((plain) => fullestOf(plain, making, depth));
}

function fullestOf(plain: JsonObject, making: Making, depth: number): readonly unknown[] {
  const [type] = typesOf(plain);
  if (type === "array" && depth <= deepest && plain.items !== undefined) {
    const [item] = fullest(plain.items, making, "", depth + 1);
    const fewest = Math.max(1, Number(plain.minItems ?? 0));
    if (Number(plain.maxItems ?? 1) < 1) return [[]];
    return [fewest === 1 ? [item] : itemsOf(plain, making, fewest, depth)];
  }
  if (type !== "object" || "const" in plain || "enum" in plain) return [smallest(plain, making, depth)];
  const value = objectOf(plain, making, depth, () => true);
  const others: [name: string, value: unknown][] = [];
  for (const [name, schema] of Object.entries(propertiesOf(plain))) {
    if (!(name in value) || depth >= deepest || typeof value[name] !== "object") continue;
    const [full, ...more] = fullest(schema, making, name, depth + 1);
    if (full !== undefined) value[name] = full;
    others.push(...more.map((other): [string, unknown] => [name, other]));
  }
  return [value, ...others.slice(0, mostForms).map(([name, other]) => ({ ...value, [name]: other }))];
}

/** Values at the edges of a schema: each form, each member there and not there, each enum value, limits, all kinds of text. */
export function boundaries(schema: unknown, making: Making, name = "", depth = 0): readonly unknown[] {
  const found =
    knownOf(schema, making, name) ?? making.alternatives(schema).flatMap((plain) => boundariesOf(plain, making, depth));
  return distinct(found).slice(0, mostBoundaries);
}

function boundariesOf(plain: JsonObject, making: Making, depth: number): readonly unknown[] {
  if ("const" in plain) return [plain.const];
  if (Array.isArray(plain.enum)) return plain.enum;
  const types = typesOf(plain);
  return (types.length === 0 ? ["string"] : types).flatMap((type): readonly unknown[] => {
    switch (type) {
      case "object":
        return objectBoundaries(plain, making, depth);
      case "array":
        return arrayBoundaries(plain, making, depth);
      case "integer":
      case "number":
        return [...given(plain, "number"), ...numbersOf(plain, type === "integer")];
      case "boolean":
        return [true, false];
      case "null":
        return [null];
      default:
        return [...given(plain, "string"), ...textsOf(plain)];
    }
  });
}

function objectBoundaries(plain: JsonObject, making: Making, depth: number): readonly unknown[] {
  const least = smallest({ ...plain, type: "object" }, making, depth);
  const [most] = fullestOf({ ...plain, type: "object" }, making, depth);
  if (!isObject(least) || !isObject(most) || depth > deepest) return [least];
  const found: unknown[] = [least, most];
  const required = requiredOf(plain);
  for (const name of Object.keys(most).filter((member) => !required.includes(member))) {
    found.push({ ...least, [name]: most[name] });
    found.push(Object.fromEntries(Object.entries(most).filter(([member]) => member !== name)));
  }
  for (const [name, schema] of Object.entries(propertiesOf(plain))) {
    for (const [index, value] of boundaries(schema, making, name, depth + 1).entries())
      found.push({ ...(index % 2 === 0 ? least : most), [name]: value });
  }
  if (plain.additionalProperties === true)
    found.push({ ...least, "any key": "any value", nested: { list: [1, null] } });
  return found;
}

function arrayBoundaries(plain: JsonObject, making: Making, depth: number): readonly unknown[] {
  const [fewest, most] = [Number(plain.minItems ?? 0), Number(plain.maxItems ?? 3)];
  if (depth > deepest) return [itemsOf(plain, making, fewest, depth)];
  const counts = [fewest, fewest + 1, Math.min(most, 50)].filter((count) => count <= most);
  const single =
    fewest <= 1 && most >= 1 ? boundaries(plain.items ?? {}, making, "", depth + 1).map((item) => [item]) : [];
  return [...counts.map((count) => itemsOf(plain, making, count, depth)), ...single];
}

function itemsOf(plain: JsonObject, making: Making, count: number, depth: number): unknown[] {
  const item = simplest(plain.items ?? {}, making, "", depth + 1);
  if (!plain.uniqueItems || count < 2) return Array.from({ length: count }, () => item);
  const several = [
    ...boundaries(plain.items ?? {}, making, "", depth + 1),
    ...fc.sample(arbitrary(plain.items ?? {}, making, "", depth + 1), { seed: 1, numRuns: 4 * count }),
  ];
  return distinct(several).slice(0, count);
}

/** Values with all plain texts of one length, for each length at which something is known to give way. */
export function lengthened(schema: unknown, making: Making): readonly unknown[] {
  return fullest(schema, making).flatMap((value) => lengths.map((length) => stretched(schema, value, making, length)));
}

function stretched(schema: unknown, value: unknown, making: Making, length: number, name = ""): unknown {
  if (knownOf(schema, making, name)) return value;
  const plain = making.alternatives(schema).find((form) => resembles(form, value));
  if (!plain) return value;
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => [
        member,
        stretched(propertiesOf(plain)[member] ?? true, inner, making, length, member),
      ]),
    );
  if (Array.isArray(value)) return value.map((item) => stretched(plain.items ?? true, item, making, length));
  if (typeof value !== "string" || !isPlainText(plain)) return value;
  const least = Math.max(length, Number(plain.minLength ?? 0));
  return "a".repeat(Math.min(least, Number(plain.maxLength ?? least), plain[inHeader] ? longestInHeader : least));
}

/** Whether a value could be meant by a plain schema: what tells its variants apart is as the schema says. */
export function resembles(plain: JsonObject, value: unknown): boolean {
  if ("const" in plain) return same(plain.const, value);
  const types = typesOf(plain);
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) return false;
  if (!isObject(value)) return true;
  const tags = Object.entries(propertiesOf(plain)).flatMap(([name, schema]) => constantsOf(schema, name));
  return (
    tags.every(([name, constant]) => !(name in value) || same(value[name], constant)) &&
    requiredOf(plain).every((name) => name in value)
  );
}

function constantsOf(schema: unknown, name: string): [string, unknown][] {
  if (!isObject(schema)) return [];
  if ("const" in schema) return [[name, schema.const]];
  return Array.isArray(schema.allOf) ? schema.allOf.flatMap((part) => constantsOf(part, name)) : [];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isPlainText(plain: JsonObject): boolean {
  return !("pattern" in plain) && !("format" in plain) && !("enum" in plain) && !("const" in plain);
}

function given(plain: JsonObject, type: "string" | "number"): readonly unknown[] {
  return [...list(plain.examples), plain.example, plain.default].filter((value) => typeof value === type);
}

/** Texts at the edges of a schema of strings. */
function textsOf(plain: JsonObject): readonly unknown[] {
  const [least, most] = [Number(plain.minLength ?? 0), Number(plain.maxLength ?? Number.POSITIVE_INFINITY)];
  if (typeof plain.pattern === "string") return patterned(plain);
  if (typeof plain.format === "string" && formats[plain.format])
    return formats[plain.format]!.valid.filter((value) => typeof value === "string" && lengthFits(value, plain));
  const kinds = plain[inHeader]
    ? ["text", "a-b_c.d~1"]
    : ["text", "Ærøskøbing 東京 🚀", '"quoted" \\ <b>&amp;</b> \'; --', "007"];
  const edges = [least, least + 1, most - 1, most].filter(
    (length) => length >= least && length <= most && length <= 20_000,
  );
  return [
    ...kinds.map((kind) => {
      const letters = [...kind].slice(0, most);
      return letters.join("") + "a".repeat(Math.max(0, least - letters.length));
    }),
    ...edges.map((length) => "a".repeat(length)),
  ];
}

function patterned(plain: JsonObject): string[] {
  const fitting = fc
    .sample(matching(plain), { seed: 1, numRuns: 60 })
    .filter((text) => typeof text === "string" && lengthFits(text, plain));
  const shortest = fitting.reduce(
    (best: string, text: string) => (text.length < best.length ? text : best),
    fitting[0] ?? "",
  );
  const longest = fitting.reduce((best: string, text: string) => (text.length > best.length ? text : best), "");
  return [...new Set([...fitting.slice(0, 3), shortest, longest])];
}

function matching(plain: JsonObject): fc.Arbitrary<string> {
  const examples = given(plain, "string") as string[];
  const fallback = fc.constantFrom(...(examples.length > 0 ? examples : ["text"]));
  const most = plain.maxLength === undefined ? {} : { maxLength: Math.max(0, Number(plain.maxLength)) };
  for (const flags of ["u", ""]) {
    try {
      return fc.stringMatching(new RegExp(String(plain.pattern), flags), most);
    } catch {
      // fast-check knows no lookbehind and the like; the examples of the document have to do.
    }
  }
  return fallback;
}

function lengthFits(text: string, plain: JsonObject): boolean {
  const { length } = [...text];
  return length >= Number(plain.minLength ?? 0) && length <= Number(plain.maxLength ?? length);
}

/** Numbers at the edges of a schema, the plainest first. */
function numbersOf(plain: JsonObject, integer: boolean): readonly number[] {
  const step = Number(plain.multipleOf ?? (integer ? 1 : 0.5));
  const { low, high } = rangeOf(plain, step);
  const onStep = (value: number) => Number((Math.round(value / step) * step).toPrecision(15));
  const wide = [1, 0, -1, 2, 100, 2_147_483_647].filter((value) => value >= low && value <= high);
  const edges = [low, low + step, high - step, high].filter(
    (value) => Number.isFinite(value) && value >= low && value <= high,
  );
  return distinct([...wide, ...edges].map(onStep)).filter((value) => value >= low && value <= high);
}

function rangeOf(plain: JsonObject, step: number): { low: number; high: number } {
  const bounds = { int32: [-2_147_483_648, 2_147_483_647] }[String(plain.format)] ?? [];
  const lows = [
    bounds[0],
    plain.minimum,
    plain.exclusiveMinimum === undefined ? undefined : Number(plain.exclusiveMinimum) + step,
  ];
  const highs = [
    bounds[1],
    plain.maximum,
    plain.exclusiveMaximum === undefined ? undefined : Number(plain.exclusiveMaximum) - step,
  ];
  const numbers = (values: unknown[]) => values.filter((value) => typeof value === "number");
  return {
    low: Math.max(Number.NEGATIVE_INFINITY, ...numbers(lows)),
    high: Math.min(Number.POSITIVE_INFINITY, ...numbers(highs)),
  };
}

/** Random values of a schema. Some may be invalid, where keywords depend on each other: the caller asks the validators. */
export function arbitrary(schema: unknown, making: Making, name = "", depth = 0): fc.Arbitrary<unknown> {
  const known = knownOf(schema, making, name);
  if (known) return known.length === 0 ? fc.constant(undefined) : fc.constantFrom(...known);
  const plains = making.alternatives(schema);
  if (plains.length === 0 || depth > abyss) return fc.constant(simplest(schema, making, name, depth));
  return fc.oneof(...plains.map((plain) => arbitraryOf(plain, making, depth)));
}

function arbitraryOf(plain: JsonObject, making: Making, depth: number): fc.Arbitrary<unknown> {
  if ("const" in plain) return fc.constant(plain.const);
  if (Array.isArray(plain.enum)) return fc.constantFrom(...plain.enum);
  const types = typesOf(plain);
  return fc.oneof(
    ...(types.length === 0 ? ["string"] : types).map((type): fc.Arbitrary<unknown> => {
      switch (type) {
        case "object":
          return arbitraryObject(plain, making, depth);
        case "array": {
          const fewest = Number(plain.minItems ?? 0);
          const most = Math.max(fewest, Math.min(Number(plain.maxItems ?? fewest + 3), fewest + 3));
          const bounds = { minLength: fewest, maxLength: depth > deepest ? fewest : most };
          const item = arbitrary(plain.items ?? {}, making, "", depth + 1);
          return plain.uniqueItems
            ? fc.uniqueArray(item, { ...bounds, selector: (value) => JSON.stringify(value) })
            : fc.array(item, bounds);
        }
        case "integer":
        case "number":
          return arbitraryNumber(plain, type === "integer");
        case "boolean":
          return fc.boolean();
        case "null":
          return fc.constant(null);
        default:
          return arbitraryText(plain);
      }
    }),
  );
}

function arbitraryObject(plain: JsonObject, making: Making, depth: number): fc.Arbitrary<unknown> {
  const required = requiredOf(plain);
  const members = Object.entries({
    ...Object.fromEntries(required.map((member) => [member, {}])),
    ...propertiesOf(plain),
  }).filter(([name]) => required.includes(name) || depth <= deepest);
  const record = fc.record(
    Object.fromEntries(members.map(([name, schema]) => [name, arbitrary(schema, making, name, depth + 1)])),
    { requiredKeys: [...required], noNullPrototype: true },
  );
  const open = plain.additionalProperties;
  const fewest = Math.max(0, Number(plain.minProperties ?? 0) - required.length);
  const whole =
    (open === true || isObject(open)) && depth <= deepest
      ? fc
          .tuple(
            fc.dictionary(
              fc.string({ minLength: 1, maxLength: 8 }).filter((key) => key !== "__proto__"),
              isObject(open) ? arbitrary(open, making, "", depth + 1) : fc.jsonValue({ maxDepth: 1 }),
              { minKeys: fewest, maxKeys: fewest + 3, noNullPrototype: true },
            ),
            record,
          )
          .map(([extra, own]) => ({ ...extra, ...own }))
      : record;
  // A known name without a value is left out.
  return whole.map((value: JsonObject) =>
    Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)),
  );
}

function arbitraryNumber(plain: JsonObject, integer: boolean): fc.Arbitrary<unknown> {
  const step = Number(plain.multipleOf ?? (integer ? 1 : 0));
  const { low, high } = rangeOf(plain, step);
  const [min, max] = [Math.max(low, -(2 ** 31)), Math.min(Math.max(high, low), Math.max(low, 0) + 2 ** 31)];
  if (step === 0)
    return fc
      .double({ min, max, noNaN: true, noDefaultInfinity: true })
      .map((value) => (Object.is(value, -0) ? 0 : value));
  const [first, last] = [Math.ceil(min / step), Math.floor(max / step)];
  if (first > last) return fc.constant(first * step);
  return fc.integer({ min: first, max: last }).map((count) => Number((count * step).toPrecision(15)));
}

function arbitraryText(plain: JsonObject): fc.Arbitrary<unknown> {
  if (typeof plain.pattern === "string") return matching(plain);
  const format = typeof plain.format === "string" ? formats[plain.format] : undefined;
  const texts = format?.valid.filter((value) => typeof value === "string") ?? [];
  if (plain.format === "email") return fc.oneof(fc.constantFrom(...texts), mailbox);
  if (texts.length > 0) return fc.constantFrom(...texts);
  const least = Number(plain.minLength ?? 0);
  const most = Number(plain.maxLength ?? Number.POSITIVE_INFINITY);
  const cut = (text: string) => [...text].slice(0, most).join("");
  const unit = plain[inHeader] ? fc.constantFrom(...headerLetters) : "grapheme";
  const short = fc.string({ unit, minLength: least, maxLength: Math.min(most, least + 24) }).map(cut);
  const longest = Math.min(most, least + (plain[inHeader] ? longestInHeader : 3000));
  const long = fc.integer({ min: least, max: longest }).map((length) => "a".repeat(length));
  return fc.oneof({ arbitrary: short, weight: 3 }, { arbitrary: long, weight: 1 });
}

const headerLetters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"];
const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789");
const word = fc.string({ unit: letter, minLength: 1, maxLength: 12 });
const mailbox = fc.tuple(word, word, word).map(([name, tag, host]) => `${name}.${tag}@${host}.example`);

function distinct<T>(values: readonly T[]): T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const text = JSON.stringify(value) ?? "";
    return value !== undefined && !seen.has(text) && seen.add(text);
  });
}
