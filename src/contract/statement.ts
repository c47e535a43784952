import type { Basis } from "../document/spec.ts";
import type { Case } from "./case.ts";
import type { CaseResult, Outcome, StatementCoverage } from "./report/report.ts";

/** A sentence of what is known of an API, and the cases that decide it. */
export type Statement = {
  readonly text: string;
  readonly basis: Exclude<Basis, "later">;
  /** Ids of cases, where `*` stands for any characters. */
  readonly cases: readonly string[];
  /** Why no run can decide it. */
  readonly hidden?: string;
};

/** Ways to write down a statement by what is known of it, with the cases that decide it. */
export const stated = {
  documented: (text: string, ...cases: string[]): Statement => ({ text, basis: "documented", cases }),
  inferred: (text: string, ...cases: string[]): Statement => ({ text, basis: "inferred", cases }),
  assumed: (text: string, ...cases: string[]): Statement => ({ text, basis: "assumed", cases }),
  /** A documented statement that no run can decide, and why. */
  hidden: (text: string, why: string): Statement => ({ text, basis: "documented", cases: [], hidden: why }),
};

/** What a run has found of each statement: the worst outcome of its cases, and `skipped` where none of them was decided. */
export function decide(
  statements: readonly Statement[],
  results: readonly Pick<CaseResult, "id" | "outcome">[],
): readonly StatementCoverage[] {
  return statements.map(({ text, basis, cases, hidden }) => {
    const isNamed = matcherOf(cases);
    const deciding = results.filter(({ id }) => isNamed(id)).map(({ id, outcome }) => ({ id, outcome }));
    const outcome = worstFirst.find((one) => deciding.some((item) => item.outcome === one)) ?? "skipped";
    return { text, basis, outcome, cases: deciding, ...(hidden === undefined ? {} : { hidden }) };
  });
}

const worstFirst: readonly Outcome[] = ["broken", "differs", "deviates", "held", "skipped"];

/** The cases that no statement names, and the names that no case has: both should be none. */
export function mismatches(statements: readonly Statement[], cases: readonly Pick<Case, "id">[]): readonly string[] {
  const names = statements.flatMap((statement) => statement.cases);
  const isNamed = matcherOf(names);
  const ids = cases.map(({ id }) => id);
  return [...ids.filter((id) => !isNamed(id)), ...names.filter((name) => !ids.some(matcherOf([name])))];
}

/** Tells whether an id is one of the names. */
function matcherOf(names: readonly string[]): (id: string) => boolean {
  const patterns = names.map((name) => name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*"));
  // No name stands for no id, and not for the empty one.
  const pattern = names.length === 0 ? /(?!)/ : new RegExp(`^(?:${patterns.join("|")})$`);
  return (id) => pattern.test(id);
}
