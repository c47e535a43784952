import { show } from "../document/problem.ts";
import { collectionNamed } from "../document/resources.ts";
import type { Violation } from "../document/validator.ts";
import { checkFixtures, type RecordRules } from "./fixtures.ts";
import type { CollectionState, Fit } from "./store/state.ts";
import type { Fixtures } from "./store/store.ts";

/**
 * Makes what leaves out of a state the collections that the document had before and has no more, and the records that it refuses.
 * Each of them that somebody has written is told to `lose`. Whether the records go together is not looked at.
 */
export function createFit(
  { spec, names = [] }: RecordRules,
  before: readonly string[],
  lose: (line: string) => void,
): Fit {
  const isGone = (name: string) =>
    collectionNamed(names, name) === undefined && collectionNamed(before, name) !== undefined;

  function wrongIn(name: string, records: readonly object[]): ReadonlyMap<number, Violation> {
    const violations = checkFixtures({ spec }, { [name]: records });
    const indexed = violations.map((one) => [Number.parseInt(one.at.slice(name.length + 1), 10), one] as const);
    return new Map(indexed.reverse());
  }

  function fittingBase(base: Fixtures, where: string): Fixtures {
    const kept = Object.entries(base).flatMap(([name, records]) => {
      if (isGone(name)) return [];
      const wrong = wrongIn(name, records);
      for (const [index, violation] of wrong) lose(lost(name, `${index}`, violation, where));
      return [[name, records.filter((_, index) => !wrong.has(index))] as const];
    });
    return Object.fromEntries(kept);
  }

  function fittingRecords(name: string, { history, records }: CollectionState, where: string): CollectionState {
    const wrong = wrongIn(
      name,
      records.flatMap(({ record }): object[] => (record ? [record] : [])),
    );
    let index = -1;
    const kept = records.filter(({ id, record, madeUp }) => {
      if (record === null) return true;
      index += 1;
      const violation = wrong.get(index);
      // What nobody has written is made up anew.
      if (violation && !madeUp) lose(lost(name, show(id), violation, where));
      return !violation;
    });
    return { history, records: kept };
  }

  return (state, sandbox) => {
    const where = `in the sandbox ${sandbox}`;
    const collections = Object.entries(state.collections).flatMap(([name, held]) => {
      if (!isGone(name)) return [[name, fittingRecords(name, held, where)] as const];
      lose(`${name} ${where} is dropped: the document has no such collection any more.`);
      return [];
    });
    return {
      ...state,
      base: state.base && fittingBase(state.base, where),
      collections: Object.fromEntries(collections),
    };
  };
}

function lost(name: string, id: string, { at, expected, received }: Violation, where: string): string {
  const [, ...place] = at.slice(name.length + 1).split(".");
  return `${name} ${id} ${where} is dropped: ${place.join(".") || "it"} should be ${expected}; received ${show(received)}.`;
}

/** So many of what was dropped are told. */
const mostTold = 10;

/** Tells what was dropped, a line each, and of the rest how many. */
export function tellLost(lines: readonly string[], log: (line: string) => void): void {
  for (const line of lines.slice(0, mostTold)) log(`State: ${line}`);
  if (lines.length > mostTold) log(`State: and ${lines.length - mostTold} more dropped.`);
}
