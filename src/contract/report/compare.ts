import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../../document/spec.ts";
import { RunError } from "../guest.ts";
import type { CaseResult, Outcome, Report } from "./report.ts";

/** What a comparison needs of an earlier report. */
export type EarlierReport = Pick<Report, "target" | "spec" | "startedAt"> & {
  readonly cases: readonly Pick<CaseResult, "id" | "title" | "outcome">[];
};

/** A case whose outcome is another than before; `before` or `after` is missing where the case is. */
export type OutcomeChange = {
  readonly id: string;
  readonly title: string;
  readonly before?: Outcome;
  readonly after?: Outcome;
};

/** What changed between two runs, each case in one list. */
export type Comparison = {
  readonly earlier: Omit<EarlierReport, "cases">;
  /** Broken now, and not before. */
  readonly broken: readonly OutcomeChange[];
  /** Differs now, and held before. */
  readonly differs: readonly OutcomeChange[];
  /** Held now, and was found wanting before. */
  readonly mended: readonly OutcomeChange[];
  /** Any other change, such as from broken to skipped, which mends nothing. */
  readonly otherwise: readonly OutcomeChange[];
  readonly added: readonly OutcomeChange[];
  readonly gone: readonly OutcomeChange[];
  /** How many cases have the outcome that they had. */
  readonly same: number;
};

const outcomes: readonly string[] = ["held", "broken", "differs", "deviates", "skipped"] satisfies Outcome[];

/** Reads the `report.json` of an earlier run, by its own path or by that of its folder. Throws a `RunError` where it is none. */
export async function readReport(path: string): Promise<EarlierReport> {
  const none = (reason: string) =>
    new RunError(`${path}: ${reason}. It should be the report.json of an earlier run with --report, or its folder.`);
  let text: string;
  try {
    const file = (await stat(path)).isDirectory() ? join(path, "report.json") : path;
    text = await readFile(file, "utf8");
  } catch (error) {
    throw none(`it cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw none("it is no JSON");
  }
  const wrong = isObject(value) ? firstWrong(value) : "the file";
  if (wrong) throw none(`it is no report: ${wrong} is not as in one`);
  return value as EarlierReport;
}

function firstWrong({ target, spec, startedAt, cases }: { readonly [member: string]: unknown }): string | undefined {
  if (!isObject(target) || typeof target.baseUrl !== "string") return "target.baseUrl";
  if (!isObject(spec) || typeof spec.title !== "string" || typeof spec.version !== "string") return "spec";
  if (typeof startedAt !== "string" || Number.isNaN(Date.parse(startedAt))) return "startedAt";
  if (!Array.isArray(cases)) return "cases";
  const index = cases.findIndex(
    (item) =>
      !isObject(item) ||
      typeof item.id !== "string" ||
      typeof item.title !== "string" ||
      !outcomes.includes(String(item.outcome)),
  );
  return index === -1 ? undefined : `cases[${index}]`;
}

/** Says what changed from an earlier run to this one. */
export function compareReports(earlier: EarlierReport, report: Pick<Report, "cases">): Comparison {
  const before = new Map(earlier.cases.map((item) => [item.id, item]));
  const after = new Map(report.cases.map((item) => [item.id, item]));
  const both = [...after.values()].flatMap(({ id, title, outcome }) => {
    const was = before.get(id)?.outcome;
    return was === undefined ? [] : [{ id, title, before: was, after: outcome }];
  });
  const changed = both.filter((item) => item.before !== item.after);
  const kind = (item: (typeof both)[number]) => {
    if (item.after === "broken") return "broken";
    if (item.after === "differs" && item.before === "held") return "differs";
    return item.after === "held" && item.before !== "skipped" ? "mended" : "otherwise";
  };
  const { target, spec, startedAt } = earlier;
  return {
    earlier: { target, spec, startedAt },
    broken: changed.filter((item) => kind(item) === "broken"),
    differs: changed.filter((item) => kind(item) === "differs"),
    mended: changed.filter((item) => kind(item) === "mended"),
    otherwise: changed.filter((item) => kind(item) === "otherwise"),
    added: [...after.values()]
      .filter(({ id }) => !before.has(id))
      .map(({ id, title, outcome }) => ({ id, title, after: outcome })),
    gone: [...before.values()]
      .filter(({ id }) => !after.has(id))
      .map(({ id, title, outcome }) => ({ id, title, before: outcome })),
    same: both.length - changed.length,
  };
}

/** The lists of a comparison that hold something, under their names, what matters most first. */
export function changesOf(
  comparison: Comparison,
): { readonly name: string; readonly changes: readonly OutcomeChange[] }[] {
  const { broken, differs, mended, otherwise, added, gone } = comparison;
  return [
    { name: "Newly broken", changes: broken },
    { name: "Newly different", changes: differs },
    { name: "Mended", changes: mended },
    { name: "Other changes", changes: otherwise },
    { name: "New", changes: added },
    { name: "Gone", changes: gone },
  ].filter(({ changes }) => changes.length > 0);
}

/** A change in a word or two. */
export function changeText({ before, after }: OutcomeChange): string {
  return [before, after].filter((outcome) => outcome !== undefined).join(" → ");
}
