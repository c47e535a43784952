import type { Faker } from "@faker-js/faker";
import { isObject, type JsonObject } from "../pointer.ts";
import { list, propertiesOf, typesOf } from "../schema.ts";
import { isHidden, isOfType } from "./fits.ts";
import { likelyNumbers } from "./likely.ts";
import { makeList } from "./lists.ts";
import { likelyNumber, numbersOf, randomNumber } from "./numbers.ts";
import { makeObject } from "./objects.ts";
import { createRandom, pick, type Random, rotated } from "./random.ts";
import { type At, deepest, isAround, knownOf, type Making, type Run, type Style } from "./run.ts";
import { likelyTexts, randomTexts, textsOf } from "./texts.ts";

/** Even required members end somewhere. */
const abyss = 20;
/** How many inner values a whole one may have beyond what its schema requires. */
const plenty = 120;
/** How many values it may take to make one, those that do not fit included. */
const effort = 6000;
/** So many alternatives are told apart from one another. */
const mostApart = 6;
/** How often to try for a value that its own schema accepts. */
const attempts = 24;

/** A value, or why there is none. */
export type Sample =
  | { readonly value: unknown; readonly reason?: undefined }
  | { readonly value?: undefined; readonly reason: string };

/** Makes a value that somebody could mean: the same for the same seed. */
export function likely(schema: unknown, making: Making, seed: number, faker: Faker): Sample {
  faker.seed(seed);
  let reason: string | undefined;
  // Where its optional members make trouble, it does without them.
  for (const bare of [false, true]) {
    const run = runOf(making, "likely", createRandom(seed), faker);
    const value = make(schema, run, { ...start, bare });
    if (value !== undefined) return { value };
    reason ??= run.state.reason;
  }
  return { reason: reason ?? "its schema allows no value that could be found" };
}

/** The smallest value that a schema suggests: its own example, else what it requires and no more. */
export function simplest(schema: unknown, making: Making, name = ""): unknown {
  return make(schema, runOf(making, "least", createRandom(1)), { ...start, name, bare: true });
}

/** Any value of a schema; the same for the same seed. */
export function random(schema: unknown, making: Making, seed: number): unknown {
  return make(schema, runOf(making, "random", createRandom(seed)), start);
}

/** So many values of a schema, each once; the same for the same seed. */
export function randoms(schema: unknown, making: Making, seed: number, count: number): readonly unknown[] {
  return [...new Set(Array.from({ length: count }, (_, more) => random(schema, making, seed + more)))];
}

export function runOf(making: Making, style: Style, source: Random, faker?: Faker): Run {
  making.schemas.begin();
  return { making, style, random: source, faker, state: { left: effort, reason: undefined }, make };
}

export const start: At = { name: "", place: "body", depth: 0, share: plenty, around: [], bare: false };

/** Makes a value of a schema that its schema accepts; `undefined` where none could be made. */
export function make(schema: unknown, run: Run, at: At): unknown {
  const { schemas, view } = run.making;
  const known = knownOf(schema, run.making, at.name);
  if (known) return run.style === "random" && known.length > 0 ? pick(run.random, known) : known[0];
  if (--run.state.left < 0) return failed(run, at, "takes more tries than there are");
  const forms = formsOf(schema, run, at);
  if (forms.length === 0) return failed(run, at, "has a schema that allows nothing");
  if (at.depth > abyss) return failed(run, at, "has a schema that never ends");
  const tries = Math.max(forms.length, forms.every(isClosed) ? 1 : attempts);
  let settled: Set<number> | undefined;
  for (let attempt = 0; attempt < tries && run.state.left > 0; attempt++) {
    const index = attempt % forms.length;
    const bare = at.bare || Math.floor(attempt / forms.length) % 2 === 1;
    const way = 2 * index + Number(bare);
    if (settled?.has(way)) continue;
    const decisions = run.random.taken();
    const value = makePlain(schema, forms[index]!, run, { ...at, bare });
    if (value !== undefined && schemas.fits(schema, value, view)) return value;
    // What left nothing to chance would be the same another time.
    if (run.random.taken() > decisions) continue;
    settled ??= new Set();
    settled.add(way);
  }
  return (
    apart(schema, forms, run, at) ??
    otherThanText(schema, forms, run, at) ??
    failed(run, at, "has a schema of which no value was found")
  );
}

/** A value of a schema that names no type and takes no text. */
function otherThanText(schema: unknown, forms: readonly JsonObject[], run: Run, at: At): unknown {
  const { schemas, view } = run.making;
  for (const plain of forms.filter((form) => typesOf(form).length === 0 && !isClosed(form)))
    for (const type of ["number", "boolean", "object", "array", "null"]) {
      const value = makePlain(schema, { ...plain, type }, run, { ...at, bare: true });
      if (value !== undefined && schemas.fits(schema, value, view)) return value;
    }
  return undefined;
}

/** A value of one alternative that another refuses for a member that only the other names. */
function apart(schema: unknown, forms: readonly JsonObject[], run: Run, at: At): unknown {
  const { schemas, view } = run.making;
  for (const own of forms.slice(0, mostApart)) {
    const value = makePlain(schema, own, run, { ...at, bare: true });
    if (!isObject(value)) continue;
    for (const other of forms.slice(0, mostApart))
      for (const name of Object.keys(propertiesOf(other)).filter((member) => !(member in propertiesOf(own))))
        for (const wrong of ["text", 1, true]) {
          const candidate = { ...value, [name]: wrong };
          if (schemas.fits(schema, candidate, view)) return candidate;
        }
  }
  return undefined;
}

