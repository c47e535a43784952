import { lookup } from "../../pointer.ts";
import { objectOf } from "../side.ts";
import { alternativesOf, unites } from "./alternatives.ts";
import { areApart } from "./apart.ts";
import { type Branch, branchesOf, type UnionKeyword } from "./branches.ts";
import { objectIn, type Schema } from "./reader.ts";
import { better, type Judgement, type Step, turned } from "./step.ts";

type Unpaired = readonly [readonly Branch[], readonly Branch[]];

/**
 * One schema that has become a union, or the other way round: the ways to be of either are held against each other. Tells whether
 * that could be done.
 */
export function compareSpread(step: Step): boolean {
  const { a, b } = step;
  if (unites(a) === unites(b)) return false;
  const [before, after] = [alternativesOf(a), alternativesOf(b)];
  if (!before || !after) return false;
  const { oneOf } = unites(a) ? a.keywords : b.keywords;
  compareBranches(oneOf === undefined ? "anyOf" : "oneOf", [before.branches, after.branches], step);
  return true;
}

/** `oneOf` and `anyOf`, also where one has become the other. */
export function compareUnion(keyword: UnionKeyword, step: Step): void {
  const { a, b, change } = step;
  const other = keyword === "oneOf" ? "anyOf" : "oneOf";
  const before = branchesOf(a, keyword);
  const own = branchesOf(b, keyword);
  const crossed = own.length === 0 && branchesOf(a, other).length === 0;
  const after = crossed ? branchesOf(b, other) : own;
  // Met at the other keyword.
  if (before.length === 0 && branchesOf(a, other).length > 0 && branchesOf(b, other).length === 0) return;
  if (before.length === 0 || after.length === 0) {
    const names = (list: readonly Branch[]) => (list.length > 0 ? list.map(({ name }) => name) : undefined);
    change(before.length === 0 ? "narrower" : "wider", keyword, names(before), names(after));
    return;
  }
  compareBranches(keyword, [before, after], step);
  // What tags tell apart is of one alternative only.
  const alone = [before, after].some((branches) => branches.every(({ tagged }) => tagged));
  const schemas = before.map(({ schema }) => schema);
  if (crossed && !alone && !areApart(schemas, a.reader))
    change(keyword === "oneOf" ? "wider" : "narrower", keyword, keyword, other);
}

function compareBranches(keyword: string, all: Unpaired, step: Step): void {
  const [gone, added] = pairBranches(all, step);
  const [one, only] = [gone[0], added[0]];
  if (one && only && gone.length === 1 && added.length === 1 && free(one, only))
    step.walk(one.schema, only.schema, ` (${only.name})`);
  else tellUnpaired(keyword, [gone, added], all, step);
}

/** Whether no tag on the wire tells them from others. */
function free(one: Branch, other: Branch): boolean {
  return !one.tagged && !other.tagged;
}

/**
 * First those of one tag are walked side by side, then those that say the same are passed over, then those of one name and those
 * where one can stand for the other. Gives what is left.
 */
function pairBranches(all: Unpaired, { direction, walk, judge }: Step): Unpaired {
  const pair = (given: Unpaired, like: (one: Branch, other: Branch) => boolean, silent = false) =>
    unpaired(...given, (one, other) => {
      const found = like(one, other);
      if (found && !silent) walk(one.schema, other.schema, ` (${other.name})`);
      return found;
    });
  const called = (one: Branch, other: Branch) => one.named && other.named && one.name === other.name;
  const components = (one: Branch, other: Branch) => one.component && other.component;
  // One that can stand for the other, whichever of them.
  const near = (one: Branch, other: Branch) =>
    judge(one.schema, other.schema) === "harmless" || judge(one.schema, other.schema, turned(direction)) === "harmless";
  let left = pair(all, (one, other) => !free(one, other) && called(one, other));
  left = pair(left, (one, other) => free(one, other) && judge(one.schema, other.schema) === "same", true);
  left = pair(left, (one, other) => free(one, other) && components(one, other) && called(one, other));
  left = pair(left, (one, other) => free(one, other) && !components(one, other) && near(one, other));
  return pair(left, called);
}

/** Alternatives that are gone or new; one that another of the other document covers hurts nobody. */
function tellUnpaired(keyword: string, [gone, added]: Unpaired, [before, after]: Unpaired, step: Step): void {
  const { direction, judge, change } = step;
  const cover = (one: Branch, other: Branch) => (free(one, other) ? judge(one.schema, other.schema) : "breaks");
  const best = (judgements: readonly Judgement[]) => judgements.reduce(better, "breaks");
  for (const one of gone) {
    const covered = best(after.map((other) => cover(one, other)));
    const harmless = covered !== "breaks" && direction === "request";
    if (covered !== "same") change(harmless ? "harmless" : "narrower", keyword, one.name, undefined);
  }
  for (const other of added) {
    const covered = best(before.map((one) => cover(one, other)));
    const harmless = covered !== "breaks" && direction === "answer";
    if (covered !== "same") change(harmless ? "harmless" : "wider", keyword, undefined, other.name);
  }
}

/**
 * What is left of two lists when each item has been paired with one of the other that is like it: the nearest by its place, so that
 * the pairs are the same from either side.
 */
export function unpaired<T>(
  before: readonly T[],
  after: readonly T[],
  like: (one: T, other: T) => boolean,
): [T[], T[]] {
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

/** `discriminator`: its member, and where nothing lists the alternatives, those that it names. */
export function compareSubtypes({ a, b, walk, change }: Step): void {
  const [was, is] = [objectIn(a, "discriminator").propertyName, objectIn(b, "discriminator").propertyName];
  if (was !== is) change(was && is ? "different" : "harmless", "discriminator", was, is);
  // Where alternatives are listed, their own walk names them by their tags.
  if ([a, b].some(({ keywords }) => keywords.oneOf ?? keywords.anyOf)) return;
  const [before, after] = [subtypesOf(a), subtypesOf(b)];
  for (const tag of new Set([...before.keys(), ...after.keys()])) {
    if (before.has(tag) && after.has(tag)) walk(before.get(tag), after.get(tag), ` (${tag})`);
    else if (before.has(tag)) change("narrower", "discriminator", tag, undefined);
    else change("wider", "discriminator", undefined, tag);
  }
}

/** The schemas that a discriminator tells apart by their tags. */
function subtypesOf(schema: Schema): Map<string, unknown> {
  const mapping = objectOf(objectIn(schema, "discriminator").mapping);
  return new Map(
    Object.entries(mapping).map(([tag, target]) => {
      const ref = /[#/]/.test(String(target)) ? String(target) : `#/components/schemas/${target}`;
      return [tag, lookup(schema.reader.side.document, ref)];
    }),
  );
}
