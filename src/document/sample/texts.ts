import type { Faker } from "@faker-js/faker";
import type fc from "fast-check";
import { fastCheck } from "../late.ts";
import type { JsonObject } from "../pointer.ts";
import { list } from "../schema.ts";
import { formats } from "./formats.ts";
import { likelyOfFormat, likelyText } from "./likely.ts";
import type { Matching } from "./patterns.ts";
import { between, createRandom, pick, type Random, rotated } from "./random.ts";

/** Marks a schema whose text goes into a header, where not every letter can stand. */
export const inHeader = "x-understudy-in-header";

const longestInHeader = 1000;
/** No text is made longer than this, whatever a schema allows. */
const longestText = 100_000;

type Lengths = { readonly least: number; readonly most: number };

export function lengthsOf(plain: JsonObject): Lengths {
  return { least: Number(plain.minLength ?? 0), most: Number(plain.maxLength ?? Number.POSITIVE_INFINITY) };
}

/** Texts of a plain schema that somebody could mean, the best first. Whether they fit is for the caller to ask. */
export function* likelyTexts(
  plain: JsonObject,
  name: string,
  random: Random,
  faker: Faker,
  matching: Matching,
): Generator<string> {
  const { least, most } = lengthsOf(plain);
  if (least > longestText) return;
  const first = plain.format === undefined ? likelyText(name, faker) : likelyOfFormat(plain.format, name, faker);
  if (first !== undefined) yield first;
  const known = knownTexts(plain);
  if (plain.pattern === undefined && known.length === 0) {
    const text = first ?? faker.lorem.words({ min: 1, max: 3 });
    yield padded(text, least, () => ` ${faker.lorem.word()}`)
      .slice(0, most)
      .trimEnd();
  }
  if (known.length > 0) yield* stretched([...(first ? [first] : []), ...rotated(random, known)], least);
  for (const pattern of patternsOf(plain)) yield* matching(pattern, { least, most, likely: true }, random);
  yield* plainTexts(plain);
}

/** Any text of a plain schema. Whether it fits is for the caller to ask. */
export function* randomTexts(plain: JsonObject, random: Random, matching: Matching): Generator<string> {
  const { least, most } = lengthsOf(plain);
  if (least > longestText) return;
  if (plain.format === "email" && random.below(2) === 0) yield random.of(mailboxes());
  const known = knownTexts(plain);
  if (known.length > 0) yield pick(random, known);
  for (const pattern of patternsOf(plain)) yield* matching(pattern, { least, most, likely: false }, random);
  if (known.length > 0) yield* stretched(rotated(random, known), least);
  const cut = (text: string) => [...text].slice(0, most).join("");
  if (random.below(4) === 0) {
    const longest = Math.min(most, least + (plain[inHeader] ? longestInHeader : 3000));
    yield "a".repeat(between(random, least, longest));
  }
  const unit = plain[inHeader] ? fastCheck().constantFrom(...headerLetters) : "grapheme";
  yield cut(random.of(fastCheck().string({ unit, minLength: least, maxLength: Math.min(most, least + 24) })));
  yield* plainTexts(plain);
}

/** Texts at the edges of a schema of strings, the plainest first. */
export function textsOf(plain: JsonObject, matching: Matching, fits: (text: string) => boolean): readonly string[] {
  const { least } = lengthsOf(plain);
  if (patternsOf(plain).length > 0) return patterned(plain, matching, fits);
  const known = knownTexts(plain);
  if (known.length > 0) {
    const fitting = known.filter(fits);
    return fitting.length > 0 ? fitting : [...stretched(known, least)].filter(fits).slice(0, 3);
  }
  return plainTexts(plain);
}

function plainTexts(plain: JsonObject): readonly string[] {
  const { least, most } = lengthsOf(plain);
  if (least > longestText) return [];
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

function patterned(plain: JsonObject, matching: Matching, fits: (text: string) => boolean): readonly string[] {
  const { least, most } = lengthsOf(plain);
  const random = createRandom(1);
  const fitting: string[] = [];
  for (const pattern of patternsOf(plain))
    for (const text of matching(pattern, { least, most, likely: false }, random)) {
      if (fits(text)) fitting.push(text);
      if (fitting.length >= 60) break;
    }
  fitting.push(...knownTexts(plain).filter(fits));
  const byLength = fitting.toSorted((one, other) => one.length - other.length);
  return [...new Set([...fitting.slice(0, 3), ...byLength.slice(0, 1), ...byLength.slice(-1)])];
}

/** Its own pattern, and those that other parts of it add. */
function patternsOf(plain: JsonObject): readonly string[] {
  const parts = [plain, ...list(plain.allOf)] as JsonObject[];
  return parts.flatMap(({ pattern }) => (typeof pattern === "string" ? [pattern] : []));
}

function knownTexts(plain: JsonObject): readonly string[] {
  const format = typeof plain.format === "string" ? formats[plain.format] : undefined;
  return (format?.valid ?? []).filter((value) => typeof value === "string");
}

/** Texts of a format, also longer: most formats take more letters at one of their ends. */
function* stretched(texts: readonly string[], least: number): Generator<string> {
  yield* texts;
  for (const text of texts) {
    const lacking = least - [...text].length;
    if (lacking <= 0) continue;
    yield text + "a".repeat(lacking);
    yield "a".repeat(lacking) + text;
    yield text.replace(/^([^.:/]*)\./, `$1${"a".repeat(lacking)}.`);
    yield "YWFh".repeat(Math.ceil(least / 4));
  }
}

function padded(text: string, least: number, more: () => string): string {
  let long = text;
  while (long.length < least) long += more();
  return long;
}

const headerLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";

function mailboxes(): fc.Arbitrary<string> {
  const { constantFrom, string, tuple } = fastCheck();
  const word = string({ unit: constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789"), minLength: 1, maxLength: 12 });
  return tuple(word, word, word).map(([name, tag, host]) => `${name}.${tag}@${host}.example`);
}
