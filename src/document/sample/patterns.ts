import type fc from "fast-check";
import { fastCheck } from "../late.ts";
import { between, pick, type Random } from "./random.ts";

/** What is wanted of a text beside its pattern. */
export type WantedText = {
  readonly least: number;
  readonly most: number;
  /** Short, of letters and digits where the pattern allows any character. */
  readonly likely: boolean;
};

/**
 * Texts of a pattern, the nearest first; some may not match, where the pattern says more than fast-check can follow, so that the
 * caller asks the pattern itself. None where it is no regular expression.
 */
export type Matching = (pattern: string, wanted: WantedText, random: Random) => Iterable<string>;

/** How many texts of one way of reading the pattern are offered. */
const tries = 24;
const longest = 100_000;

/** Makes a reader of regular expressions that reads each once; `undefined` for those that fast-check cannot follow. */
function createArbitraries(): (source: string, most: number) => fc.Arbitrary<string> | undefined {
  const known = new Map<string, fc.Arbitrary<string> | undefined>();

  return (source, most) => {
    const key = `${most} ${source}`;
    if (known.has(key)) return known.get(key);
    let found: fc.Arbitrary<string> | undefined;
    for (const flags of ["u", ""]) {
      try {
        found = fastCheck().stringMatching(new RegExp(source, flags), most < longest ? { maxLength: most } : {});
        break;
      } catch {
        // No regular expression of this kind, or one that fast-check cannot follow.
      }
    }
    // Counts of repetitions that were tried out are many.
    if (known.size > 2000) known.clear();
    known.set(key, found);
    return found;
  };
}

/** Makes a maker of texts that reads each pattern once. */
export function createMatching(): Matching {
  const arbitraryOf = createArbitraries();

  function* texts(source: string, wanted: WantedText, random: Random, count: number): Generator<string> {
    const biased = arbitraryOf(source, wanted.most);
    if (!biased) return;
    // Left to itself fast-check puts in what breaks programs, such as the names of methods.
    const arbitrary = wanted.likely ? fastCheck().noBias(biased) : biased;
    for (let made = 0; made < count; made++) yield random.of(arbitrary);
  }

  /** Texts of a pattern whose repetitions are stretched until the length is right. */
  function* stretched(parts: readonly string[], wanted: WantedText, random: Random): Generator<string> {
    const open = parts.flatMap((part, index) => (repetition.test(part) ? [index] : [])).reverse();
    const length = Number.isFinite(wanted.most)
      ? between(random, wanted.least, Math.min(wanted.most, wanted.least + 8))
      : wanted.least;
    for (const index of open.slice(0, 4)) {
      const { most } = boundsOf(parts[index]!);
      let count = Math.min(length, most);
      for (let attempt = 0; attempt < 8 && count >= 0; attempt++) {
        const source = parts.with(index, `{${count}}`).join("");
        const [text] = texts(anchored(source), { ...wanted, most: Number.POSITIVE_INFINITY }, random, 1);
        if (text === undefined) break;
        yield text;
        const lacking = length - [...text].length;
        if (lacking === 0) break;
        count += Math.sign(lacking) * Math.max(1, Math.floor(Math.abs(lacking) / (attempt > 2 ? 2 : 1)));
        count = Math.min(count, most);
      }
    }
  }

  return function* matching(pattern, wanted, random) {
    const parts = withoutAssertions(partsOf(pattern));
    const branches = branchesOf(parts);
    const branch = pick(random, branches);
    const isLong = wanted.least > 1 || wanted.most < 40;
    if (wanted.likely) yield* texts(anchored(likely(branch).join("")), wanted, random, isLong ? 6 : tries);
    if (isLong) yield* stretched(wanted.likely ? likely(branch) : branch, wanted, random);
    if (isLong && wanted.likely) yield* stretched(branch, wanted, random);
    yield* texts(anchored(branch.join("")), wanted, random, tries);
    for (const other of branches) if (other !== branch) yield* texts(anchored(other.join("")), wanted, random, 4);
    yield* texts(parts.join(""), wanted, random, tries);
    if (wanted.most < longest) yield* texts(parts.join(""), { ...wanted, most: longest }, random, tries);
  };
}

/** A repetition whose count is not fixed. */
const repetition = /^(?:[*+]|\{\d+,\d*\})\??$/;

/** The parts of a pattern: escapes, classes, the beginnings and ends of groups, repetitions, characters. */
function partsOf(pattern: string): readonly string[] {
  return (
    pattern.match(
      /\\(?:[pPu]\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|k<[^>]*>|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]*>))?|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[\s\S]/giu,
    ) ?? []
  );
}

/** The parts without what fast-check cannot follow; a reference to a group becomes a copy of it. */
function withoutAssertions(parts: readonly string[]): readonly string[] {
  const groups: string[][] = [];
  const names = new Map<string, string[]>();
  const left: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    if (/^\(\?<?[=!]$/.test(part)) {
      index = endOf(parts, index);
      if (/^(?:[*+?]|\{\d)/.test(parts[index + 1] ?? "")) index++;
      continue;
    }
    if (/^\\[bB]$/.test(part)) continue;
    const copied = /^\\[1-9]$/.test(part)
      ? groups[Number(part[1]) - 1]
      : names.get(/^\\k<(.*)>$/.exec(part)?.[1] ?? "");
    if (copied) {
      left.push("(?:", ...copied, ")");
      continue;
    }
    const name = /^\(\?<([^>]*)>$/.exec(part)?.[1];
    if (part === "(" || name !== undefined) {
      const inner = parts.slice(index + 1, endOf(parts, index));
      groups.push(inner);
      if (name !== undefined) names.set(name, inner);
      left.push("(");
    } else left.push(part);
  }
  return left;
}

function endOf(parts: readonly string[], start: number): number {
  let depth = 0;
  for (let index = start; index < parts.length; index++) {
    if (parts[index]!.startsWith("(")) depth++;
    if (parts[index] === ")" && --depth === 0) return index;
  }
  return parts.length;
}

/** The branches of a pattern, each without the anchors at its ends. */
function branchesOf(parts: readonly string[]): readonly (readonly string[])[] {
  const branches: string[][] = [[]];
  let depth = 0;
  for (const part of parts) {
    if (part.startsWith("(")) depth++;
    if (part === ")") depth--;
    if (part === "|" && depth === 0) branches.push([]);
    else branches.at(-1)!.push(part);
  }
  return branches.map((branch) =>
    branch.slice(branch[0] === "^" ? 1 : 0, branch.length - (branch.at(-1) === "$" ? 1 : 0)),
  );
}

function anchored(source: string): string {
  return `^${source}$`;
}

/** The pattern of texts that people would write: few repetitions, letters and digits for what may be any character. */
function likely(parts: readonly string[]): readonly string[] {
  return parts.map((part) => {
    if (/^\\p\{L[ul]?\}$/.test(part)) return part === "\\p{Lu}" ? "[A-Z]" : "[a-z]";
    if (part === "." || part === "\\S" || part === "\\w" || part.startsWith("[^")) return "[a-z0-9]";
    if (!repetition.test(part)) return part;
    const { least, most } = boundsOf(part);
    return `{${least},${Math.min(most, least + (least > 3 ? 2 : 4))}}`;
  });
}

function boundsOf(part: string): { readonly least: number; readonly most: number } {
  const [, least, most] = /^\{(\d+),(\d*)\}/.exec(part) ?? [];
  if (least === undefined) return { least: part.startsWith("+") ? 1 : 0, most: Number.POSITIVE_INFINITY };
  return { least: Number(least), most: most ? Number(most) : Number.POSITIVE_INFINITY };
}
