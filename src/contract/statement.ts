import type { Basis } from "../spec.ts";
import type { Case } from "./case.ts";
import type { CaseResult, Outcome, StatementCoverage } from "./report.ts";

/** A sentence of what is known of an API, and the cases that decide it. */
export type Statement = {
  readonly text: string;
  readonly basis: Exclude<Basis, "later">;
  /** Ids of cases, where `*` stands for any characters. */
  readonly cases: readonly string[];
  /** Why no run can decide it. */
  readonly hidden?: string;
};

/** What a run has found of each statement: the worst outcome of its cases, and `skipped` where none of them was decided. */
export function decide(
  statements: readonly Statement[],
  results: readonly Pick<CaseResult, "id" | "outcome">[],
): readonly StatementCoverage[] {
  return statements.map(({ text, basis, cases, hidden }) => {
    const outcomes = new Set(results.filter(({ id }) => isNamed(cases, id)).map(({ outcome }) => outcome));
    const outcome = worstFirst.find((one) => outcomes.has(one)) ?? "skipped";
    return { text, basis, outcome, ...(hidden === undefined ? {} : { hidden }) };
  });
}

const worstFirst: readonly Outcome[] = ["broken", "differs", "deviates", "held", "skipped"];

/** The cases that no statement names, and the names that no case has: both should be none. */
export function mismatches(statements: readonly Statement[], cases: readonly Pick<Case, "id">[]): readonly string[] {
  const names = statements.flatMap((statement) => statement.cases);
  return [
    ...cases.filter(({ id }) => !isNamed(names, id)).map(({ id }) => id),
    ...names.filter((name) => !cases.some(({ id }) => isNamed([name], id))),
  ];
}

function isNamed(names: readonly string[], id: string): boolean {
  return names.some((name) => patternOf(name).test(id));
}

function patternOf(name: string): RegExp {
  return new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
}