function failed(run: Run, at: At, what: string): undefined {
  run.state.reason ??= `${at.place} ${what}`;
  return undefined;
}

/** The forms of a schema, each of one type, in the order in which they are tried. */
function formsOf(schema: unknown, run: Run, at: At): readonly JsonObject[] {
  const { schemas, view } = run.making;
  const forms = schemas.formsOf(schema);
  if (run.style === "least" || run.style === "full" || forms.length < 2) return forms;
  const turned = rotated(run.random, forms);
  if (at.share < 1 || at.depth > deepest || forms.some((form) => isAround(form, at)))
    return turned.toSorted((one, other) => {
      const [height, otherHeight] = [schemas.heightOf(one, view), schemas.heightOf(other, view)];
      return height === otherHeight ? 0 : height - otherHeight;
    });
  // Nobody means null where there is something to say.
  return run.style === "likely" ? [...turned.filter((form) => !isNull(form)), ...turned.filter(isNull)] : turned;
}

function isNull(plain: JsonObject): boolean {
  return plain.const === null || (typesOf(plain).length === 1 && typesOf(plain)[0] === "null");
}

/** Whether there is nothing to choose, so that a second try makes the same. */
function isClosed(plain: JsonObject): boolean {
  return "const" in plain || isNull(plain);
}

function makePlain(schema: unknown, plain: JsonObject, run: Run, at: At): unknown {
  if ("const" in plain) return plain.const;
  const { schemas, view } = run.making;
  const type = typesOf(plain)[0] ?? "string";
  const example = exampleOf(schema, plain, type, run);
  if (example !== undefined) return example;
  if (Array.isArray(plain.enum)) {
    const fitting = plain.enum.filter((item) => schemas.fits(schema, item, view));
    return run.style === "least" || run.style === "full" || fitting.length === 0
      ? fitting[0]
      : pick(run.random, fitting);
  }
  switch (type) {
    case "object":
      return makeObject(plain, run, at);
    case "array":
      return makeList(plain, run, at);
    case "integer":
    case "number":
      return makeNumber(plain, type === "integer", run, at);
    case "boolean":
      return run.style === "likely" || run.style === "random" ? run.random.below(2) === 1 : true;
    case "null":
      return null;
    default:
      return makeText(plain, run, at);
  }
}

/** An example or default that the document gives of a schema and that the schema accepts. */
function exampleOf(schema: unknown, plain: JsonObject, type: string, run: Run): unknown {
  const { schemas, view } = run.making;
  if (run.style === "random") return undefined;
  // What a test varies is made of parts.
  if (run.style !== "likely" && (type === "object" || type === "array")) return undefined;
  const given = [...list(plain.examples), ...("example" in plain ? [plain.example] : [])];
  if (run.style === "likely" && "default" in plain) given.push(plain.default);
  const fitting = given
    .map((value) => visible(plain, value, run))
    .filter((value) => isMeant(plain, value, run) && schemas.fits(schema, value, view));
  if (fitting.length === 0) return undefined;
  return run.style === "likely" && Array.isArray(plain.examples) ? pick(run.random, fitting) : fitting[0];
}

/** What somebody could mean is what the document suggests; a test wants a value of each type. */
function isMeant(plain: JsonObject, value: unknown, { style }: Run): boolean {
  const types = style === "likely" ? [] : typesOf(plain);
  return value !== undefined && (types.length === 0 || types.some((type) => isOfType(type, value)));
}

/** An example without the members that have no place in what goes this way. */
function visible(plain: JsonObject, value: unknown, { making: { schemas, view } }: Run): unknown {
  if (!view || !isObject(value) || !isObject(plain.properties)) return value;
  const { properties } = plain;
  const shown = Object.entries(value).filter(([name]) => !isHidden(properties[name], schemas.alternatives, view));
  return shown.length === Object.keys(value).length ? value : Object.fromEntries(shown);
}

function makeNumber(plain: JsonObject, integer: boolean, run: Run, at: At): number {
  if (run.style === "random") return randomNumber(plain, integer, run.random);
  const fits = (value: number) => run.making.schemas.fits(plain, value);
  if (run.style !== "likely")
    return numbersOf(plain, integer).find(fits) ?? likelyNumber(plain, integer, run.random, [0, 1]);
  return likelyNumber(plain, integer, run.random, likelyNumbers(at.name));
}

function makeText(plain: JsonObject, run: Run, at: At): string | undefined {
  const { schemas } = run.making;
  const fits = (text: string) => schemas.fits(plain, text);
  const { matching } = schemas;
  if (run.style === "random") return firstOf(randomTexts(plain, run.random, matching), fits);
  if (run.style === "likely" && run.faker)
    return firstOf(likelyTexts(plain, at.name, run.random, run.faker, matching), fits);
  return textsOf(plain, matching, fits).find(fits);
}

function firstOf(texts: Iterable<string>, fits: (text: string) => boolean): string | undefined {
  for (const text of texts) if (fits(text)) return text;
  return undefined;
}
