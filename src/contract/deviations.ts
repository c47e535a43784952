import { isDeepStrictEqual } from "node:util";
import { yaml } from "../document/late.ts";
import { isObject } from "../document/spec.ts";
import type { Case } from "./case.ts";
import { RunError } from "./guest.ts";
import type { CaseResult, Report } from "./report/report.ts";

/** A known difference of a target: which case shows it, why it is borne, and until when. */
export type Deviation = {
  /** The id of the case. */
  readonly case: string;
  readonly reason: string;
  /** The last day on which it is borne, `YYYY-MM-DD`; without it, no end is set. */
  readonly until?: string;
};

/**
 * Reads a list of deviations, YAML or JSON. Throws a `RunError` that names the line where an entry is wrong or names a case that
 * there is not: a deviation that covers nothing would hide the next one.
 */
export function parseDeviations(text: string, file: string, cases: readonly Pick<Case, "id">[]): readonly Deviation[] {
  const lines = new (yaml().LineCounter)();
  const document = yaml().parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken) throw new RunError(`${file} is neither YAML nor JSON: ${broken.message}`);
  const list: unknown = document.toJS() ?? [];
  if (!Array.isArray(list)) throw new RunError(`${file} should be a list of { case, reason, until? }.`);
  const ids = new Set(cases.map(({ id }) => id));
  return list.map((entry: unknown, index) => {
    const node = document.getIn([index], true);
    const start = isObject(node) && Array.isArray(node.range) ? Number(node.range[0]) : 0;
    const wrong = (what: string) => new RunError(`${file}:${lines.linePos(start).line}: ${what}`);
    if (!isObject(entry)) throw wrong("an entry should be { case, reason, until? }.");
    const { case: id, reason, until, ...rest } = entry;
    const [unknown] = Object.keys(rest);
    if (unknown) throw wrong(`"${unknown}" is no member of a deviation; those are case, reason and until.`);
    if (typeof id !== "string" || !ids.has(id))
      throw wrong(`there is no case "${id}"; understudy verify --list shows them.`);
    if (typeof reason !== "string" || reason.trim() === "") throw wrong(`the deviation ${id} should give its reason.`);
    if (until !== undefined && !/^\d{4}-\d\d-\d\d$/.test(String(until)))
      throw wrong(`until is "${until}"; it should be a date, such as 2026-12-31.`);
    if (list.some((other, earlier) => earlier < index && isObject(other) && isDeepStrictEqual(other.case, id)))
      throw wrong(`${id} stands here a second time.`);
    return { case: id, reason, ...(until === undefined ? {} : { until: String(until) }) };
  });
}

/** The result of a case once its deviation, if it has one, is reckoned with. `today` is `YYYY-MM-DD`. */
export function withDeviation(deviations: readonly Deviation[], result: CaseResult, today: string): CaseResult {
  const deviation = deviations.find((candidate) => candidate.case === result.id);
  if (!deviation || result.outcome === "skipped") return result;
  const { reason, until } = deviation;
  if (result.outcome === "held") {
    const message = `the deviation is gone: this case holds again, so take it off the list (it was: ${reason})`;
    return { ...result, outcome: "broken", reason, findings: [{ message, curl: "", weight: "broken" }] };
  }
  if (until !== undefined && until < today) return { ...result, reason: `its deviation ended on ${until}: ${reason}` };
  return { ...result, outcome: "deviates", reason };
}

/** What fails a run, as a list of deviations for a team whose server is not there yet. */
export function deviationsOf(report: Report): string {
  const failing = report.cases.filter(
    ({ outcome }) => outcome === "broken" || outcome === "deviates" || (report.strict && outcome === "differs"),
  );
  const list = failing.map(
    ({ id, outcome, reason, findings }): Deviation => ({
      case: id,
      reason:
        outcome === "deviates" && reason
          ? reason
          : `${findings[0]?.message ?? "fails"} (baseline of ${report.startedAt.slice(0, 10)})`,
    }),
  );
  return yaml().stringify(list);
}
