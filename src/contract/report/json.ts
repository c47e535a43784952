import {
  type Budget,
  createBudget,
  cutFinding,
  howToSee,
  keptOf,
  nothingKept,
  sizeOf,
  within,
  withKept,
} from "./bound.ts";
import { type Cause, type Causes, causesOf } from "./causes.ts";
import type { CaseResult, Report, ReportedCause } from "./report.ts";

/** The most bytes of `report.json`. */
export const mostBytes = 20_000_000;

/** The most causes, ids of cases of one cause, and characters of one value. */
const most = { causes: 300, ids: 300, characters: 10_000 };

/** `report.json`: the report with its causes; what makes it too large is left out and counted. */
export function jsonOf(report: Report): string {
  const causes = causesOf(report);
  return within(mostBytes, (bytes) => written(bounded(report, causes, bytes)));
}

function bounded(report: Report, causes: Causes, bytes: number): Report {
  const bare = report.cases.map((item) => withKept(item, nothingKept));
  const list = causes.list.slice(0, most.causes).map(reported);
  const budget = createBudget(bytes - sizeOf(written({ ...report, cases: bare, causes: list })));
  const cases = boundedCases(report.cases, causes, budget);
  const sum = (of: (item: CaseResult) => number) => cases.reduce((total, item) => total + of(item), 0);
  const omitted = {
    causes: causes.list.length - list.length,
    findings: sum(({ omittedFindings = 0 }) => omittedFindings),
    exchanges: sum(({ omittedExchanges = 0 }) => omittedExchanges),
  };
  const isWhole = omitted.causes + omitted.findings + omitted.exchanges === 0;
  return {
    ...report,
    cases,
    ...(list.length > 0 ? { causes: list } : {}),
    ...(isWhole ? {} : { omitted: { ...omitted, message: `${howToSee(report)}.` } }),
  };
}

function boundedCases(cases: readonly CaseResult[], causes: Causes, budget: Budget): CaseResult[] {
  const kept = keptOf(cases, causes, budget, {
    finding: (finding) => nestedSize(cutFinding(finding, most.characters)),
    exchange: nestedSize,
  });
  return cases.map((item) => {
    const result = withKept(item, kept);
    return { ...result, findings: result.findings.map((finding) => cutFinding(finding, most.characters)) };
  });
}

function reported({ id, what, kind, weight, place, operations, cases, count, example }: Cause): ReportedCause {
  return {
    id,
    what,
    kind,
    weight,
    ...(place === undefined ? {} : { place }),
    operations,
    findings: count,
    count: cases.length,
    cases: cases.slice(0, most.ids).map((item) => item.id),
    example: cutFinding(example, most.characters),
  };
}

function written(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** What a value takes where it stands in a list of a case. */
function nestedSize(value: object): number {
  const text = written(value);
  return sizeOf(text) + 10 * text.split("\n").length;
}
